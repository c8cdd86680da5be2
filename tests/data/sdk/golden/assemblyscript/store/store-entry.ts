// Bindings of demo:store/store for AssemblyScript, made by atoll bindgen. Changes are lost when it runs again.
// Compile this file:
//   asc store-entry.ts -O3 --runtime incremental --use abort= -o core.wasm
//   atoll component embed WIT core.wasm --language assemblyscript -o embedded.wasm
//   atoll component new embedded.wasm -o component.wasm
// guest.ts, beside it, exports what the world exports.
import * as abi from "./store-abi";
import * as world from "./store";
import * as guest from "./guest";

export function cabi_realloc(p: usize, old: usize, align: usize, size: usize): usize {
  return size == 0 ? align : p == 0 ? heap.alloc(size) : heap.realloc(p, size);
}

export function wit$demo$3astore$2fcursors$23$5bdtor$5dcursor(p: usize): void {
  changetype<world.Exported>(p).dropped();
  __unpin(p);
}

export function wit$demo$3astore$2fcursors$23$5bconstructor$5dcursor(p0: i32): i32 {
  const a0 = new world.files.File(p0);
  const $answer = world.exportsCursors.CursorHandle.make(new guest.cursors.Cursor(a0));
  a0.drop();
  return $answer.take();
}

export function wit$demo$3astore$2fcursors$23$5bmethod$5dcursor$2enext(p0: i32): i32 {
  const a0 = changetype<guest.cursors.Cursor>(<usize>p0);
  const $answer = a0.next();
  abi.store11(abi.area, $answer);
  return <i32>abi.area;
}
export function wit$cabi_post_demo$3astore$2fcursors$23$5bmethod$5dcursor$2enext(p: usize): void { abi.release(0); }

export function wit$demo$3astore$2fcursors$23merge(p0: i32, p1: i32): i32 {
  const a0 = new world.exportsCursors.CursorHandle(p0);
  const a1 = changetype<guest.cursors.Cursor>(<usize>p1);
  const $answer = guest.cursors.merge(a0, a1);
  abi.store12(abi.area, $answer);
  return <i32>abi.area;
}
export function wit$cabi_post_demo$3astore$2fcursors$23merge(p: usize): void { abi.release(0); }
