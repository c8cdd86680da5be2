// Written by `atoll bindgen ts` for the world demo:plugin/plugin@0.2.0. Do not change it: write it again.
import * as $guest from '../guest.js';

const $check = (place, what, members) => {
  for (const member of members) {
    if (typeof what?.[member] !== 'function') throw new TypeError(`guest.js does not export the function ${place}${member}`);
  }
};

$check('', $guest, ['check', 'places']);
export const check = $guest.check;
export const places = $guest.places;
