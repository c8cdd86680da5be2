using System.Diagnostics;
using System.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Guests that want to take the host down, or never to end.</summary>
public class LimitTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const string Loops = """
        (module (memory (export "memory") 1 1000)
          (func (export "loop") (loop (br 0)))
          (func (export "recurse") (result i32) (call 1) (i32.const 1) (i32.add))
          (func (export "fill") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 60000)) (br 0)))
          (func (export "grow") (loop (drop (memory.grow (i32.const 1))) (br 0)))
          (func (export "ok") (result i32) (i32.const 42)))
        """;

    // Loops that go round by each kind of branch, and by calls of functions that look (and do not look) at their stack limit.
    [Theory]
    [InlineData("(loop (br 0))")]
    [InlineData("(loop (br_if 0 (i32.const 1)))")]
    [InlineData("(local $i i32) (loop (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if 0 (i32.ne (local.get $i) (i32.const 0))) (local.set $i (i32.const 1)) (br 0))")]
    [InlineData("(local $i i32) (loop $o (local.set $i (i32.const 0)) (loop (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (br $o))")]
    [InlineData("(local $i i32) (loop $o (local.set $i (i32.const 0)) (loop (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (br_if $o (local.get $i)))")]
    [InlineData("(local $i i32) (loop (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 2))) (i32.const 9))))")]
    [InlineData("(local $i i32) (loop (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (global.get $never))) (i32.const 9))))")]
    [InlineData("(local $i i32) (loop (br_if 0 (i32.le_u (local.tee $i (i32.add (local.get $i) (i32.const 2))) (i32.const -1))))")]
    [InlineData("(local $i i32) (loop (block (br_if 0 (i32.const 1)) (local.set $i (i32.add (local.get $i) (i32.const 1)))) (br_if 0 (i32.ne (local.get $i) (i32.const 9))))")]
    [InlineData("(local $i i32) (loop $o (loop (local.set $i (i32.const 0)) (br_if 0 (global.get $never))) (br_if $o (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9))))")]
    [InlineData("(loop (br_table 0 0 0 (i32.const 1)))")]
    [InlineData("(loop (block (br_table 1 0 1 (i32.const 0))))")]
    [InlineData("(loop (call $leaf) (br 0))")]
    [InlineData("(loop (call $calls) (br 0))")]
    [InlineData("(loop (if (global.get $never) (then (call $calls))) (br 0))")]
    [InlineData("(loop (if (global.get $never) (then (call $calls)) (else (call $leaf))) (br 0))")]
    [InlineData("(loop (block (br_if 0 (i32.const 1)) (call $calls)) (br 0))")]
    [InlineData("(loop (block (block (br_if 0 (i32.const 1)) (call $calls) (br 1)) (call $leaf)) (br 0))")]
    [InlineData("(loop (call $calls) (loop (br_if 0 (i32.const 1))))")]
    [InlineData("(loop (loop (call $calls) (br_if 0 (global.get $never))) (br 0))")]
    [InlineData("(loop (loop (br_if 1 (i32.const 1)) (call $calls) (br 0)))")]
    [InlineData("(loop (param i32) (br 0)) ", "(i32.const 1)")]
    public void EveryLoopCanBeStopped(string loop, string before = "")
    {
        Instance instance = Guest.Run($"""
            (module (global $never (mut i32) (i32.const 0)) (func $leaf) (func $calls (call $leaf))
              (func (export "f") {(loop.StartsWith("(local", StringComparison.Ordinal) ? loop : before + loop)}))
            """);
        instance.Store.SetDeadline(TimeSpan.FromMilliseconds(20));
        Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => instance.Call("f")).Limit);
    }

    [Theory]
    [InlineData("loop")]
    [InlineData("fill")]
    [InlineData("grow")]
    public void AnEndlessGuestIsStoppedAtItsDeadline(string function)
    {
        Instance instance = Guest.Run(Loops);
        instance.Store.SetDeadline(TimeSpan.FromMilliseconds(50));
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => instance.Call(function)).Limit);
        Assert.True(watch.Elapsed < Patience);
        Assert.True(instance.Store.IsStopped);
        Assert.Throws<InvalidOperationException>(() => instance.Call("ok"));
        Assert.True(instance.GetMemory("memory")!.Pages >= 1);
    }

    [Fact]
    public void DeadlinesHoldWhileAllPoolThreadsAreBusy()
    {
        // The jobs end before their event is disposed: one that the pool starts late must still find it.
        int jobs = Environment.ProcessorCount * 4;
        using ManualResetEventSlim release = new();
        using CountdownEvent ended = new(jobs);
        for (int i = 0; i < jobs; i++)
        {
            ThreadPool.QueueUserWorkItem(_ =>
            {
                release.Wait(Patience);
                ended.Signal();
            });
        }

        try
        {
            AnEndlessGuestIsStoppedAtItsDeadline("loop");
        }
        finally
        {
            release.Set();
            Assert.True(ended.Wait(Patience));
        }
    }

    [Fact]
    public void CancellationStopsAGuest()
    {
        using CancellationTokenSource source = new();
        Instance instance = Guest.Run(Loops, options: new StoreOptions { CancellationToken = source.Token });
        new Thread(() =>
        {
            Thread.Sleep(50);
            source.Cancel();
        }).Start();
        Assert.Throws<OperationCanceledException>(() => instance.Call("loop"));
        Assert.True(instance.Store.IsStopped);
    }

    /// <summary>A short loop does not look while it runs, but before: many of them in a row are stopped.</summary>
    [Theory]
    [InlineData("(call $loops)")]
    [InlineData("(call_indirect (i32.const 0))")]
    public void ShortLoopsCannotBeLinedUp(string call)
    {
        string loop = "(local.set $i (i32.const 0)) (loop $l (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 15000))))";
        Instance instance = Guest.Run($"""
            (module (table funcref (elem $loops))
              (func $loops (export "loops") (local $i i32) {string.Concat(Enumerable.Repeat(loop, 20))})
              (func (export "f") (param i32) (if (i32.eqz (local.get 0)) (then (return))) {string.Concat(Enumerable.Repeat(call, 2000))}))
            """);

        // Compiled before, so that time passes in the loops.
        instance.Call("f", 0);
        instance.Call("loops");
        instance.Store.SetDeadline(TimeSpan.FromMilliseconds(30));
        Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => instance.Call("f", 1)).Limit);
    }

    [Fact]
    public void FuelStopsAGuestAtTheSamePointEachTime()
    {
        WasmEngine engine = new(new WasmEngineOptions { ConsumeFuel = true });
        List<int> counts = [];
        for (int i = 0; i < 2; i++)
        {
            Instance instance = Guest.Run(
                """(module (global $n (export "n") (mut i32) (i32.const 0)) (func (export "f") (loop (global.set $n (i32.add (global.get $n) (i32.const 1))) (br 0))))""",
                engine,
                new StoreOptions { Fuel = 10_000 });
            Assert.Equal(LimitKind.Fuel, Assert.Throws<LimitExceededException>(() => instance.Call("f")).Limit);
            Assert.Equal(0UL, instance.Store.Fuel);
            counts.Add(instance.GetGlobal("n")!.Value.AsI32());
        }

        Assert.Equal(counts[0], counts[1]);
        Assert.InRange(counts[0], 1_000, 10_000);
    }

    [Fact]
    public void DeepRecursionIsATrapAgainAndAgain()
    {
        Instance instance = Guest.Run(Loops);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(TrapKind.StackExhausted, Assert.Throws<TrapException>(() => instance.Call("recurse")).Kind);
        }

        Assert.Equal(42, instance.Call("ok")[0].AsI32());
    }

    [Fact]
    public void RecursionThroughTheHostIsATrap()
    {
        Instance? instance = null;
        instance = Guest.Run(
            """(module (import "h" "again" (func $again)) (func (export "f") (call $again)))""",
            link: (linker, _) => linker.DefineFunction("h", "again", () => { instance!.Call("f"); }));
        Assert.Equal(TrapKind.StackExhausted, Assert.Throws<TrapException>(() => instance.Call("f")).Kind);
    }

    [Theory]
    [InlineData(50_000, "i64")]
    [InlineData(3_000, "i64")]
    [InlineData(50_000, "f64")]
    public void RecursionWithHugeFramesIsATrap(int locals, string type)
    {
        string binary = BigFrame(locals, type);
        Instance instance = Guest.Run(binary);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(TrapKind.StackExhausted, Assert.Throws<TrapException>(() => instance.Call("f", 1)).Kind);
        }
    }

    [Fact]
    public void TheFirstCallOfALargeFunctionNearTheLimitIsATrap()
    {
        // $deep goes down until little is left, then calls the function with the large frame, which was never compiled before.
        StringBuilder text = new("(module (func $big (param i32) (result i32) (local ");
        text.Insert(text.Length, "i64 ", 5_000).Append(") (if (local.get 0) (then (drop (call $big (i32.const 0)))))");
        text.Append("(local.set 4000 (i64.extend_i32_u (local.get 0))) (i32.wrap_i64 (local.get 4000)))");
        text.Append("(func $deep (export \"f\") (param i32) (result i32) (if (i32.eqz (local.get 0)) (then (return (call $big (i32.const 1)))))");
        text.Append("(i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))))");
        Instance instance = Guest.Run(text.ToString());
        bool trapped = false;
        for (int depth = 1_000; depth < 40_000; depth += 1_500)
        {
            try
            {
                instance.Call("f", depth);
            }
            catch (TrapException trap)
            {
                Assert.Equal(TrapKind.StackExhausted, trap.Kind);
                trapped = true;
            }
        }

        Assert.True(trapped);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(1024)]
    public void SmallThreadsTrapInsteadOfDying(int stackKiB)
    {
        Instance instance = Guest.Run(Loops);
        Exception? seen = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    instance.Call("recurse");
                }
                catch (Exception exception)
                {
                    seen = exception;
                }
            },
            stackKiB * 1024);
        thread.Start();
        thread.Join();
        Assert.Equal(TrapKind.StackExhausted, Assert.IsType<TrapException>(seen).Kind);
    }

    [Theory]
    [InlineData("(memory 3)", LimitKind.Memory)]
    [InlineData("(table 11 funcref)", LimitKind.Table)]
    public void WhatIsTooLargeFromTheStartDoesNotStart(string field, LimitKind limit)
    {
        StoreOptions options = new() { MaxMemoryBytes = 2 << 16, MaxTableElements = 10 };
        Assert.Equal(limit, Assert.Throws<LimitExceededException>(() => Guest.Run($"(module {field})", options: options)).Limit);
    }

    [Fact]
    public void AHugeExpressionDoesNotOverflowTheCompiler()
    {
        StringBuilder text = new("(module (func (export \"f\") (param i32) (result i32) local.get 0\n");
        text.Insert(text.Length, "local.get 0\ni32.add\n", 100_000).Append("))");
        Assert.Equal(100_001, Guest.Run(text.ToString()).Call("f", 1)[0].AsI32());
    }

    [Fact]
    public void MemoryAndTablesStopAtTheStoresLimits()
    {
        Instance instance = Guest.Run(
            """
            (module (memory (export "memory") 1) (table $t 1 funcref)
              (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
              (func (export "table") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0))))
            """,
            options: new StoreOptions { MaxMemoryBytes = 4 * 65536, MaxTableElements = 10 });
        Assert.Equal(-1, instance.Call("grow", 4)[0].AsI32());
        Assert.Equal(1, instance.Call("grow", 3)[0].AsI32());
        Assert.Equal(-1, instance.Call("grow", 1)[0].AsI32());
        Assert.Equal(-1, instance.Call("table", 10)[0].AsI32());
        Assert.Equal(1, instance.Call("table", 9)[0].AsI32());
        Assert.Equal(4UL * 65536, instance.Store.MemoryBytes);
    }

    [Fact]
    public void AStoreIsUsedByOneThreadAtATime()
    {
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim leave = new();
        Instance instance = Guest.Run(
            """(module (import "h" "wait" (func $wait)) (func (export "f") (call $wait)))""",
            link: (linker, _) => linker.DefineFunction("h", "wait", () =>
            {
                inside.Set();
                leave.Wait(Patience);
            }));
        Thread first = new(() => instance.Call("f"));
        first.Start();
        Assert.True(inside.Wait(Patience));
        Assert.Throws<InvalidOperationException>(() => instance.Call("f"));
        Assert.Throws<InvalidOperationException>(() => instance.Store.Dispose());
        leave.Set();
        first.Join();
        instance.Store.Dispose();
        instance.Store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => instance.Call("f"));
    }

    private static string BigFrame(int locals, string type)
    {
        // All locals stay alive across the recursive call, because they are summed up behind it.
        StringBuilder text = new($"(module (func $f (export \"f\") (param i32) (result {type}) (local ");
        text.Insert(text.Length, type + " ", locals - 1).Append(")\n");
        for (int i = 1; i < Math.Min(locals, 500); i++)
        {
            text.Append($"(local.set {i} ({type}.{(type == "i64" ? "extend_i32_u" : "convert_i32_u")} (local.get 0)))\n");
        }

        text.Append("(local.set 1 (call $f (i32.const 1)))\n(local.get 1)\n");
        for (int i = 2; i < Math.Min(locals, 500); i++)
        {
            text.Append($"(local.get {i}) ({type}.add)\n");
        }

        return text.Append("))").ToString();
    }
}
