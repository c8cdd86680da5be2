// Written by `atoll bindgen ts` for the world demo:store/store. Do not change it: write it again.
import * as $guest from '../guest.js';

const $check = (place, what, members) => {
  for (const member of members) {
    if (typeof what?.[member] !== 'function') throw new TypeError(`guest.js does not export the function ${place}${member}`);
  }
};
import { takesOwned as $takesOwned } from './runtime.js';
// The runtime of componentize-qjs 0.4.5 mixes up the objects behind owned handles of resources that the guest exports: rather none than another one.
const $refuse = (name) => () => {
  throw new Error(`${name} takes an owned resource of the guest, which the runtime of componentize-qjs mixes up: let it take a borrow, or use atoll build`);
};

$check('cursors.', $guest.cursors, ['Cursor', 'merge']);
export const cursors = {
  Cursor: $guest.cursors.Cursor,
  merge: $takesOwned ? (...all) => $guest.cursors.merge(...all) : $refuse('cursors.merge'),
};
