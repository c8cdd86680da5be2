// Written by `atoll bindgen ts` for the world demo:plugin/plugin@0.2.0. Do not change it: write it again.
import type * as $imports_types from '../imports/types.js';

export type Place = $imports_types.Place;

export type Options = $imports_types.Options;

export type Finding = $imports_types.Finding;
export {};
