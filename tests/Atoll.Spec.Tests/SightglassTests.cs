using System.Diagnostics;
using System.Text;
using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasm;

namespace Atoll.Spec.Tests;

/// <summary>Programs of the sightglass benchmark: compiled, run under the project's own WASI, and their output compared byte for byte. Its libsodium programs all use vectors.</summary>
public sealed class SightglassTests
{
    /// <summary>Programs that compute for a second or more.</summary>
    private static readonly string[] Slow =
        ["shootout-ed25519", "shootout-fib2", "shootout-heapsort", "shootout-minicsv", "shootout-seqhash", "shootout-sieve"];

    private static readonly string[] Names =
    [
        "bz2", "intgemm-simd", "meshoptimizer", "quicksort", "regex", "rust-compression", "rust-html-rewriter", "shootout-base64", "shootout-ctype",
        "shootout-ed25519", "shootout-fib2", "shootout-heapsort", "shootout-matrix", "shootout-memmove", "shootout-minicsv", "shootout-nestedloop",
        "shootout-random", "shootout-ratelimit", "shootout-seqhash", "shootout-sieve", "shootout-switch", "shootout-xblabla20",
        "shootout-xchacha20", "splay", "tinygo-json",
    ];

    /// <summary>Programs for every day.</summary>
    public static TheoryData<string> QuickPrograms() => [.. Names.Except(Slow)];

    /// <summary>The other programs.</summary>
    public static TheoryData<string> SlowPrograms() => [.. Slow];

    [Fact]
    public void All_programs_are_named()
    {
        string folder = Path.Combine(SpecData.Root(), "programs", "sightglass");
        Assert.Equal(Names, Directory.EnumerateDirectories(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(QuickPrograms))]
    public void Output_is_the_expected_one(string name) => Run(name);

    [Theory]
    [MemberData(nameof(SlowPrograms))]
    [Trait("Category", "Long")]
    public void Output_of_a_slow_program_is_the_expected_one(string name) => Run(name);

    private static void Run(string name)
    {
        string folder = Path.Combine(SpecData.Root(), "programs", "sightglass", name);
        string file = Assert.Single(Directory.GetFiles(folder, "*.wasm"));
        WasmEngine engine = new();
        Stopwatch watch = Stopwatch.StartNew();
        WasmModule module = engine.LoadModule(File.ReadAllBytes(file));
        Linker linker = new Linker(engine).AddWasiPreview1();
        linker.DefineFunction("bench", "start", () => { });
        linker.DefineFunction("bench", "end", () => { });
        using MemoryStream output = new();
        using MemoryStream errors = new();
        Grants grants = Grants.None.AllowDirectory(".", folder, FileAccessGrant.ReadOnly).AllowStdout(output).AllowStderr(errors)
            .AllowArguments(name).AllowClock().AllowRandom();
        int exitCode = WasiCommand.Run(linker, module, grants, new StoreOptions { CancellationToken = TestContext.Current.CancellationToken });
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {watch.ElapsedMilliseconds} ms");
        Assert.Equal(0, exitCode);
        Compare(Path.ChangeExtension(file, ".stdout.expected"), output);
        Compare(Path.ChangeExtension(file, ".stderr.expected"), errors);
    }

    private static void Compare(string file, MemoryStream actual)
    {
        if (File.Exists(file))
        {
            Assert.Equal(File.ReadAllText(file), Encoding.UTF8.GetString(actual.ToArray()));
        }
    }
}
