using System.Text;
using Atoll.Components;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Wasi.Tests;

public class WasiCommandTests
{
    private static readonly WasmEngine Engine = new();
    private static readonly Linker Linker = new Linker(Engine).AddWasiPreview1();

    private const string Prelude = """
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        """;

    private static int Run(string body, Grants grants, StoreOptions? options = null) =>
        WasiCommand.Run(Linker, Engine.LoadModule(WatText.ToBinary($"(module {Prelude} {body})")), grants, options);

    [Fact]
    public void The_exit_code_is_passed_on()
    {
        Assert.Equal(0, Run("""(func (export "_start"))""", Grants.None));
        Assert.Equal(42, Run("""(func (export "_start") (call $exit (i32.const 42)) unreachable)""", Grants.None));
    }

    [Fact]
    public void Errors_of_the_guest_reach_the_caller()
    {
        Assert.Equal(TrapKind.Unreachable, Assert.Throws<TrapException>(() => Run("""(func (export "_start") unreachable)""", Grants.None)).Kind);
        Assert.Contains("_start", Assert.Throws<UnlinkableException>(() => Run("", Grants.None)).Message, StringComparison.Ordinal);
        LimitExceededException limit = Assert.Throws<LimitExceededException>(
            () => Run("""(func (export "_start") (loop $l (br $l)))""", Grants.None, new StoreOptions { Timeout = TimeSpan.FromMilliseconds(50) }));
        Assert.Equal(LimitKind.Time, limit.Limit);
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(
            () => { Run("""(func (export "_start") (loop $l (br $l)))""", Grants.None, new StoreOptions { CancellationToken = source.Token }); });
    }

    [Fact]
    public void Each_run_starts_anew()
    {
        const string Body = """
            (global $runs (mut i32) (i32.const 0))
            (func (export "_start")
                (global.set $runs (i32.add (global.get $runs) (i32.const 1)))
                (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
                (call $exit (i32.add (i32.mul (global.get $runs) (i32.const 10)) (i32.load (i32.const 0)))))
            """;
        WasmModule module = Engine.LoadModule(WatText.ToBinary($"(module {Prelude} {Body})"));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(11, WasiCommand.Run(Linker, module, Grants.None));
        }
    }

    [Fact]
    public void Arguments_and_output_go_through()
    {
        // Writes the second argument to standard output and the first to standard error.
        const string Body = """
            (func $put (param $fd i32) (param $text i32) (param $length i32)
                (i32.store (i32.const 1000) (local.get $text))
                (i32.store (i32.const 1004) (local.get $length))
                (drop (call $write (local.get $fd) (i32.const 1000) (i32.const 1) (i32.const 1008))))
            (func (export "_start")
                (drop (call $args (i32.const 0) (i32.const 100)))
                (call $put (i32.const 1) (i32.load (i32.const 4)) (i32.const 5))
                (call $put (i32.const 2) (i32.load (i32.const 0)) (i32.const 4)))
            """;
        using MemoryStream output = new();
        using MemoryStream errors = new();
        Assert.Equal(0, Run(Body, Grants.None.AllowArguments("prog", "größ").AllowStdout(output).AllowStderr(errors)));
        Assert.Equal("größ"[..3], Encoding.UTF8.GetString(output.ToArray())[..3]);
        Assert.Equal("prog", Encoding.UTF8.GetString(errors.ToArray()));
    }

    [Fact]
    public void Output_to_a_file_is_complete_when_the_run_is_over()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream file = File.Create(path))
            {
                const string Body = """
                    (func (export "_start") (local $i i32)
                        (i32.store (i32.const 0) (i32.const 64))
                        (i32.store (i32.const 4) (i32.const 1000))
                        (loop $l
                            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
                        (call $exit (i32.const 3)))
                    """;
                Assert.Equal(3, Run(Body, Grants.None.AllowStdout(file)));
                Assert.Equal(2_000_000, file.Length);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }
}
