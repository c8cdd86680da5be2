using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using Atoll.Wasm.Text;

namespace Atoll.Wasm.Caching.Tests;

/// <summary>What is stored is found, runs, and cannot be anything else.</summary>
public sealed class DiskCodeCacheTests : IDisposable
{
    private static readonly byte[] Module = WatText.ToBinary(CacheFolder.Adder).ToArray();

    private readonly CacheFolder _folder = new();

    public static TheoryData<string> Kinds() => ["small", "large", "unloadable", "fuel"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void CodeThatIsKeptRuns(string kind)
    {
        WasmEngineOptions options = OptionsOf(kind);
        Keep(_folder.Open(), options);
        Spy spy = new(_folder.Open());
        Assert.Equal(5050 + 5, Run(options with { CodeCache = spy }));
        Assert.Equal((1, 1), (spy.Asked, spy.Found));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TrapsOfKeptCodeNameTheFunction(string kind)
    {
        WasmEngineOptions options = OptionsOf(kind);
        Keep(_folder.Open(), options);
        Instance instance = Instantiate(options with { CodeCache = _folder.Open() });
        TrapException trap = Assert.Throws<TrapException>(() => instance.GetFunction("divide")!.Invoke(Value.I32(0)));
        Assert.Equal(TrapKind.IntegerDivideByZero, trap.Kind);
        Assert.Equal([2], trap.GuestStack.Select(frame => frame.FunctionIndex));
    }

    [Fact]
    public void FramesAreKnownWhenTheModuleIsGone()
    {
        WasmEngineOptions options = OptionsOf("small");
        Keep(_folder.Open(), options);
        TrapException trap = TrapOf(options with { CodeCache = _folder.Open() });
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal([2], trap.GuestStack.Select(frame => frame.FunctionIndex));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static TrapException TrapOf(WasmEngineOptions options) => Assert.Throws<TrapException>(() => Instantiate(options).GetFunction("divide")!.Invoke(Value.I32(0)));
    }

    [Fact]
    public void LoadingStoresNothing()
    {
        DiskCodeCache cache = _folder.Open();
        Run(OptionsOf("small") with { CodeCache = cache });
        Assert.Empty(cache.List());
    }

    [Fact]
    public void AnEntryHoldsForOneSetOfOptions()
    {
        HashSet<string> keys = [];
        foreach (WasmEngineOptions options in new WasmEngineOptions[]
        {
            new(), new() { ConsumeFuel = true }, new() { Interruptible = false }, new() { Features = WasmFeatures.All }, new() { CodeLifetime = CodeLifetime.Pinned },
            new() { EagerCodeBytes = 0 }, new() { Limits = new ModuleLimits { MaxLocals = 10 } },
        })
        {
            Assert.True(keys.Add(new WasmEngine(options).CompileForCache(Module).Key), options.ToString());
        }

        Assert.Contains(new WasmEngine(new WasmEngineOptions { CodeCache = _folder.Open() }).CompileForCache(Module).Key, keys);
        byte[] other = [.. Module, 0, 2, 1, (byte)'x'];
        Assert.True(keys.Add(new WasmEngine().CompileForCache(other).Key));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WhatWasChangedIsRefusedAndRemoved(string kind)
    {
        WasmEngineOptions options = OptionsOf(kind);
        CacheEntry entry = Keep(_folder.Open(), options);
        string file = _folder.FileOf(entry.Key);
        byte[] whole = File.ReadAllBytes(file);
        for (int i = 0; i < whole.Length; i += Math.Max(1, whole.Length / 40))
        {
            byte[] changed = [.. whole];
            changed[i] ^= 1;
            File.WriteAllBytes(file, changed);
            Assert.Equal(5050 + 5, Run(options with { CodeCache = _folder.Open() }));
            Assert.False(File.Exists(file), $"a file whose byte {i} was changed is still there");
            File.WriteAllBytes(file, whole[..i]);
            Assert.Equal(5050 + 5, Run(options with { CodeCache = _folder.Open() }));
            Assert.False(File.Exists(file), $"a file of {i} bytes is still there");
        }

        Keep(_folder.Open(), options);
        Spy spy = new(_folder.Open());
        Run(options with { CodeCache = spy });
        Assert.Equal(1, spy.Found);
    }

    [Fact]
    public void AnEntryUnderAnotherNameIsIgnored()
    {
        CacheEntry entry = Keep(_folder.Open(), OptionsOf("small"));
        string other = new('a', 64);
        File.Move(_folder.FileOf(entry.Key), _folder.FileOf(other));
        Assert.Null(_folder.Open().Find(other));
        Assert.False(File.Exists(_folder.FileOf(other)));
        Assert.Empty(_folder.Open().List());
    }

    [Fact]
    public void AnEntryOfAnotherFolderIsIgnored()
    {
        using CacheFolder other = new();
        CacheEntry entry = Keep(other.Open(), OptionsOf("small"));
        DiskCodeCache cache = _folder.Open();
        File.Copy(other.FileOf(entry.Key), _folder.FileOf(entry.Key));
        Assert.Null(cache.Find(entry.Key));
        Assert.False(File.Exists(_folder.FileOf(entry.Key)));
    }

    [Fact]
    public void AFolderIsWorthNothingWithoutItsKey()
    {
        CacheEntry entry = Keep(_folder.Open(), OptionsOf("small"));
        Assert.NotNull(_folder.Open().Find(entry.Key));
        File.WriteAllBytes(Path.Combine(_folder.KeyPath, "secret"), new byte[32]);
        Assert.Null(_folder.Open().Find(entry.Key));

        // One that was cut short is made anew.
        File.WriteAllBytes(Path.Combine(_folder.KeyPath, "secret"), new byte[5]);
        entry = Keep(_folder.Open(), OptionsOf("small"));
        Assert.NotNull(_folder.Open().Find(entry.Key));
    }

    [Fact]
    public void WhatOtherBuildsLeftGoesAfterADayWithoutUse()
    {
        DiskCodeCache cache = _folder.Open();
        string used = new('a', 64), unused = new('b', 64), own = ModuleCode.CurrentBuild + new string('c', 48);
        string abandoned = Path.Combine(_folder.Path, "x.tmp"), written = Path.Combine(_folder.Path, "y.tmp");
        foreach (string key in new[] { used, unused, own })
        {
            cache.Store(key, [new byte[10]], key, null);
        }

        File.WriteAllBytes(abandoned, [1]);
        File.WriteAllBytes(written, [1]);
        foreach (string file in new[] { _folder.FileOf(unused), _folder.FileOf(own), abandoned })
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-2));
        }

        File.WriteAllBytes(_folder.FileOf(new string('f', 64)), [1, 2, 3]);
        CacheEntry entry = Keep(cache, OptionsOf("small"));
        Assert.Equal([entry.Key, used, own], cache.List().Select(e => e.Key));
        Assert.Equal([true, false, true], cache.List().Select(e => e.IsCurrent));
        Assert.Equal((false, true), (File.Exists(abandoned), File.Exists(written)));
        Assert.Equal(4, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void AFolderThatOthersCanUseIsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the profile's folder is the user's alone there");
        const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        _folder.Open();
        string secret = Path.Combine(_folder.KeyPath, "secret");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(secret));
        foreach (string folder in new[] { _folder.Path, _folder.KeyPath })
        {
            Assert.Equal(Mine, File.GetUnixFileMode(folder));
            File.SetUnixFileMode(folder, Mine | UnixFileMode.OtherExecute);
            Assert.Contains($"chmod 700 {folder}", Assert.Throws<UnauthorizedAccessException>(() => _folder.Open()).Message);
            File.SetUnixFileMode(folder, Mine);
        }

        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", Assert.Throws<UnauthorizedAccessException>(() => _folder.Open()).Message);
    }

