// Written by `atoll bindgen ts` for the world demo:plugin/plugin@0.2.0. Do not change it: write it again.
import type * as $imports_types from '../imports/types.js';

export type Level = $imports_types.Level;

/**
 * Writes a line.
 * It ends with *\/ here.
 */
export function write(level: $imports_types.Level, text: string): void;
export {};
