// Written by `atoll bindgen ts` for the world demo:plugin/plugin@0.2.0. Do not change it: write it again.

/** Where something is. */
export interface Place {
  line: number;
  file: string;
}

/** How bad it is. */
export type Level =
  | 'info'
  | 'warning'
  | 'error';

export interface Options {
  fast?: boolean;
  strict?: boolean;
}

export type Finding =
  | { tag: 'none' }
  | { tag: 'at', val: Place }
  | { tag: 'text', val: string }
  | { tag: 'score', val: number };
export {};
