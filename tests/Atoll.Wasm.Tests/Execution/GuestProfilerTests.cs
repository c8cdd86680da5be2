using System.Text.Json;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Profiles of guests.</summary>
public sealed class GuestProfilerTests
{
    private const string Module = """
        (module $app
          (func $spin (param $n i32) (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
          (func $hot (call $spin (i32.const 3000000)))
          (func (call $spin (i32.const 10000)))
          (func $deep (param $n i32) (if (local.get $n) (then (call $deep (i32.sub (local.get $n) (i32.const 1)))) (else (call $spin (i32.const 3000000)))))
          (func (export "deep") (param i32) (call $deep (local.get 0)))
          (func (export "main") (param $n i32)
            (loop $l (call $hot) (call 2) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
          (func $last (call $spin (i32.const 30000000)))
          (func (export "jump") (call $last))
          (func (export "trap") (call $spin (i32.const 50000000)) unreachable))
        """;

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(0)]
    public void TheHotFunctionDominates(int eagerCodeBytes)
    {
        using GuestProfiler profiler = new();
        Instance instance = Make(profiler, eagerCodeBytes);
        Dictionary<string, long> folded = [];
        for (int i = 0; i < 200 && profiler.Samples < 30; i++)
        {
            instance.Call("main", 10);
        }

        using StringWriter text = new();
        profiler.WriteFolded(text);
        foreach (string line in text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int space = line.LastIndexOf(' ');
            folded[line[..space]] = long.Parse(line[(space + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        }

        long total = folded.Values.Sum();
        Assert.True(folded["func[5];hot;spin"] > total / 2, text.ToString());
        Assert.All(folded.Keys, stack => Assert.StartsWith("func[5]", stack, StringComparison.Ordinal));
        Assert.Equal(total, (long)profiler.Time.TotalMicroseconds);
    }

    [Fact]
    public void SpeedscopeGetsFramesSamplesAndWeights()
    {
        using GuestProfiler profiler = new();
        Instance instance = Make(profiler);
        for (int i = 0; i < 200 && profiler.Samples < 10; i++)
        {
            Assert.Throws<TrapException>(() => instance.Call("trap"));
        }

        using MemoryStream stream = new();
        profiler.WriteSpeedscope(stream, "app");
        using JsonDocument document = JsonDocument.Parse(stream.ToArray());
        JsonElement profile = document.RootElement.GetProperty("profiles")[0];
        string?[] frames = [.. document.RootElement.GetProperty("shared").GetProperty("frames").EnumerateArray().Select(f => f.GetProperty("name").GetString())];
        Assert.Contains("spin", frames);
        Assert.Equal("sampled", profile.GetProperty("type").GetString());
        Assert.Equal(profile.GetProperty("samples").GetArrayLength(), profile.GetProperty("weights").GetArrayLength());
        Assert.All(profile.GetProperty("samples").EnumerateArray().SelectMany(s => s.EnumerateArray()), frame => Assert.InRange(frame.GetInt32(), 0, frames.Length - 1));
        Assert.Equal(profile.GetProperty("endValue").GetInt64(), profile.GetProperty("weights").EnumerateArray().Sum(w => w.GetInt64()));
    }

    [Fact]
    public void CallsThatTheJitCompilerWouldInlineOrJumpToAreSeen()
    {
        using GuestProfiler profiler = new();
        Instance instance = Make(profiler);
        for (int i = 0; i < 200 && profiler.Samples < 10; i++)
        {
            instance.Call("jump");
        }

        using StringWriter text = new();
        profiler.WriteFolded(text);
        Assert.Contains("func[7];last;spin ", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ADeepStackIsCut()
    {
        using GuestProfiler profiler = new();
        Instance instance = Make(profiler);
        for (int i = 0; i < 200 && profiler.Samples < 10; i++)
        {
            instance.Call("deep", 2000);
        }

        using StringWriter text = new();
        profiler.WriteFolded(text);
        Assert.Contains(";deep;[…];deep;", text.ToString(), StringComparison.Ordinal);
        Assert.All(text.ToString().Split('\n'), line => Assert.InRange(line.Count(c => c == ';'), 0, 520));
    }

    [Fact]
    public void OnlyCodeThatLooksCanBeSampled()
    {
        using GuestProfiler profiler = new(TimeSpan.FromSeconds(1));
        Assert.Throws<ArgumentException>(() => new Store(Guest.Engine, new StoreOptions { Profiler = profiler }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GuestProfiler(TimeSpan.Zero));
    }

    private static Instance Make(GuestProfiler profiler, int eagerCodeBytes = 1 << 20) =>
        Guest.Run(Module, new WasmEngine(new WasmEngineOptions { Profiling = true, EagerCodeBytes = eagerCodeBytes }), new StoreOptions { Profiler = profiler });
}
