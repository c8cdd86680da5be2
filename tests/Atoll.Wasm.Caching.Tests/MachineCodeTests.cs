using Atoll.Wasm.Text;

namespace Atoll.Wasm.Caching.Tests;

/// <summary>Machine code that crossgen2 made computes what the JIT compiler's code computes, and stops where that stops.</summary>
[Trait("Category", "Long")]
public sealed class MachineCodeTests : IDisposable
{
    private const string Numbers = """
        (module
          (memory 1)
          (table funcref (elem $spin $deep))
          (func (export "run") (param $n i32) (result i64) (local $v v128) (local $w v128) (local $f f32) (local $d f64) (local $h i64)
            (local.set $v (v128.const i32x4 1 0x7fc00001 0x80000000 0xff7fffff))
            (local.set $w (v128.const f32x4 1.5 -nan:0x200001 -0 inf))
            (local.set $d (f64.const -1e300))
            (loop $again
              (local.set $v (i8x16.swizzle (i32x4.add (local.get $v) (i32x4.splat (local.get $n))) (v128.const i8x16 3 0 1 2 7 4 5 6 11 8 9 10 15 12 13 16)))
              (local.set $w (f32x4.min (f32x4.mul (local.get $w) (f32x4.splat (f32.const 1.0001))) (f32x4.max (local.get $w) (f32x4.convert_i32x4_s (local.get $v)))))
              (local.set $f (f32.nearest (f32.add (local.get $f) (f32.demote_f64 (local.get $d)))))
              (local.set $d (f64.copysign (f64.sqrt (f64.abs (local.get $d))) (f64.convert_i32_u (local.get $n))))
              (local.set $h (i64.xor (i64.rotl (local.get $h) (i64.const 7)) (i64x2.extract_lane 1 (i32x4.trunc_sat_f32x4_s (local.get $w)))))
              (local.set $h (i64.add (local.get $h) (i64.rem_s (i64.extend_i32_s (i32.popcnt (local.get $n))) (i64.or (i64.trunc_sat_f64_s (local.get $d)) (i64.const 1)))))
              (local.set $h (i64.xor (local.get $h) (i64x2.extract_lane 0 (i16x8.q15mulr_sat_s (local.get $v) (i16x8.narrow_i32x4_s (local.get $v) (local.get $w))))))
              (local.set $h (i64.add (local.get $h) (i64.extend_i32_u (i32.reinterpret_f32 (local.get $f)))))
              (i64.store offset=8 (i32.and (local.get $n) (i32.const 0xfff)) (local.get $h))
              (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (local.get $h))
          (func $spin (export "spin") (loop (br 0)))
          (func $deep (export "deep") (call $deep))
          (func (export "divide") (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))
          (func (export "far") (drop (i32.load (i32.const 65533))))
          (func (export "null") (call_indirect (i32.const 5)))
          (func (export "wrong") (drop (call_indirect (result i32) (i32.const 0)))))
        """;

    private readonly CacheFolder _folder = new();

    public static TheoryData<string> Kernels() => [.. Directory.GetFiles(KernelFolder(), "*.wasm").Select(file => Path.GetFileNameWithoutExtension(file))];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kernels))]
    public async Task KernelsGiveTheSame(string name)
    {
        byte[] module = File.ReadAllBytes(Path.Combine(KernelFolder(), name + ".wasm"));
        (Instance ready, Instance other) = await BothAsync(module, new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned });
        foreach (int n in new[] { 1, 2, 9 })
        {
            Assert.Equal(other.GetFunction("run")!.Invoke(Value.I32(n))[0], ready.GetFunction("run")!.Invoke(Value.I32(n))[0]);
        }
    }

    [Theory]
    [InlineData(1 << 20, false)]
    [InlineData(1 << 20, true)]
    [InlineData(0, false)]
    public async Task NumbersAndTrapsAreTheSame(int eagerCodeBytes, bool fuel)
    {
        WasmEngineOptions options = new() { CodeLifetime = CodeLifetime.Pinned, EagerCodeBytes = eagerCodeBytes, ConsumeFuel = fuel };
        (Instance ready, Instance other) = await BothAsync(WatText.ToBinary(Numbers).ToArray(), options);
        foreach (int n in new[] { 1, 100, 5000 })
        {
            Assert.Equal(other.GetFunction("run")!.Invoke(Value.I32(n))[0].AsI64(), ready.GetFunction("run")!.Invoke(Value.I32(n))[0].AsI64());
        }

        foreach ((string name, TrapKind kind) in new[]
        {
            ("divide", TrapKind.IntegerOverflow), ("far", TrapKind.MemoryOutOfBounds), ("null", TrapKind.UndefinedElement), ("wrong", TrapKind.IndirectCallTypeMismatch),
            ("deep", TrapKind.StackExhausted),
        })
        {
            Assert.Equal(kind, Assert.Throws<TrapException>(() => ready.GetFunction(name)!.Invoke()).Kind);
        }

        LimitExceededException stopped = Assert.Throws<LimitExceededException>(() => ready.GetFunction("spin")!.Invoke());
        Assert.Equal(fuel ? LimitKind.Fuel : LimitKind.Time, stopped.Limit);
    }

    /// <summary>An instance with machine code from the cache, and one without.</summary>
    private async Task<(Instance Ready, Instance Other)> BothAsync(byte[] module, WasmEngineOptions options)
    {
        AheadOfTimeCompiler? compiler = AheadOfTimeCompiler.Find();
        Assert.SkipWhen(compiler is null, "crossgen2 is not among the packages");
        ModuleCode code = new WasmEngine(options).CompileForCache(module);
        _folder.Open().Store(code.Key, await compiler!.CompileAsync(code, null, TestContext.Current.CancellationToken), "module", compiler.Version);
        Spy spy = new(_folder.Open());
        Instance ready = Instantiate(options with { CodeCache = spy }, module);
        Assert.Equal(1, spy.Found);
        return (ready, Instantiate(options, module));
    }

    private static Instance Instantiate(WasmEngineOptions options, byte[] module)
    {
        WasmEngine engine = new(options);
        StoreOptions limits = new() { Timeout = options.ConsumeFuel ? null : TimeSpan.FromSeconds(2), Fuel = options.ConsumeFuel ? 50_000_000 : null };
        return new Linker(engine).Instantiate(new Store(engine, limits), engine.LoadModule(module));
    }

    private static string KernelFolder()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Atoll.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests are not inside of the repository");
        }

        return Path.Combine(folder, "bench", "kernels", "bin");
    }
}
