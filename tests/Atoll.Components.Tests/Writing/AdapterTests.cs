using Atoll.Components.Types;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests.Writing;

/// <summary>Programs of WASI preview 1 as components; whether they then do the same is for the tests of the WASI host.</summary>
public sealed class AdapterTests
{
    private const string Random = """
        (module
          (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start") (drop (call $random (i32.const 16) (i32.const 4)))
            (if (i32.ne (i32.load (i32.const 16)) (i32.const 0x04030201)) (then unreachable))))
        """;

    private static byte[] Adapt(string wat) => ComponentWriter.FromModule(WatText.ToBinary(wat), adaptPreview1: true);

    [Fact]
    public void A_command_imports_only_what_it_uses()
    {
        ComponentType type = GuestWriter.Load(Adapt(Random)).Type;
        Assert.Equal(["wasi:random/random@0.2.12"], type.Imports.Select(item => item.Name));
        Assert.Equal(["wasi:cli/run@0.2.12"], type.Exports.Select(item => item.Name));
    }

    [Fact]
    public void Bytes_go_where_the_program_wants_them()
    {
        ComponentInstance instance = GuestWriter.Run(
            Adapt(Random), linker => linker.Instance("wasi:random/random@0.2.12").DefineFunction("get-random-bytes", _ => ComponentValue.List([1, 2, 3, 4])));
        Assert.Equal(ComponentValue.Ok(), instance.GetFunction("wasi:cli/run@0.2.12#run")!.Invoke());
    }

    [Fact]
    public void Arguments_are_copied()
    {
        const string Wat = """
            (module
              (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
              (memory (export "memory") 1)
              (func $check (param i32) (if (local.get 0) (then unreachable)))
              (func (export "_start")
                (call $check (call $sizes (i32.const 0) (i32.const 4)))
                (call $check (i32.ne (i32.load (i32.const 0)) (i32.const 2)))
                (call $check (i32.ne (i32.load (i32.const 4)) (i32.const 7)))
                (call $check (call $args (i32.const 16) (i32.const 32)))
                (call $check (i32.ne (i32.load (i32.const 16)) (i32.const 32)))
                (call $check (i32.ne (i32.load (i32.const 20)) (i32.const 37)))
                (call $check (i64.ne (i64.load (i32.const 32)) (i64.const 0x0058_0067_6f72_70)))
                (call $check (i32.ne (i32.load8_u (i32.const 38)) (i32.const 0)))))
            """;
        ComponentInstance instance = GuestWriter.Run(
            Adapt(Wat.Replace("0x0058_0067_6f72_70", "0x58_00_67_6f_72_70", StringComparison.Ordinal)),
            linker => linker.Instance("wasi:cli/environment@0.2.12").DefineFunction("get-arguments", () => new[] { "prog", "X" }));
        Assert.Equal(ComponentValue.Ok(), instance.GetFunction("wasi:cli/run@0.2.12#run")!.Invoke());
    }

    [Fact]
    public void A_library_keeps_its_world_and_gets_the_adapter_too()
    {
        byte[] embedded = GuestWriter.Embed(
            """
            (module
              (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
              (memory (export "memory") 1)
              (func (export "now") (result i64) (drop (call $time (i32.const 1) (i64.const 0) (i32.const 8))) (i64.load (i32.const 8))))
            """,
            "package test:clock; world w { export now: func() -> u64; }");
        byte[] component = ComponentWriter.FromModule(embedded, adaptPreview1: true);
        ComponentInstance instance = GuestWriter.Run(component, linker =>
        {
            linker.Instance("wasi:clocks/monotonic-clock@0.2.12").DefineFunction("now", () => 77UL);
            linker.Instance("wasi:clocks/wall-clock@0.2.12").DefineFunction("now", _ => throw new InvalidOperationException());
        });
        Assert.Equal(ComponentValue.U64(77), instance.GetFunction("now")!.Invoke());
        Assert.DoesNotContain(instance.Component.Type.Exports, item => item.Name.StartsWith("wasi:", StringComparison.Ordinal));
    }

    [Fact]
    public void A_program_may_import_resources_that_the_adapter_imports_too()
    {
        const string Wit = """
            package test:wait;
            world w { import wasi:io/poll@0.2.12; import wasi:clocks/monotonic-clock@0.2.12; import wasi:io/streams@0.2.12; }
            package wasi:clocks@0.2.12 {
              interface monotonic-clock {
                use wasi:io/poll@0.2.12.{pollable};
                subscribe-duration: func(when: u64) -> pollable;
              }
            }
            package wasi:io@0.2.12 {
              interface error { resource error; }
              interface poll { resource pollable { block: func(); } }
              interface streams {
                use error.{error};
                use poll.{pollable};
                variant stream-error { last-operation-failed(error), closed }
                resource output-stream { subscribe: func() -> pollable; flush: func() -> result<_, stream-error>; }
              }
            }
            """;
        byte[] embedded = GuestWriter.Embed(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration" (func $after (param i64) (result i32)))
              (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
              (import "wasi:io/streams@0.2.12" "[method]output-stream.flush" (func $flush (param i32 i32)))
              (memory (export "memory") 1)
              (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8)))))
            """,
            Wit);
        ComponentType type = GuestWriter.Load(ComponentWriter.FromModule(embedded, adaptPreview1: true)).Type;
        string[] names = [.. type.Imports.Select(item => item.Name)];
        Assert.Equal(names.Distinct(), names);

        // Who speaks of the streams comes after them, though the adapter's standard output comes before the clock and the program's streams after it.
        Assert.True(Array.IndexOf(names, "wasi:io/streams@0.2.12") < Array.IndexOf(names, "wasi:cli/stdout@0.2.12"), string.Join(' ', names));
        Assert.Contains(type.Functions, function => function.Key == "wasi:cli/run@0.2.12#run");
    }

    [Fact]
    public void A_program_without_imports_needs_only_its_start()
    {
        ComponentType type = GuestWriter.Load(Adapt("""(module (memory (export "memory") 1) (func (export "_start")))""")).Type;
        Assert.Empty(type.Imports);
        Assert.Equal(["wasi:cli/run@0.2.12"], type.Exports.Select(item => item.Name));
    }

    [Fact]
    public void A_function_may_be_imported_twice()
    {
        ComponentType type = GuestWriter.Load(Adapt(
            """
            (module
              (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
              (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
              (memory (export "memory") 0) (func (export "_start") (drop (call 0)) (drop (call 1))))
            """)).Type;
        Assert.Empty(type.Imports);
    }

    [Fact]
    public void Functions_that_preview_1_does_not_have_are_named()
    {
        ComponentWritingException exception = Assert.Throws<ComponentWritingException>(() => Adapt(
            """
            (module (import "wasi_snapshot_preview1" "fd_fly" (func)) (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))
              (memory (export "memory") 1) (func (export "_start")))
            """));
        Assert.Equal(
            ["the import `wasi_snapshot_preview1::fd_fly`: there is no such function",
                "the import `wasi_snapshot_preview1::fd_close` has the wrong type: expected (i32) -> (i32), found (i64) -> (i32)"],
            exception.Problems);
    }
}
