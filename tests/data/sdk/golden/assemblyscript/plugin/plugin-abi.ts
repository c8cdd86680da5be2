// Bindings of demo:plugin/plugin@0.2.0 for AssemblyScript, made by atoll bindgen. Changes are lost when it runs again.
import * as world from "./plugin";
import * as guest from "./guest";

/** Where results of several core values are. */
export const area: usize = memory.data(16, 8);

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

export function load1(p: usize): string { return from1(load<u32>(p), load<u32>(p, 4)); }
export function store1(p: usize, v: string): void {
  store<u32>(p, <u32>to1(v));
  store<u32>(p, <u32>v.length, 4);
}
export function from1(p: usize, n: usize): string {
  if (n == 0) return "";
  const v = String.UTF16.decodeUnsafe(p, n << 1);
  heap.free(p);
  return v;
}
export function to1(v: string): usize {
  const n = <usize>v.length << 1;
  const p = alloc(n);
  memory.copy(p, changetype<usize>(v), n);
  return p;
}

export function load2(p: usize): world.types.Place {
  return new world.types.Place(load<u32>(p), load1(p + 4));
}
export function store2(p: usize, v: world.types.Place): void {
  store<u32>(p, v.line);
  store1(p + 4, v.file);
}

export function load6(p: usize): world.types.Finding {
  switch (load<u8>(p)) {
    case 0: return world.types.Finding.none();
    case 1: return world.types.Finding.at(load2(p + 4));
    case 2: return world.types.Finding.text(load1(p + 4));
    default: return world.types.Finding.score(load<f32>(p + 4));
  }
}
export function store6(p: usize, v: world.types.Finding): void {
  store<u8>(p, <u8>v.tag);
  switch (v.tag) {
    case 1: store2(p + 4, v.asAt); break;
    case 2: store1(p + 4, v.asText); break;
    case 3: store<f32>(p + 4, v.asScore); break;
    default: break;
  }
}

export function load7(p: usize): world.Option<u32> {
  switch (load<u8>(p)) {
    case 0: return world.Option.none<u32>();
    default: return world.Option.some<u32>(load<u32>(p + 4));
  }
}
export function store7(p: usize, v: world.Option<u32>): void {
  store<u8>(p, <u8>(v.isSome ? 1 : 0));
  switch ((v.isSome ? 1 : 0)) {
    case 1: store<u32>(p + 4, v.value); break;
    default: break;
  }
}

export function load8(p: usize): Array<world.types.Finding> { return from8(load<u32>(p), load<u32>(p, 4)); }
export function store8(p: usize, v: Array<world.types.Finding>): void {
  store<u32>(p, <u32>to8(v));
  store<u32>(p, <u32>v.length, 4);
}
export function from8(p: usize, n: usize): Array<world.types.Finding> {
  const v = read8(p, n);
  if (n != 0) heap.free(p);
  return v;
}
export function to8(v: Array<world.types.Finding>): usize {
  const p = alloc(<usize>v.length * 16);
  write8(p, v);
  return p;
}
function read8(p: usize, n: usize): Array<world.types.Finding> {
  const v = new Array<world.types.Finding>(<i32>n);
  for (let i: i32 = 0; i < <i32>n; i++) v[i] = load6(p + <usize>i * 16);
  return v;
}
function write8(p: usize, v: Array<world.types.Finding>): void {
  for (let i: i32 = 0; i < v.length; i++) store6(p + <usize>i * 16, v[i]);
}

export function load9(p: usize): world.Result<Array<world.types.Finding>, string> {
  switch (load<u8>(p)) {
    case 0: return world.Result.ok<Array<world.types.Finding>, string>(load8(p + 4));
    default: return world.Result.err<Array<world.types.Finding>, string>(load1(p + 4));
  }
}
export function store9(p: usize, v: world.Result<Array<world.types.Finding>, string>): void {
  store<u8>(p, <u8>(v.isErr ? 1 : 0));
  switch ((v.isErr ? 1 : 0)) {
    case 0: store8(p + 4, v.ok); break;
    case 1: store1(p + 4, v.err); break;
    default: break;
  }
}

export function load10(p: usize): Array<world.types.Place> { return from10(load<u32>(p), load<u32>(p, 4)); }
export function store10(p: usize, v: Array<world.types.Place>): void {
  store<u32>(p, <u32>to10(v));
  store<u32>(p, <u32>v.length, 4);
}
export function from10(p: usize, n: usize): Array<world.types.Place> {
  const v = read10(p, n);
  if (n != 0) heap.free(p);
  return v;
}
export function to10(v: Array<world.types.Place>): usize {
  const p = alloc(<usize>v.length * 12);
  write10(p, v);
  return p;
}
function read10(p: usize, n: usize): Array<world.types.Place> {
  const v = new Array<world.types.Place>(<i32>n);
  for (let i: i32 = 0; i < <i32>n; i++) v[i] = load2(p + <usize>i * 12);
  return v;
}
function write10(p: usize, v: Array<world.types.Place>): void {
  for (let i: i32 = 0; i < v.length; i++) store2(p + <usize>i * 12, v[i]);
}

export function load12(p: usize): world.Tuple2<u32, f64> {
  return new world.Tuple2<u32, f64>(load<u32>(p), load<f64>(p + 8));
}
export function store12(p: usize, v: world.Tuple2<u32, f64>): void {
  store<u32>(p, v.f0);
  store<f64>(p + 8, v.f1);
}
