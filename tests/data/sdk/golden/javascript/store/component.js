// Written by `atoll bindgen js` for the world demo:store/store. Do not change it: write it again.
import * as $guest from '../guest.js';

const $check = (place, what, members) => {
  for (const member of members) {
    if (typeof what?.[member] !== 'function') throw new TypeError(`guest.js does not export the function ${place}${member}`);
  }
};
// componentize-qjs 0.4.5 mixes up the objects behind owned handles of resources that the guest exports: rather none than another one.
const $refuse = (name) => () => {
  throw new Error(`${name} takes an owned resource of the guest, which QuickJS mixes up: let it take a borrow`);
};

$check('cursors.', $guest.cursors, ['Cursor', 'merge']);
export const cursors = {
  Cursor: $guest.cursors.Cursor,
  merge: $refuse('cursors.merge'),
};
