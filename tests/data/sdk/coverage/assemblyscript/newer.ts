// The guest of atoll:newer in AssemblyScript.
import { echo as host, Option, Tuple2 } from "./newer";

export namespace echo {
  export function aMap(x: Array<Tuple2<string, u32>>): Array<Tuple2<string, u32>> { return host.aMap(x); }
  export function three(x: Array<u16>): Array<u16> { return host.three(x); }
  export function texts(x: Array<string>): Array<string> { return host.texts(x); }
  export function forty(x: Uint8Array): Uint8Array { return host.forty(x); }
  export function maybe(x: Option<Array<f32>>): Option<Array<f32>> { return host.maybe(x); }
}
