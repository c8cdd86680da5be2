using System.Diagnostics;
using System.Text;
using Atoll.Wasm;

namespace Atoll.Spec.Tests;

/// <summary>Programs of the sightglass benchmark: compiled, run, and their output compared byte for byte.</summary>
public sealed class SightglassTests
{
    /// <summary>Programs that use vectors. One that loads all the same has to leave this list.</summary>
    private static readonly string[] NeedVectors = ["intgemm-simd", "meshoptimizer", "splay"];

    /// <summary>The programs by the names of their folders.</summary>
    public static TheoryData<string> Programs()
    {
        TheoryData<string> programs = [];
        foreach (string name in Names)
        {
            programs.Add(name);
        }

        return programs;
    }

    private static readonly string[] Names =
    [
        "bz2", "intgemm-simd", "meshoptimizer", "quicksort", "regex", "rust-compression", "rust-html-rewriter", "shootout-base64", "shootout-ctype",
        "shootout-ed25519", "shootout-fib2", "shootout-heapsort", "shootout-matrix", "shootout-memmove", "shootout-minicsv", "shootout-nestedloop",
        "shootout-random", "shootout-ratelimit", "shootout-seqhash", "shootout-sieve", "shootout-switch", "shootout-xblabla20",
        "shootout-xchacha20", "splay", "tinygo-json",
    ];

    [Fact]
    public void All_programs_are_named()
    {
        string folder = Path.Combine(SpecData.Root(), "programs", "sightglass");
        Assert.Equal(Names, Directory.EnumerateDirectories(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Output_is_the_expected_one(string name)
    {
        string folder = Path.Combine(SpecData.Root(), "programs", "sightglass", name);
        string file = Assert.Single(Directory.GetFiles(folder, "*.wasm"));
        WasmEngine engine = new();
        if (NeedVectors.Contains(name))
        {
            Assert.ThrowsAny<WasmException>(() => engine.LoadModule(File.ReadAllBytes(file)));
            return;
        }

        Stopwatch watch = Stopwatch.StartNew();
        WasmModule module = engine.LoadModule(File.ReadAllBytes(file));
        using Store store = new(engine);
        MiniWasi wasi = new(folder);
        Linker linker = new(engine);
        wasi.Define(linker);
        linker.DefineFunction("bench", "start", () => { });
        linker.DefineFunction("bench", "end", () => { });
        int exitCode = 0;
        try
        {
            linker.Instantiate(store, module).GetFunction("_start")!.Invoke();
        }
        catch (GuestExitException exit)
        {
            exitCode = exit.ExitCode;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {watch.ElapsedMilliseconds} ms");
        Assert.Equal(0, exitCode);
        Compare(Path.ChangeExtension(file, ".stdout.expected"), wasi.Output);
        Compare(Path.ChangeExtension(file, ".stderr.expected"), wasi.Errors);
    }

    private static void Compare(string file, MemoryStream actual)
    {
        if (File.Exists(file))
        {
            Assert.Equal(File.ReadAllText(file), Encoding.UTF8.GetString(actual.ToArray()));
        }
    }
}
