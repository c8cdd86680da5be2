// Written by `atoll bindgen js` for the world demo:store/store. Do not change it: write it again.
export const takesOwned = false;
