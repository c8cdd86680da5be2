using System.Reflection.PortableExecutable;
using System.Runtime;
using Atoll.Wasm.Text;

namespace Atoll.Wasm.Caching.Tests;

/// <summary>Machine code made by crossgen2, where it is at hand.</summary>
[Trait("Category", "Long")]
public sealed class AheadOfTimeTests : IDisposable
{
    private readonly CacheFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(0)]
    public async Task MachineCodeIsAddedAndRuns(int eagerCodeBytes)
    {
        AheadOfTimeCompiler? compiler = AheadOfTimeCompiler.Find();
        Assert.SkipWhen(compiler is null, "crossgen2 is not among the packages");
        WasmEngineOptions options = new() { CodeLifetime = CodeLifetime.Pinned, EagerCodeBytes = eagerCodeBytes };
        byte[] module = WatText.ToBinary(CacheFolder.Adder).ToArray();
        ModuleCode code = new WasmEngine(options).CompileForCache(module);
        IReadOnlyList<ReadOnlyMemory<byte>> images = await compiler!.CompileAsync(code, null, TestContext.Current.CancellationToken);
        Assert.Equal(code.Images.Length, images.Count);
        Assert.All(images, image => Assert.True(HasMachineCode(image), "an image has no machine code"));
        _folder.Open().Store(code.Key, images, "adder", compiler.Version);
        RunCounted(options with { CodeCache = _folder.Open() }, module);
        RunCounted(options, module);
        long with = RunCounted(options with { CodeCache = _folder.Open() }, module), without = RunCounted(options, module);
        Assert.True(with + 4 <= without, $"the JIT compiler compiled {with} methods with machine code from the cache, {without} without");

        // Where code can be unloaded the runtime ignores machine code; what is there is right all the same.
        WasmEngineOptions unloadable = options with { CodeLifetime = CodeLifetime.Unloadable };
        ModuleCode other = new WasmEngine(unloadable).CompileForCache(module);
        _folder.Open().Store(other.Key, await compiler.CompileAsync(other, null, TestContext.Current.CancellationToken), "adder", compiler.Version);
        Assert.True(RunCounted(unloadable with { CodeCache = _folder.Open() }, module) > with);
        Spy spy = new(_folder.Open());
        WasmEngine engine = new(options with { CodeCache = spy });
        using Store store = new(engine);
        Instance instance = new Linker(engine).Instantiate(store, engine.LoadModule(module));
        Assert.Equal(5050 + 5, instance.GetFunction("run")!.Invoke(Value.I32(100))[0].AsI32());
        Assert.Equal(1, spy.Found);
    }

    [Fact]
    public async Task AFailureSaysWhatTheCompilerSaid()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a program that always fails");
        AheadOfTimeCompiler compiler = AheadOfTimeCompiler.Find("/bin/false")!;
        ModuleCode code = new WasmEngine().CompileForCache(WatText.ToBinary(CacheFolder.Adder));
        Assert.Contains("code 1", (await Assert.ThrowsAsync<InvalidOperationException>(() => compiler.CompileAsync(code))).Message);
        Assert.Null(AheadOfTimeCompiler.Find("/no/such/program"));
        Assert.Null(AheadOfTimeCompiler.Find(packages: "/no/such/folder"));
    }

    /// <summary>Loads and runs a module, and says how many methods the JIT compiler had to compile for that.</summary>
    private static long RunCounted(WasmEngineOptions options, byte[] module)
    {
        long before = JitInfo.GetCompiledMethodCount(currentThread: true);
        WasmEngine engine = new(options);
        using Store store = new(engine);
        new Linker(engine).Instantiate(store, engine.LoadModule(module)).GetFunction("run")!.Invoke(Value.I32(100));
        return JitInfo.GetCompiledMethodCount(currentThread: true) - before;
    }

    private static bool HasMachineCode(ReadOnlyMemory<byte> image)
    {
        using PEReader reader = new(new MemoryStream(image.ToArray()));
        return reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }
}
