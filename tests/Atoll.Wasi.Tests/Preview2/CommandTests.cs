using System.Text;
using Atoll.Components;
using Atoll.Components.Text;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary>Components as programs: those that other tools built, and how a run ends.</summary>
public sealed class CommandTests
{
    private static readonly WasmEngine Engine = new();
    private static readonly ComponentLinker Linker = new ComponentLinker().AddWasi();

    [Fact]
    public void A_program_in_C_uses_files_clocks_and_random_numbers()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "data.txt"), "0123456789");
        (int code, string output, string errors) = Run(
            Guest("c-cmd.component.wasm"), """{"a":[1,{"b":2}]}""",
            grants => grants.AllowDirectory(".", folder.Path, FileAccessGrant.ReadWrite).AllowEnvironment("HOME", "/home/guest").AllowClock().AllowRandom(),
            "prog", "data.txt", "none.txt");
        Assert.Equal(0, code);
        Assert.Equal("done\n", errors);
        Assert.Equal(
            """{"argc":3,"stdin":17,"keys":2,"containers":3,"data.txt":[10,10],"none.txt":"err 44 No such file or directory","ents":3,"out":16,"home":"/home/guest","clock":1,"pi":3.141593}""" + "\n",
            output);
        Assert.Equal(["data.txt"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_program_that_exits_with_a_code_fails()
    {
        (int code, _, _) = Run(Guest("c-cmd.component.wasm"), "", grants => grants.AllowClock().AllowRandom(), "prog", "1", "2", "3", "4", "5");
        // The adapter that made a component of it knows success and failure only.
        Assert.Equal(1, code);
    }

    [Theory]
    [InlineData("rs163-cmd.component.wasm")]
    [InlineData("rs196-cmd.component.wasm")]
    public void A_program_in_Rust_reads_and_counts(string name)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "f.txt"), "12345");
        (int code, string output, _) = Run(
            Guest(name), "b a b", grants => grants.AllowDirectory("/", folder.Path, FileAccessGrant.ReadOnly).AllowClock().AllowRandom(), "prog", "/f.txt", "/none");
        Assert.Equal(0, code);
        Assert.StartsWith("/f.txt: 5 bytes\n/none: ", output, StringComparison.Ordinal);
        Assert.Contains("[(\"a\", 1), (\"b\", 2)] true\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_in_JavaScript_reads_and_answers()
    {
        (int code, string output, _) = Run(Guest("js-cmd-qjs.wasm"), """{"x":["ä"]}""", grants => grants.AllowClock().AllowRandom(), "prog", "one");
        Assert.Equal(0, code);
        Assert.Equal("""{"args":["prog","one"],"in":{"x":["ä"]}}""" + "\n", output);
    }

    [Fact]
    public void A_library_in_JavaScript_reads_files()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "ä.txt"), "grüße");
        using WasiContext context = new(Grants.None.AllowDirectory("/", folder.Path, FileAccessGrant.ReadOnly).AllowClock().AllowRandom());
        using Store store = new(Engine, new StoreOptions { State = context });
        ComponentInstance instance = Linker.Instantiate(store, Component.Load(Engine, Guest("js-fs-qjs.wasm")));
        ComponentFunction Find(string name) => instance.GetFunction($"demo:guest/files@0.1.0#{name}")!;
        Assert.Equal(["regular-file:ä.txt"], Find("ls").ToDelegate<Func<string[]>>()());
        var cat = Find("cat").ToDelegate<Func<string, Result<string, string>>>();
        Assert.Equal("grüße", cat("ä.txt").Value);
        Assert.Equal("no-entry", cat("none").Error);
        Assert.Equal("not-permitted", cat("../x").Error);
    }

    [Fact]
    public void A_program_with_a_folder_composed_into_it_lists_it()
    {
        (int code, string output, _) = Run(Prebuilt("dir.virt.wasm"), "", grants => grants, "prog", "/foo");
        Assert.Equal(0, code);
        Assert.Equal("Listing directory: /foo\n - .\n - ..\n - foo\n", output);
    }

    /// <summary>Waits for standard output to be ready again and again.</summary>
    [Fact]
    public void A_program_that_polls_its_output_ends() =>
        Assert.Equal(0, Run(Prebuilt("stdout-pollable-hang.component.wasm"), "", grants => grants.AllowClock().AllowRandom(), "prog").Code);

    [Fact]
    public void A_virtualized_library_asks_for_its_variables()
    {
        using WasiContext context = new(Grants.None.AllowStdout(new MemoryStream()).AllowClock().AllowRandom());
        using Store store = new(Engine, new StoreOptions { State = context });
        ComponentInstance instance = Linker.Instantiate(store, Component.Load(Engine, Prebuilt("env-allow.composed.wasm")));
        Assert.NotNull(instance.GetFunction("test-get-env")!.ToDelegate<Func<(string, string)[]>>()());
    }

    /// <summary>Standard output goes through a component of its own; errors go nowhere. What else it exports panics, as "not implemented".</summary>
    [Fact]
    public void A_library_with_virtualized_streams_prints()
    {
        using MemoryStream output = new();
        using WasiContext context = new(Grants.None.AllowStdout(output).AllowClock().AllowRandom());
        using Store store = new(Engine, new StoreOptions { State = context });
        ComponentInstance instance = Linker.Instantiate(store, Component.Load(Engine, Prebuilt("stdio.composed.wasm")));
        instance.GetFunction("test-stdio")!.ToDelegate<Action>()();
        Assert.True(context.Flush(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Equal("Hello world\n", Encoding.UTF8.GetString(output.ToArray()));
        Assert.Equal(
            TrapKind.Unreachable, Assert.Throws<TrapException>(() => instance.GetFunction("test-get-env")!.ToDelegate<Func<(string, string)[]>>()()).Kind);
    }

    [Theory]
    [InlineData("js-pure-qjs-sync.wasm")]
    [InlineData("js-pure-qjs-stub.wasm")]
    [InlineData("c-pure.component.wasm")]
    public void Libraries_are_pooled_whatever_their_start_does(string name)
    {
        static WasiContext Make() => new(Grants.None.AllowStdout(new MemoryStream()).AllowClock().AllowRandom());
        using ComponentPool pool = new(Linker, Component.Load(Engine, Guest(name)), new InstancePoolOptions { MakeState = Make });
        Assert.Null(pool.ReuseObstacle);
        for (int i = 0; i < 3; i++)
        {
            using WasiContext context = Make();
            using ComponentLease lease = pool.Rent(state: context);
            Assert.Equal($"grüße {i}", lease.Instance.GetFunction("demo:guest/api@0.1.0#echo")!.ToDelegate<Func<string, string>>()($"grüße {i}"));
            Assert.Equal(0, pool.IdleCount);
        }

        Assert.Equal(1, pool.IdleCount);
    }

    [Theory]
    [InlineData("Ok", 0)]
    [InlineData("Error", 1)]
    public void The_result_of_run_becomes_the_exit_code(string result, int code)
    {
        Assert.Equal(code, Run(Command($"(i32.const {(result == "Ok" ? 0 : 1)})"), "", grants => grants).Code);
        Assert.Equal(TrapKind.Unreachable, Assert.Throws<TrapException>(() => Run(Command("unreachable"), "", grants => grants)).Kind);
    }

    [Fact]
    public void A_program_that_does_not_end_is_stopped()
    {
        Component component = Component.Load(Engine, Command("(loop $l (br $l)) (i32.const 0)"));
        Assert.Throws<LimitExceededException>(() => WasiCommand.Run(Linker, component, Grants.None, new StoreOptions { Timeout = TimeSpan.FromMilliseconds(500) }));
    }

    [Fact]
    public void What_is_no_program_is_refused()
    {
        UnlinkableException library = Assert.Throws<UnlinkableException>(() => Run(ComponentText.Assemble("(component)"), "", grants => grants));
        Assert.Contains("exports no wasi:cli/run@0.2.x", library.Message, StringComparison.Ordinal);
        UnlinkableException missing = Assert.Throws<UnlinkableException>(() => Run(
            ComponentText.Assemble("""
                (component
                  (import "wasi:io/poll@0.2.99" (instance (export "teleport" (func))))
                  (import "wasi:nothing/at-all@0.2.0" (instance (export "f" (func))))
                  (core module $m (func (export "run") (result i32) (i32.const 0)))
                  (core instance $i (instantiate $m))
                  (func $run (result (result)) (canon lift (core func $i "run")))
                  (instance $run (export "run" (func $run)))
                  (export "wasi:cli/run@0.2.0" (instance $run)))
                """), "", grants => grants));
        Assert.Contains("wasi:io/poll@0.2.99#teleport", missing.Message, StringComparison.Ordinal);
        Assert.Contains("wasi:nothing/at-all@0.2.0", missing.Message, StringComparison.Ordinal);
    }

    private static byte[] Guest(string name) => File.ReadAllBytes(Path.Combine(Conformance.Root(), "..", "guests", "wasm", name));

    private static byte[] Prebuilt(string name) => File.ReadAllBytes(Path.Combine(Conformance.Root(), "components-prebuilt", "other", name));

    private static byte[] Command(string body) => ComponentText.Assemble($"""
        (component
          (core module $m (func (export "run") (result i32) {body}))
          (core instance $i (instantiate $m))
          (func $run (result (result)) (canon lift (core func $i "run")))
          (instance $run (export "run" (func $run)))
          (export "wasi:cli/run@0.2.7" (instance $run)))
        """);

    private static (int Code, string Output, string Errors) Run(byte[] component, string input, Func<Grants, Grants> grant, params string[] arguments)
    {
        using MemoryStream output = new();
        using MemoryStream errors = new();
        Grants grants = grant(Grants.None.AllowArguments(arguments).AllowStdin(new MemoryStream(Encoding.UTF8.GetBytes(input))).AllowStdout(output).AllowStderr(errors));
        int code = WasiCommand.Run(Linker, Component.Load(Engine, component), grants, new StoreOptions { Timeout = TimeSpan.FromSeconds(20) });
        return (code, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(errors.ToArray()));
    }
}
