// Written by `atoll bindgen ts` for the world demo:store/store. Do not change it: write it again.
//
// How values of WIT look here:
// - s64 and u64 are bigint. QuickJS itself would have them as doubles, wrong beyond 2^53; the generated modules mend that together with
//   `atoll component exact-integers`, so import from `./imports/…`, not from the name of an interface.
// - list<u8> is a Uint8Array, list<s8> an Int8Array, list<u64> a BigUint64Array, list<s64> a BigInt64Array; other lists are arrays.
// - option<T> is T or null; an option of an option is { tag: 'some', val } or { tag: 'none' }.
// - A function with a result returns its value and throws its error. An Error without `payload` is a failure of the guest: the component traps, unless
//   the error is a string, which is the message then. Elsewhere a result is { tag: 'ok', val } or { tag: 'err', val }.
// - A variant is { tag, val }, an enum the name of its case as WIT writes it, flags an object of booleans, a char a string of one code point.
// - f32 is rounded: 0.1 comes back as 0.10000000149011612. Numbers beyond the range of an integer type wrap around silently.
// - Resources are classes. What the host lent is gone when the call ends; what the guest owns is dropped by `[Symbol.dispose]()`, or when it is
//   collected.
// - componentize-qjs 0.4.5 gives a borrowed handle of the host back too late: a function that takes one traps at its end. It mixes up owned handles of
//   resources that the guest exports: functions that take one throw. `atoll build` mends both.
import type * as $exports_cursors from './exports/cursors.js';

/** What the module `guest` exports. */
export interface Guest {
  cursors: $exports_cursors.Cursors;
}
