import type { Digest } from '../../base/digest.ts';

/**
 * What the steps on the way to a started interpreter must come out as. They are functions of files of known digests, of the meter and
 * of the sources beside this file, on any machine; so nothing that lies in a cache is believed, and a change of any of them is a change
 * here. `node scripts/python-pins.js` prints them; a test makes them anew.
 */
export const PINS: { readonly core: Digest; readonly image: Digest } = {
  core: 'sha256:d1cc8214d9848ae4c32ce4c63171a034e213a26572dadf9f9c6d0f0399f0aafb',
  image: 'sha256:9caaa466aac9e1470934d2d61bf632ef544c7e15fc76b150f116ee417cb464b3',
};
