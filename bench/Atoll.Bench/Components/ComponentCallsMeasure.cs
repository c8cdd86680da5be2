using System.Buffers;
using System.Runtime.CompilerServices;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Bench;

/// <summary>What calls of components cost, in either direction and from one to another.</summary>
internal static class ComponentCallsMeasure
{
    /// <summary>A component within a component calls its neighbour's <c>echo</c> with a string of 20 bytes.</summary>
    private const string Pair = """
        (component
          (component $echo
            (core module $m
              (memory (export "memory") 1)
              (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
              (func (export "echo") (param i32 i32) (result i32)
                (i32.store (i32.const 16) (local.get 0))
                (i32.store (i32.const 20) (local.get 1))
                (i32.const 16)))
            (core instance $i (instantiate $m))
            (func (export "echo") (param "s" string) (result string)
              (canon lift (core func $i "echo") (memory $i "memory") (realloc (func $i "realloc")))))
          (component $caller
            (import "echo" (func $echo (param "s" string) (result string)))
            (core module $memory
              (memory (export "memory") 1)
              (data (i32.const 64) "twenty bytes of text")
              (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
            (core instance $m (instantiate $memory))
            (core func $lowered (canon lower (func $echo) (memory $m "memory") (realloc (func $m "realloc"))))
            (core module $loop
              (import "" "echo" (func $echo (param i32 i32 i32)))
              (func (export "loop") (param $n i32)
                (loop $l
                  (call $echo (i32.const 64) (i32.const 20) (i32.const 16))
                  (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                  (br_if $l (local.get $n)))))
            (core instance $i (instantiate $loop (with "" (instance (export "echo" (func $lowered))))))
            (func (export "loop") (param "n" u32) (canon lift (core func $i "loop"))))
          (instance $e (instantiate $echo))
          (instance $c (instantiate $caller (with "echo" (func $e "echo"))))
          (export "loop" (func $c "loop")))
        """;

    public static IEnumerable<Measurement> Run(int runs)
    {
        WasmEngine engine = new();
        using Store store = new(engine);
        ComponentInstance pure = new ComponentLinker().Instantiate(store, Component.Load(engine, ComponentGuests.Read("c-pure.component.wasm")));
        using Store hostedStore = new(engine);
        ComponentInstance hosted = ComponentGuests.Hosted().Instantiate(hostedStore, Component.Load(engine, ComponentGuests.Read("c-hosted.component.wasm")));
        using Store pairStore = new(engine);
        ComponentInstance pair = new ComponentLinker().Instantiate(pairStore, Component.Load(engine, ComponentGuests.Assemble(Pair)));
        using Store mirrorStore = new(engine);
        ComponentInstance mirror = new ComponentLinker().Instantiate(mirrorStore, Component.Load(engine, ComponentGuests.MirrorBytes));
        using ComponentPeer peer = new();
        string shortText = new('a', 100), longText = new('a', 10_000);
        byte[] bytes = new byte[10_000];
        Func<string, string> echo = Typed<Func<string, string>>(pure, "echo");
        Func<byte[], byte[]> reverse = Typed<Func<byte[], byte[]>>(pure, "bytes");
        Func<byte[], byte[]> reflect = mirror.GetFunction("bytes")!.ToDelegate<Func<byte[], byte[]>>();
        var textInto = mirror.GetFunction("text")!.ToDelegate<Action<ReadOnlySpan<byte>, IBufferWriter<byte>>>();
        var listInto = mirror.GetFunction("bytes")!.ToDelegate<Action<ReadOnlySpan<byte>, IBufferWriter<byte>>>();
        ArrayBufferWriter<byte> buffer = new(2 * bytes.Length);
        Func<uint, Point[]> points = Typed<Func<uint, Point[]>>(pure, "points");
        Func<uint, uint> loop = hosted.GetFunction("demo:guest/driver@0.1.0#loop-add")!.ToDelegate<Func<uint, uint>>();
        Action<uint> pairLoop = pair.GetFunction("loop")!.ToDelegate<Action<uint>>();
        Func<uint, uint, uint> add = Typed<Func<uint, uint, uint>>(pure, "add");
        ComponentFunction untyped = pure.GetFunction(ComponentGuests.Api + "add")!;
        yield return Line("add_ns", "add(u32, u32), host → component", "≤ 15 ns", "ns", runs, 2_000_000, n => Add(add, n), peer.Of("add"));
        yield return Line("hostadd_ns", "add(u32, u32), component → host", "≤ 10 ns", "ns", runs, 2_000_000, n => loop((uint)n), peer.Of("loop-add"));
        yield return Line("echo100_ns", "echo(string) of 100 bytes", "≤ 200 ns", "ns", runs, 200_000, n => Text(echo, shortText, n), peer.Of("echo100"));
        yield return Line("echo10k_us", "echo(string) of 10 KB, a new string each time", "≤ 2 µs", "µs", runs, 20_000, n => Text(echo, longText, n), peer.Of("echo10k"));
        yield return Line("bytes10k_us", "list<u8> of 10 KB handed back, a new array each time", "≤ 1 µs", "µs", runs, 20_000, n => Bytes(reflect, bytes, n), peer.Of("mirror10k"));
        yield return Line(null, "list<u8> of 10 KB, each byte inverted by the guest", "", "µs", runs, 20_000, n => Bytes(reverse, bytes, n), peer.Of("bytes10k"));
        yield return Line("text10k_us", "string of 10 KB handed back, UTF-8 into a buffer", "≤ 2 µs", "µs", runs, 20_000, n => Into(textInto, bytes, buffer, n), null);
        yield return Line("buffer10k_us", "list<u8> of 10 KB handed back, into a buffer", "≤ 1 µs", "µs", runs, 20_000, n => Into(listInto, bytes, buffer, n), null);
        yield return Line("records_us", "ten records with a string each", "≤ 1.5 µs", "µs", runs, 50_000, n => Records(points, n), peer.Of("points10"));
        yield return Line("c2c_ns", "echo(string) of 20 bytes, component → component", "≤ 150 ns", "ns", runs, 500_000, n => pairLoop((uint)n), null);
        yield return Line(null, "add(u32, u32), values of any type", "", "ns", runs, 200_000, n => Untyped(untyped, n), null);
    }

