import { fail } from '../../base/diagnostic.ts';

interface Refusal {
  readonly code: 'VNES2032' | 'VNES2039' | 'VNES2041';
  readonly message: string;
  readonly help: string;
}

const WRONG_PIN: Refusal = {
  code: 'VNES2032',
  message: 'the PIN does not open the token',
  help: 'give the right one with --passphrase-file FILE; tokens lock themselves after some wrong ones',
};
const TOO_LONG: Refusal = {
  code: 'VNES2041',
  message: 'what is to be signed is too long for the token',
  help: 'sign with a key in a PEM file: vnes keys create',
};
const LOCKED: Refusal = {
  code: 'VNES2032',
  message: 'the PIN of the token is locked',
  help: 'whoever has its SO PIN sets a new one: pkcs11-tool --login --login-type so --init-pin',
};
const NO_EDDSA: Refusal = {
  code: 'VNES2039',
  message: 'the token cannot sign with Ed25519',
  help: 'see what it can: pkcs11-tool -M; EDDSA has to be there',
};

const OTHER: Refusal = {
  code: 'VNES2039',
  message: 'the token refuses',
  help: 'see that the key may sign: pkcs11-tool --login -O',
};

/** PKCS#11's statuses that have one cause and one cure (PKCS#11 v2.40, section 5.1). */
const STATUSES: Readonly<Record<number, Refusal & { readonly name: string }>> = {
  32: { name: 'CKR_DATA_INVALID', ...TOO_LONG },
  33: { name: 'CKR_DATA_LEN_RANGE', ...TOO_LONG },
  49: { name: 'CKR_DEVICE_MEMORY', ...TOO_LONG },
  112: { name: 'CKR_MECHANISM_INVALID', ...NO_EDDSA },
  160: { name: 'CKR_PIN_INCORRECT', ...WRONG_PIN },
  161: { name: 'CKR_PIN_INVALID', ...WRONG_PIN },
  162: { name: 'CKR_PIN_LEN_RANGE', ...WRONG_PIN },
  164: { name: 'CKR_PIN_LOCKED', ...LOCKED },
};

/** What a module's refusal means to whoever wants to sign. @throws Failure VNES2032, VNES2039, VNES2041 */
export function refuseStatus(call: string, status: number): never {
  const { name, code, message, help } = STATUSES[status] ?? {
    name: `status 0x${status.toString(16)}`,
    ...OTHER,
  };
  fail(code, message, { expected: `${call} without an error`, found: name, help });
}
