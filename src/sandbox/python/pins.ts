import type { Digest } from '../../base/digest.ts';

export interface Pins {
  /** The metered module. */
  readonly core: Digest;
  /** Images by the seed of their hashes. Runs take the first; the others are for audits, as is the last. */
  readonly images: readonly [Digest, Digest, Digest];
  /** The module with negative NaNs. */
  readonly negativeNans: Digest;
}

/**
 * What the steps on the way to a started interpreter must come out as. They are functions of files of known digests, of the meter and
 * of the sources beside this file, on any machine; so nothing that lies in a cache is believed, and a change of any of them is a change
 * here. `node scripts/python-pins.js` prints them; a test makes them anew.
 */
export const PINS: Pins = {
  core: 'sha256:d1cc8214d9848ae4c32ce4c63171a034e213a26572dadf9f9c6d0f0399f0aafb',
  images: [
    'sha256:9caaa466aac9e1470934d2d61bf632ef544c7e15fc76b150f116ee417cb464b3',
    'sha256:9fb2d31f2ed3d0894d0673c0dcf0e416be896dd921fbe979dd6b0587277d9438',
    'sha256:9b0b2c20e585cfc881f3fc80148550eda4a0de746f5660749814c15b9c2ad296',
  ],
  negativeNans: 'sha256:9d7c885c110a54fa8506e8630d22814a52d0786324ea7687dd746fca725740b7',
};
