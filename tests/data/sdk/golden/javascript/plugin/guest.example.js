// A beginning, written by `atoll bindgen js`: copy it to `../guest.js` and fill it in.
// `guest.d.ts` and `imports/*.d.ts` have the types; the folder of all that is called `bindings` here.
// @ts-check
import * as imports_log from './bindings/imports/log.js';

/** @type {import('./bindings/guest.js').Guest['check']} */
export const check = (text, options, default_) => { throw new Error('not written yet'); };
/** @type {import('./bindings/guest.js').Guest['places']} */
export const places = (all) => { throw new Error('not written yet'); };
