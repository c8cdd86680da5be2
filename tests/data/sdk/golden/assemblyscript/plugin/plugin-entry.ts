// Bindings of demo:plugin/plugin@0.2.0 for AssemblyScript, made by atoll bindgen. Changes are lost when it runs again.
// Compile this file:
//   asc plugin-entry.ts -O3 --runtime incremental --use abort= -o core.wasm
//   atoll component embed WIT core.wasm --language assemblyscript -o embedded.wasm
//   atoll component new embedded.wasm -o component.wasm
// guest.ts, beside it, exports what the world exports.
import * as abi from "./plugin-abi";
import * as world from "./plugin";
import * as guest from "./guest";

export function cabi_realloc(p: usize, old: usize, align: usize, size: usize): usize {
  return size == 0 ? align : p == 0 ? heap.alloc(size) : heap.realloc(p, size);
}

export function wit$check(p0: i32, p1: i32, p2: i32, p3: i32, p4: i32): i32 {
  const a0 = abi.from1(<usize>p0, <usize>p1);
  const a1 = <u8>p2;
  let $t0 = changetype<world.Option<u32>>(0);
  switch (p3) {
    case 0: {
      $t0 = world.Option.none<u32>();
      break;
    }
    default: {
      $t0 = world.Option.some<u32>(<u32>p4);
      break;
    }
  }
  const a2 = $t0;
  const $answer = guest.check(a0, a1, a2);
  abi.store9(abi.area, $answer);
  return <i32>abi.area;
}
export function wit$cabi_post_check(p: usize): void { abi.release(0); }

export function wit$places(p0: i32, p1: i32): i32 {
  const a0 = abi.from10(<usize>p0, <usize>p1);
  const $answer = guest.places(a0);
  abi.store12(abi.area, $answer);
  return <i32>abi.area;
}