    private static TDelegate Typed<TDelegate>(ComponentInstance instance, string name)
        where TDelegate : Delegate => instance.GetFunction(ComponentGuests.Api + name)!.ToDelegate<TDelegate>();

    private static Measurement Line(string? key, string what, string goal, string unit, int runs, int calls, Action<int> ours, Func<int, double>? peer)
    {
        Samples mine = new();
        Samples theirs = new();
        double scale = (unit == "ns" ? 1e6 : 1e3) / calls;

        // The runtime compiles the host's own functions anew, optimised, some time after they have been called often.
        for (long end = Environment.TickCount64 + 400; Environment.TickCount64 < end;)
        {
            ours(calls / 10);
        }

        for (int i = 0; i < runs + KernelBench.WarmUps; i++)
        {
            double before = NodePeer.OurCpuMilliseconds;
            ours(calls);
            double time = NodePeer.OurCpuMilliseconds - before;
            double other = peer?.Invoke(calls) ?? 0;
            if (i >= KernelBench.WarmUps)
            {
                mine.Add(time * scale);
                theirs.Add(other * scale);
            }
        }

        return Measurement.Absolute(key, what, unit, mine, goal, peer is null ? null : theirs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Add(Func<uint, uint, uint> add, int count)
    {
        for (uint i = 0; i < (uint)count; i++)
        {
            add(i, 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Text(Func<string, string> echo, string text, int count)
    {
        for (int i = 0; i < count; i++)
        {
            echo(text);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Bytes(Func<byte[], byte[]> reverse, byte[] bytes, int count)
    {
        for (int i = 0; i < count; i++)
        {
            reverse(bytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Into(Action<ReadOnlySpan<byte>, IBufferWriter<byte>> call, byte[] bytes, ArrayBufferWriter<byte> buffer, int count)
    {
        for (int i = 0; i < count; i++)
        {
            buffer.ResetWrittenCount();
            call(bytes, buffer);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Records(Func<uint, Point[]> points, int count)
    {
        for (int i = 0; i < count; i++)
        {
            points(10);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Untyped(ComponentFunction add, int count)
    {
        for (int i = 0; i < count; i++)
        {
            add.Invoke(ComponentValue.U32((uint)i), ComponentValue.U32(1));
        }
    }
}
