// A beginning, written by `atoll bindgen ts`: copy it to `../guest.ts` and fill it in.
// `guest.d.ts` and `imports/*.d.ts` have the types; the folder of all that is called `bindings` here.
import * as imports_log from './bindings/imports/log.js';
import type { Guest } from './bindings/guest.js';

export const check: Guest['check'] = (text, options, default_) => { throw new Error('not written yet'); };
export const places: Guest['places'] = (all) => { throw new Error('not written yet'); };
