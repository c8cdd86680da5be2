using System.Diagnostics;
using System.Globalization;
using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Bench;

/// <summary>How long after its limit a guest that never ends comes back, while every thread of the pool is busy.</summary>
internal static class LimitsBench
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(50);

    private sealed record Case(string Name, Func<TimeSpan> Overrun);

    public static Task<int> RunAsync(string[] arguments)
    {
        int runs = KernelBench.Option(arguments, "--runs", 10);
        using CancellationTokenSource done = new();
        int busy = Environment.ProcessorCount * 4;
        for (int i = 0; i < busy; i++)
        {
            ThreadPool.QueueUserWorkItem(_ => done.Token.WaitHandle.WaitOne());
        }

        Console.WriteLine($"time from the limit ({Limit.TotalMilliseconds:0} ms, or the stack's end) to the call's return; {busy} jobs block the pool; {runs} runs each");
        Samples all = new();
        foreach (Case guest in Cases())
        {
            guest.Overrun();
            Samples samples = new();
            for (int i = 0; i < runs; i++)
            {
                double milliseconds = guest.Overrun().TotalMilliseconds;
                samples.Add(milliseconds);
                all.Add(milliseconds);
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {guest.Name,-46} median {samples.Median,7:0.00} ms   worst {samples.Percentile(1),7:0.00} ms"));
        }

        done.Cancel();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"limits: stop_p50_ms={all.Median:0.00} stop_worst_ms={all.Percentile(1):0.00}"));
        return Task.FromResult(0);
    }

    private static IEnumerable<Case> Cases()
    {
        yield return Timed("endless loop", "(func (export \"f\") (loop (br 0)))");
        yield return Timed("endless loop of calls", "(func $leaf) (func (export \"f\") (loop (call $leaf) (br 0)))");
        yield return Timed("filling 1 GiB again and again", "(memory 16384) (func (export \"f\") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x40000000)) (br 0)))");
        yield return Timed("copying 512 MiB again and again", "(memory 16384) (func (export \"f\") (loop (memory.copy (i32.const 0) (i32.const 0x20000000) (i32.const 0x20000000)) (br 0)))");
        yield return Timed("growing memory", "(memory 1) (func (export \"f\") (loop (drop (memory.grow (i32.const 1))) (br 0)))");
        yield return Timed("filling a table of a million elements", "(table 1000000 funcref) (func (export \"f\") (loop (table.fill (i32.const 0) (ref.null func) (i32.const 1000000)) (br 0)))");
        yield return Timed("recursion that comes back", "(func $f (export \"f\") (param i32) (loop (if (i32.lt_u (local.get 0) (i32.const 1000)) (then (call $f (i32.add (local.get 0) (i32.const 1))))) (br 0)))", Value.I32(0));
        yield return new Case("cancelled from another thread", Cancelled);
        yield return new Case("endless recursion, to the trap", () => Recursion("(func $f (export \"f\") (result i32) (i32.add (call $f) (i32.const 1)))"));
        yield return new Case("recursion through the host, to the trap", () => Recursion("(import \"host\" \"again\" (func $again)) (func (export \"f\") (call $again))"));
        yield return new Case("recursion with 50,000 locals, to the trap", () => Recursion($"(func $f (export \"f\") (local {string.Join(' ', Enumerable.Repeat("i64", 50_000))}) (call $f))"));
        yield return new Case("writing to output that nobody takes", Flood);
        yield return new Case("sleeping for an hour", () => Program("sleep", Stream.Null));
    }

    private static Case Timed(string name, string fields, params Value[] arguments)
    {
        WasmEngine engine = new();
        WasmModule module = engine.LoadModule(WatText.ToBinary($"(module {fields})"));
        return new Case(name, () =>
        {
            using Store store = new(engine);
            Function function = new Linker(engine).Instantiate(store, module).GetFunction("f")!;
            store.SetDeadline(Limit);
            return Overrun<LimitExceededException>(() => function.Invoke(arguments)) - Limit;
        });
    }

    private static TimeSpan Cancelled()
    {
        WasmEngine engine = new();
        using CancellationTokenSource source = new();
        using Store store = new(engine, new StoreOptions { CancellationToken = source.Token });
        Function function = new Linker(engine).Instantiate(store, engine.LoadModule(WatText.ToBinary("(module (func (export \"f\") (loop (br 0))))"))).GetFunction("f")!;
        long cancelled = 0;
        Thread canceller = new(() =>
        {
            Thread.Sleep(Limit);
            cancelled = Stopwatch.GetTimestamp();
            source.Cancel();
        });
        canceller.Start();
        Overrun<OperationCanceledException>(() => function.Invoke());
        TimeSpan late = Stopwatch.GetElapsedTime(cancelled);
        canceller.Join();
        return late;
    }

    private static TimeSpan Recursion(string fields)
    {
        WasmEngine engine = new();
        using Store store = new(engine);
        Function? again = null;
        Linker linker = new Linker(engine).DefineFunction("host", "again", new FunctionType([], []), (_, _, _) => again!.Invoke());
        Function function = linker.Instantiate(store, engine.LoadModule(WatText.ToBinary($"(module {fields})"))).GetFunction("f")!;
        again = function;
        return Overrun<TrapException>(() => function.Invoke());
    }

    private static TimeSpan Flood()
    {
        using Stuck stuck = new();
        return Program("flood", stuck);
    }

    private static TimeSpan Program(string name, Stream output)
    {
        WasmEngine engine = new();
        Linker linker = new Linker(engine).AddWasiPreview1();
        WasmModule module = engine.LoadModule(File.ReadAllBytes(Path.Combine(Repository.Root, "guests", "hostile", "bin", name + ".wasm")));
        Grants grants = Grants.None.AllowStdout(output).AllowClock();
        return Overrun<LimitExceededException>(() => WasiCommand.Run(linker, module, grants, new StoreOptions { Timeout = Limit })) - Limit;
    }

    private static TimeSpan Overrun<TException>(Action call)
        where TException : Exception
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            call();
        }
        catch (TException)
        {
            return Stopwatch.GetElapsedTime(began);
        }

        throw new InvalidOperationException("the guest ended by itself");
    }

    /// <summary>A pipe whose reader does not read.</summary>
    private sealed class Stuck : Stream
    {
        private readonly ManualResetEventSlim _closed = new();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => _closed.Wait();

        protected override void Dispose(bool disposing)
        {
            _closed.Set();
            base.Dispose(disposing);
        }
    }
}
