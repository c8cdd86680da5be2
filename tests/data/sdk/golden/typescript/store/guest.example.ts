// A beginning, written by `atoll bindgen ts`: copy it to `../guest.ts` and fill it in.
// `guest.d.ts` and `imports/*.d.ts` have the types; the folder of all that is called `bindings` here.
import * as imports_files from './bindings/imports/files.js';
import type { Guest } from './bindings/guest.js';

export const cursors: Guest['cursors'] = {
  Cursor: class {
    constructor(file: any) { throw new Error('not written yet'); }
    next(): never { throw new Error('not written yet'); }
  },
  merge(left, right) { throw new Error('not written yet'); },
};