    [Fact]
    public void ALinkInPlaceOfTheFolderIsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        using CacheFolder other = new();
        other.Open();
        Directory.CreateSymbolicLink(_folder.Path, other.Path);
        Assert.Contains("link", Assert.Throws<UnauthorizedAccessException>(() => _folder.Open()).Message);
    }

    [Fact]
    public void WhatWasNotUsedForLongestGoesFirst()
    {
        DiskCodeCache cache = _folder.Open();
        byte[] image = new byte[1000];
        string[] keys = [.. "abcd".Select(digit => ModuleCode.CurrentBuild + new string(digit, 48))];
        for (int i = 0; i < 3; i++)
        {
            cache.Store(keys[i], [image], $"{i}", null);
            File.SetLastWriteTimeUtc(_folder.FileOf(keys[i]), DateTime.UtcNow.AddMinutes(i - 10));
        }

        Assert.NotNull(cache.Find(keys[0]));
        long size = new FileInfo(_folder.FileOf(keys[0])).Length;
        _folder.Open(maxBytes: (size * 3) + 100).Store(keys[3], [image], "3", "tool 1");
        Assert.Equal([keys[3], keys[0], keys[2]], cache.List().Select(entry => entry.Key));
        Assert.Equal(("3", "tool 1"), (cache.List()[0].Name, cache.List()[0].Tool));
        (int files, long bytes) = cache.Clear();
        Assert.Equal((3, true), (files, bytes >= 3000));
        Assert.Empty(cache.List());
    }

    [Fact]
    public void AnEntryThatIsOpenOutlivesItsFile()
    {
        DiskCodeCache cache = _folder.Open();
        string key = new('e', 64);
        cache.Store(key, [new byte[] { 1, 2 }, new byte[] { 3 }], "x", null);
        ICachedCode code = cache.Find(key)!;
        cache.Clear();
        Assert.Null(cache.Find(key));
        Assert.Equal(2, code.ImageCount);
        Assert.Equal([3], code.Read(1)!);
    }

    private static WasmEngineOptions OptionsOf(string kind) => kind switch
    {
        "small" => new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned },
        "large" => new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned, EagerCodeBytes = 0 },
        "fuel" => new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned, ConsumeFuel = true },
        _ => new WasmEngineOptions(),
    };

    private static CacheEntry Keep(DiskCodeCache cache, WasmEngineOptions options)
    {
        ModuleCode code = new WasmEngine(options).CompileForCache(Module);
        return cache.Store(code.Key, code.Images, "adder", tool: null);
    }

    private static Instance Instantiate(WasmEngineOptions options)
    {
        WasmEngine engine = new(options);
        return new Linker(engine).Instantiate(new Store(engine), engine.LoadModule(Module));
    }

    private static int Run(WasmEngineOptions options) => Instantiate(options).GetFunction("run")!.Invoke(Value.I32(100))[0].AsI32();
}
