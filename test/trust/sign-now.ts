import type { Ports } from '../../src/base/ports.ts';
import type { SigningKey } from '../../src/trust/private-key.ts';
import { draftReceipt, type Signed, type SignOptions, writeReceipt } from '../../src/trust/sign.ts';

/** Signs a capsule with a key that nobody has to wait for. */
export function signNow(
  folder: string,
  shownAs: string,
  key: SigningKey,
  ports: Ports,
  options: SignOptions = {},
): Signed {
  const draft = draftReceipt(folder, shownAs, key.public, ports, options);
  return writeReceipt(draft, key.sign(draft.message));
}
