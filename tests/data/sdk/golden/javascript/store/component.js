// Written by `atoll bindgen js` for the world demo:store/store. Do not change it: write it again.
import * as guest from '../guest.js';

const check = (place, what, members) => {
  for (const member of members) {
    if (typeof what?.[member] !== 'function') throw new TypeError(`guest.js does not export the function ${place}${member}`);
  }
};

check('cursors.', guest.cursors, ['Cursor', 'merge']);
export const cursors = guest.cursors;
