// Bindings of demo:store/store for AssemblyScript, made by atoll bindgen. Changes are lost when it runs again.
import * as world from "./store";
import * as guest from "./guest";

/** Where results of several core values are. */
export const area: usize = memory.data(12, 8);

let last: usize = 0;

/** Memory that lives until `release`. */
export function alloc(size: usize): usize {
  const p = heap.alloc(size + 8);
  store<usize>(p, last);
  last = p;
  return p + 8;
}

export function mark(): usize { return last; }

/** Frees what was taken since a mark; since the beginning for 0. */
export function release(to: usize): void {
  while (last != to) {
    const p = last;
    last = load<usize>(p);
    heap.free(p);
  }
}

export function load4(p: usize): string { return from4(load<u32>(p), load<u32>(p, 4)); }
export function store4(p: usize, v: string): void {
  store<u32>(p, <u32>to4(v));
  store<u32>(p, <u32>v.length, 4);
}
export function from4(p: usize, n: usize): string {
  if (n == 0) return "";
  const v = String.UTF16.decodeUnsafe(p, n << 1);
  heap.free(p);
  return v;
}
export function to4(v: string): usize {
  const n = <usize>v.length << 1;
  const p = alloc(n);
  memory.copy(p, changetype<usize>(v), n);
  return p;
}

export function load7(p: usize): Uint8Array { return from7(load<u32>(p), load<u32>(p, 4)); }
export function store7(p: usize, v: Uint8Array): void {
  store<u32>(p, <u32>to7(v));
  store<u32>(p, <u32>v.length, 4);
}
export function from7(p: usize, n: usize): Uint8Array {
  const v = read7(p, n);
  if (n != 0) heap.free(p);
  return v;
}
export function to7(v: Uint8Array): usize {
  const p = alloc(<usize>v.length * 1);
  write7(p, v);
  return p;
}
function read7(p: usize, n: usize): Uint8Array {
  const v = new Uint8Array(<i32>n);
  memory.copy(v.dataStart, p, n * 1);
  return v;
}
function write7(p: usize, v: Uint8Array): void {
  memory.copy(p, v.dataStart, <usize>v.length * 1);
}

export function load9(p: usize): world.Result<Uint8Array, u32> {
  switch (load<u8>(p)) {
    case 0: return world.Result.ok<Uint8Array, u32>(load7(p + 4));
    default: return world.Result.err<Uint8Array, u32>(load<u32>(p + 4));
  }
}
export function store9(p: usize, v: world.Result<Uint8Array, u32>): void {
  store<u8>(p, <u8>(v.isErr ? 1 : 0));
  switch ((v.isErr ? 1 : 0)) {
    case 0: store7(p + 4, v.ok); break;
    case 1: store<u32>(p + 4, v.err); break;
    default: break;
  }
}

export function load10(p: usize): world.Option<world.files.File> {
  switch (load<u8>(p)) {
    case 0: return world.Option.none<world.files.File>();
    default: return world.Option.some<world.files.File>(new world.files.File(load<i32>(p + 4)));
  }
}
export function store10(p: usize, v: world.Option<world.files.File>): void {
  store<u8>(p, <u8>(v.isSome ? 1 : 0));
  switch ((v.isSome ? 1 : 0)) {
    case 1: store<i32>(p + 4, v.value.take()); break;
    default: break;
  }
}

export function load11(p: usize): world.Option<string> {
  switch (load<u8>(p)) {
    case 0: return world.Option.none<string>();
    default: return world.Option.some<string>(load4(p + 4));
  }
}
export function store11(p: usize, v: world.Option<string>): void {
  store<u8>(p, <u8>(v.isSome ? 1 : 0));
  switch ((v.isSome ? 1 : 0)) {
    case 1: store4(p + 4, v.value); break;
    default: break;
  }
}

export function load12(p: usize): Array<world.exportsCursors.CursorHandle> { return from12(load<u32>(p), load<u32>(p, 4)); }
export function store12(p: usize, v: Array<world.exportsCursors.CursorHandle>): void {
  store<u32>(p, <u32>to12(v));
  store<u32>(p, <u32>v.length, 4);
}
export function from12(p: usize, n: usize): Array<world.exportsCursors.CursorHandle> {
  const v = read12(p, n);
  if (n != 0) heap.free(p);
  return v;
}
export function to12(v: Array<world.exportsCursors.CursorHandle>): usize {
  const p = alloc(<usize>v.length * 4);
  write12(p, v);
  return p;
}
function read12(p: usize, n: usize): Array<world.exportsCursors.CursorHandle> {
  const v = new Array<world.exportsCursors.CursorHandle>(<i32>n);
  for (let i: i32 = 0; i < <i32>n; i++) v[i] = new world.exportsCursors.CursorHandle(load<i32>(p + <usize>i * 4));
  return v;
}
function write12(p: usize, v: Array<world.exportsCursors.CursorHandle>): void {
  for (let i: i32 = 0; i < v.length; i++) store<i32>(p + <usize>i * 4, v[i].take());
}
