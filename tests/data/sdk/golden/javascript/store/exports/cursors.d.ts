// Written by `atoll bindgen js` for the world demo:store/store. Do not change it: write it again.
import type * as $imports_files from '../imports/files.js';

export type File = $imports_files.File;

export interface Cursor {
  next(): string | null;
}

/** The class of Cursor. */
export interface CursorClass {
  new (file: $imports_files.File): Cursor;
}

export interface Cursors {
  Cursor: CursorClass;
  merge(left: Cursor, right: Cursor): Array<Cursor>;
}
export {};
