using System.Globalization;

namespace Atoll.Sdk.Bindgen.AssemblyScript;

/// <summary>What is the same in the bindings of all worlds.</summary>
internal static class ScriptTexts
{
    public static string[] General { get; } = Split("""
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
        """);

    public static string[] Memory(uint areaSize) => Split($$"""
        /** Where results of several core values are. */
        export const area: usize = memory.data({{Math.Max(areaSize, 8u).ToString(CultureInfo.InvariantCulture)}}, 8);

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
        """);

    public static string[] Entry(string prefix) => Split($$"""
        // Compile this file:
        //   asc {{prefix}}-entry.ts -O3 --runtime incremental --use abort= -o core.wasm
        //   atoll component embed WIT core.wasm --language assemblyscript -o embedded.wasm
        //   atoll component new embedded.wasm -o component.wasm
        // guest.ts, beside it, exports what the world exports.
        import * as abi from "./{{prefix}}-abi";
        import * as world from "./{{prefix}}";
        import * as guest from "./guest";

        export function cabi_realloc(p: usize, old: usize, align: usize, size: usize): usize {
          return size == 0 ? align : p == 0 ? heap.alloc(size) : heap.realloc(p, size);
        }
        """);

    private static string[] Split(string text) => text.ReplaceLineEndings("\n").Split('\n');
}
