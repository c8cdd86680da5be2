using Atoll.Components.Text;
using Atoll.Wasm.Text;

namespace Atoll.Extensions.Tests;

/// <summary>Small components.</summary>
internal static class Guests
{
    private const string Memory = """
        (core module $libc
          (memory (export "memory") 1)
          (global $next (mut i32) (i32.const 1024))
          (func (export "realloc") (param i32 i32 i32) (param $size i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
            (global.set $next (i32.add (local.get $at) (local.get $size)))
            (local.get $at)))
        (core instance $libc (instantiate $libc))
        """;

    /// <summary>Uses <c>atoll:platform</c>: <c>greet: func()</c> logs, <c>whose: func() -> string</c> tells the trace.</summary>
    public static byte[] Platform { get; } = Assemble(File.ReadAllText(Path.Combine(Repository(), "tests", "data", "platform.wat")));

    private static string Repository()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    /// <summary><c>answer: func() -> u32</c></summary>
    public static byte[] Answer(int value) => Assemble($"""
        (component
          (core module $m (func (export "answer") (result i32) (i32.const {value})))
          (core instance $m (instantiate $m))
          (func (export "answer") (result u32) (canon lift (core func $m "answer"))))
        """);

    /// <summary><c>twice: func(x: u64) -> u64</c>, <c>double: func(x: u32) -> u32</c> by the host, <c>spin: func()</c>.</summary>
    public static byte[] Numbers { get; } = Assemble("""
        (component
          (import "host-double" (func $double (param "x" u32) (result u32)))
          (core func $lowered (canon lower (func $double)))
          (core module $m
            (import "" "double" (func $double (param i32) (result i32)))
            (func (export "double") (param i32) (result i32) (call $double (local.get 0)))
            (func (export "twice") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 2)))
            (func (export "spin") (loop $again (br $again))))
          (core instance $m (instantiate $m (with "" (instance (export "double" (func $lowered))))))
          (func (export "double") (param "x" u32) (result u32) (canon lift (core func $m "double")))
          (func (export "twice") (param "x" u64) (result u64) (canon lift (core func $m "twice")))
          (func (export "spin") (canon lift (core func $m "spin"))))
        """);

    /// <summary><c>count: func() -> u32</c>: what the host counted, and a hundred times what the instance counted.</summary>
    public static byte[] Counter { get; } = Assemble("""
        (component
          (import "host-count" (func $count (result u32)))
          (core func $lowered (canon lower (func $count)))
          (core module $m
            (import "" "count" (func $count (result i32)))
            (global $n (mut i32) (i32.const 0))
            (func (export "count") (result i32)
              (global.set $n (i32.add (global.get $n) (i32.const 100)))
              (i32.add (global.get $n) (call $count))))
          (core instance $m (instantiate $m (with "" (instance (export "count" (func $lowered))))))
          (func (export "count") (result u32) (canon lift (core func $m "count"))))
        """);

    /// <summary>Returns what it gets: one function <c>same</c> of the given type with the given flat parameters.</summary>
    public static byte[] Same(string types, string type, params string[] flat)
    {
        string parameters = string.Concat(flat.Select(core => $"(param {core})"));
        string stores = string.Concat(flat.Select((core, i) => $"({core}.store offset={i * 4} (i32.const 64) (local.get {i}))"));
        string body = flat.Length == 1 ? $"(result {flat[0]}) (local.get 0)" : $"(result i32) {stores} (i32.const 64)";
        return Assemble($"""
            (component
              {types}
              {Memory}
              (core module $m (import "libc" "memory" (memory 1)) (func (export "same") {parameters} {body}))
              (core instance $m (instantiate $m (with "libc" (instance $libc))))
              (func (export "same") (param "v" {type}) (result {type})
                (canon lift (core func $m "same") (memory $libc "memory") (realloc (func $libc "realloc")))))
            """);
    }

    private static byte[] Assemble(string text) => ComponentText.Assemble(TextSource.Read(text));
}
