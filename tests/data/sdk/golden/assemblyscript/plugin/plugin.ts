// Bindings of demo:plugin/plugin@0.2.0 for AssemblyScript, made by atoll bindgen. Changes are lost when it runs again.
// Types, and what the guest imports. Classes of exported resources extend Exported. Handles are given back with drop().
import * as abi from "./plugin-abi";
import * as world from "./plugin";
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

export class Tuple2<T0, T1> {
  constructor(public f0: T0, public f1: T1) {}
}

export namespace types {
  /** Where something is. */
  export class Place {
    constructor(
      public line: u32,
      public file: string,
    ) {}
  }

  /** How bad it is. */
  export enum Level {
    info,
    warning,
    error,
  }

  export namespace Options {
    export const fast: u8 = 1 << 0;
    export const strict: u8 = 1 << 1;
  }

  export class Finding {
    static readonly NONE: i32 = 0;
    static readonly AT: i32 = 1;
    static readonly TEXT: i32 = 2;
    static readonly SCORE: i32 = 3;
    private p1: world.types.Place = changetype<world.types.Place>(0);
    private p2: string = changetype<string>(0);
    private p3: f32 = <f32>0;
    /** Which case it is. */
    constructor(public tag: i32) {}
    static none(): Finding { return new Finding(0); }
    static at(value: world.types.Place): Finding { const v = new Finding(1); v.p1 = value; return v; }
    get asAt(): world.types.Place { if (this.tag != 1) unreachable(); return this.p1; }
    static text(value: string): Finding { const v = new Finding(2); v.p2 = value; return v; }
    get asText(): string { if (this.tag != 2) unreachable(); return this.p2; }
    static score(value: f32): Finding { const v = new Finding(3); v.p3 = value; return v; }
    get asScore(): f32 { if (this.tag != 3) unreachable(); return this.p3; }
  }
}

export namespace log {
  // @ts-ignore: a decorator of a function
  @external("demo:plugin/log@0.2.0", "write")
  declare function $core0(p0: i32, p1: i32, p2: i32): void;
  /**
   * Writes a line.
   * It ends with * / here.
   */
  export function write(level: world.types.Level, text: string): void {
    const $before = abi.mark();
    $core0(<i32>level, <i32>abi.to1(text), text.length);
    abi.release($before);
  }
}
