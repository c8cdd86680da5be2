// A beginning, written by `atoll bindgen js`: copy it to `../guest.js` and fill it in.
// `guest.d.ts` and `imports/*.d.ts` have the types; the folder of all that is called `bindings` here.
// @ts-check
import * as imports_files from './bindings/imports/files.js';

/** @type {import('./bindings/guest.js').Guest['cursors']} */
export const cursors = {
  Cursor: class {
    constructor(file) { throw new Error('not written yet'); }
    next() { throw new Error('not written yet'); }
  },
  merge(left, right) { throw new Error('not written yet'); },
};
