// Written by `atoll bindgen ts` for the world demo:store/store. Do not change it: write it again.
/// <reference lib="esnext.disposable" />

export class File {
  constructor(name: string);
  /** @throws an Error whose `payload` is `number` */
  read(count: bigint): Uint8Array;
  drop(): void;
  static open(name: string): File | null;
  /** Drops the resource: it cannot be used after that. */
  [Symbol.dispose](): void;
}
export {};
