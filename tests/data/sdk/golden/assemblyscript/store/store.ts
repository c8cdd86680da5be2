// Bindings of demo:store/store for AssemblyScript, made by atoll bindgen. Changes are lost when it runs again.
// Types, and what the guest imports. Classes of exported resources extend Exported. Handles are given back with drop().
import * as abi from "./store-abi";
import * as world from "./store";
import * as guest from "./guest";

/** What stands in a result where nothing comes with success or failure: 0. */
export type Nothing = u8;

/** A value or none. */
export class Option<T> {
  private item: T = isReference<T>() ? changetype<T>(0) : <T>0;
  constructor(public isSome: bool) {}
  static some<T>(value: T): Option<T> { const v = new Option<T>(true); v.item = value; return v; }
  static none<T>(): Option<T> { return new Option<T>(false); }
  /** Traps where there is none. */
  get value(): T { if (!this.isSome) unreachable(); return this.item; }
}

/** Success or failure. */
export class Result<T, E> {
  private good: T = isReference<T>() ? changetype<T>(0) : <T>0;
  private bad: E = isReference<E>() ? changetype<E>(0) : <E>0;
  constructor(public isErr: bool) {}
  static ok<T, E>(value: T): Result<T, E> { const v = new Result<T, E>(false); v.good = value; return v; }
  static err<T, E>(value: E): Result<T, E> { const v = new Result<T, E>(true); v.bad = value; return v; }
  /** Traps when it is a failure. */
  get ok(): T { if (this.isErr) unreachable(); return this.good; }
  /** Traps when it is a success. */
  get err(): E { if (!this.isErr) unreachable(); return this.bad; }
}

/** What classes of exported resources extend. */
export class Exported {
  /** Called when nobody has a handle any more. */
  dropped(): void {}
}

export namespace files {
  // @ts-ignore: a decorator of a function
  @external("demo:store/files", "[resource-drop]file")
  declare function $core0(handle: i32): void;
  // @ts-ignore: a decorator of a function
  @external("demo:store/files", "[constructor]file")
  declare function $core1(p0: i32, p1: i32): i32;
  // @ts-ignore: a decorator of a function
  @external("demo:store/files", "[method]file.read")
  declare function $core2(p0: i32, p1: i64, p2: i32): void;
  // @ts-ignore: a decorator of a function
  @external("demo:store/files", "[method]file.drop")
  declare function $core3(p0: i32): void;
  // @ts-ignore: a decorator of a function
  @external("demo:store/files", "[static]file.open")
  declare function $core4(p0: i32, p1: i32, p2: i32): void;
  export class File {
    constructor(public handle: i32) {}
    /** The handle, which is no longer this object's. */
    take(): i32 { const handle = this.handle; this.handle = 0; return handle; }
    /** Gives the handle back: the resource is gone, or no longer the guest's. */
    drop(): void { if (this.handle != 0) $core0(this.take()); }
    static create(name: string): world.files.File {
      const $before = abi.mark();
      const $answer = $core1(<i32>abi.to4(name), name.length);
      abi.release($before);
      return new world.files.File($answer);
    }
    read(count: u64): world.Result<Uint8Array, u32> {
      $core2(this.handle, <i64>count, <i32>abi.area);
      return abi.load9(abi.area);
    }
    drop_(): void {
      $core3(this.handle);
    }
    static open(name: string): world.Option<world.files.File> {
      const $before = abi.mark();
      $core4(<i32>abi.to4(name), name.length, <i32>abi.area);
      abi.release($before);
      return abi.load10(abi.area);
    }
  }
}

export namespace exportsCursors {
  // @ts-ignore: a decorator of a function
  @external("[export]demo:store/cursors", "[resource-drop]cursor")
  declare function $core5(handle: i32): void;
  // @ts-ignore: a decorator of a function
  @external("[export]demo:store/cursors", "[resource-new]cursor")
  declare function $core6(rep: i32): i32;
  // @ts-ignore: a decorator of a function
  @external("[export]demo:store/cursors", "[resource-rep]cursor")
  declare function $core7(handle: i32): i32;
  export class CursorHandle {
    constructor(public handle: i32) {}
    /** A handle of an object, for the caller; one for each object. */
    static make(value: guest.cursors.Cursor): CursorHandle { return new CursorHandle($core6(<i32>__pin(changetype<usize>(value)))); }
    /** The object. */
    get value(): guest.cursors.Cursor { return changetype<guest.cursors.Cursor>(<usize>$core7(this.handle)); }
    /** The handle, which is no longer this object's. */
    take(): i32 { const handle = this.handle; this.handle = 0; return handle; }
    /** Gives the handle back: the resource is gone, or no longer the guest's. */
    drop(): void { if (this.handle != 0) $core5(this.take()); }
  }
}
