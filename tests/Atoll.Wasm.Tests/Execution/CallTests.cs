using System.Runtime.CompilerServices;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Entering guest code: by one thread at a time, again and again, from inside, with and without something that stops it.</summary>
public sealed class CallTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string Module = """
        (module
          (import "h" "f" (func $host))
          (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
          (func (export "host") (call $host))
          (func (export "trap") unreachable)
          (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
          (func $recurse (export "recurse") (param i32) (result i32)
            (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
          (func $fib (export "fib") (param i32) (result i32)
            (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
              (then (local.get 0))
              (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))
        """;

    private static Instance Make(Action? host = null, StoreOptions? options = null, WasmEngine? engine = null) =>
        Guest.Run(Module, engine, options, (linker, _) => linker.DefineFunction("h", "f", host ?? (() => { })));

    /// <summary>Enough calls in a row for the store to let the thread in the short way.</summary>
    private static Func<int, int> Warm(Instance instance)
    {
        Func<int, int> add = instance.GetFunction("add")!.ToDelegate<Func<int, int>>();
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(i + 1, add(i));
        }

        return add;
    }

    private static Exception? Elsewhere(Action action, int stackBytes = 0)
    {
        Exception? seen = null;
        Thread thread = new(() => seen = Record.Exception(action), stackBytes);
        thread.Start();
        Assert.True(thread.Join(Patience));
        return seen;
    }

    [Fact]
    public void TrapsLeaveTheStoreUsable()
    {
        Instance instance = Make();
        Func<int, int> add = Warm(instance);
        Action trap = instance.GetFunction("trap")!.ToDelegate<Action>();
        Func<int, int> divide = instance.GetFunction("divide")!.ToDelegate<Func<int, int>>();
        Func<int, int> recurse = instance.GetFunction("recurse")!.ToDelegate<Func<int, int>>();
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(TrapKind.Unreachable, Assert.Throws<TrapException>(trap).Kind);
            Assert.Equal(TrapKind.IntegerDivideByZero, Assert.Throws<TrapException>(() => divide(0)).Kind);
            Assert.Equal(TrapKind.StackExhausted, Assert.Throws<TrapException>(() => recurse(0)).Kind);
            Assert.Equal(i + 1, add(i));
            Assert.Null(Elsewhere(() => add(i)));
        }
    }

    [Fact]
    public void CallsFromInsideKeepTheOutermostLimits()
    {
        Instance? instance = null;
        int depth = 0;
        instance = Make(() =>
        {
            depth++;
            instance!.Call("host");
        });
        for (int i = 0; i < 5; i++)
        {
            Warm(instance);
            depth = 0;
            Assert.Equal(TrapKind.StackExhausted, Assert.Throws<TrapException>(() => instance.Call("host")).Kind);
            Assert.True(depth > 10);
        }
    }

    [Fact]
    public void ACallFromInsideGivesTheOuterOneItsLimitBack()
    {
        Instance? instance = null;
        instance = Make(() => Assert.Equal(8, instance!.GetFunction("add")!.ToDelegate<Func<int, int>>()(7)));
        Func<int, int> recurse = instance.GetFunction("recurse")!.ToDelegate<Func<int, int>>();
        for (int i = 0; i < 10; i++)
        {
            Warm(instance);
            instance.Call("host");
            Assert.Equal(TrapKind.StackExhausted, Assert.Throws<TrapException>(() => recurse(0)).Kind);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ASecondThreadIsRefusedWhileTheFirstIsInside(bool isWarm)
    {
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim leave = new();
        Instance instance = Make(() =>
        {
            inside.Set();
            leave.Wait(Patience);
        });
        Exception? failure = null;
        Thread first = new(() =>
        {
            if (isWarm)
            {
                Warm(instance);
            }

            failure = Record.Exception(() => instance.Call("host"));
        });
        first.Start();
        Assert.True(inside.Wait(Patience));
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<InvalidOperationException>(() => instance.Call("add", 1));
            Assert.Throws<InvalidOperationException>(() => instance.Store.Dispose());
        }

        leave.Set();
        first.Join();
        Assert.Null(failure);
        Assert.Equal(2, instance.Call("add", 1)[0].AsI32());
        instance.Store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => instance.Call("add", 1));
    }

    [Fact]
    public void AStoreIsNotDisposedFromInside()
    {
        Instance? instance = null;
        instance = Make(() => Assert.Throws<InvalidOperationException>(() => instance!.Store.Dispose()));
        Warm(instance);
        instance.Call("host");
        Assert.Equal(2, instance.Call("add", 1)[0].AsI32());
    }

    [Fact]
    public void ThreadsThatTakeTurnsAreAllLetIn()
    {
        Instance instance = Make();
        Func<int, int> add = Warm(instance);
        for (int i = 0; i < 60; i++)
        {
            Assert.Null(Elsewhere(() => Warm(instance)));
            Assert.Equal(i + 1, add(i));
        }
    }

    [Fact]
    public void ThreadsThatFightForAStoreNeverMeetInside()
    {
        int inside = 0;
        int met = 0;
        int entered = 0;
        Instance instance = Make(() =>
        {
            met += Interlocked.Increment(ref inside) == 1 ? 0 : 1;
            entered++;
            Interlocked.Decrement(ref inside);
        });
        Action host = instance.GetFunction("host")!.ToDelegate<Action>();
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 30_000; i++)
            {
                try
                {
                    host();
                }
                catch (InvalidOperationException)
                {
                    // Another thread is inside.
                }
            }
        }))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.Equal(0, met);
        Assert.True(entered > 0);
        Warm(instance);
    }

    [Fact]
    public void AThreadWithASmallStackTakesOverFromOneWithALargeStack()
    {
        // It may get the same addresses; the store must not take it for the thread that ended.
        Instance instance = Make();
        for (int i = 0; i < 30; i++)
        {
            Assert.Null(Elsewhere(() => Warm(instance), 4 << 20));
            Exception? seen = Elsewhere(() => instance.GetFunction("recurse")!.ToDelegate<Func<int, int>>()(0), 160 << 10);
            Assert.Equal(TrapKind.StackExhausted, Assert.IsType<TrapException>(seen).Kind);
        }
    }

    [Fact]
    public void ATokenHoldsForEachCallUntilThereIsAnother()
    {
        using CancellationTokenSource source = new();
        Instance instance = Make(options: new StoreOptions { CancellationToken = source.Token });
        Func<int, int> add = Warm(instance);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => add(1));
        Assert.Throws<OperationCanceledException>(() => add(1));
        Assert.False(instance.Store.IsStopped);
        instance.Store.CancellationToken = default;
        Assert.Equal(2, add(1));
        instance.Store.CancellationToken = source.Token;
        Assert.Throws<OperationCanceledException>(() => add(1));
    }

    [Fact]
    public void ADeadlineHoldsForEachCallUntilThereIsAnother()
    {
        Instance instance = Make();
        Func<int, int> add = Warm(instance);
        instance.Store.SetDeadline(TimeSpan.FromHours(1));
        Warm(instance);
        instance.Store.SetDeadline(TimeSpan.FromMilliseconds(1));
        Thread.Sleep(5);
        instance.Store.SetDeadline(TimeSpan.FromHours(1));
        Assert.Equal(2, add(1));
        instance.Store.SetDeadline(TimeSpan.Zero);
        Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => add(1)).Limit);
        Assert.True(instance.Store.IsStopped);
        Assert.Throws<InvalidOperationException>(() => add(1));
    }

    [Fact]
    public void AStoreWhoseFuelIsGoneLetsNobodyIn()
    {
        Instance instance = Make(engine: new WasmEngine(new WasmEngineOptions { ConsumeFuel = true }), options: new StoreOptions { Fuel = 10_000 });
        Func<int, int> add = Warm(instance);
        Assert.Equal(LimitKind.Fuel, Assert.Throws<LimitExceededException>(() => instance.Call("fib", 30)).Limit);
        Assert.Throws<InvalidOperationException>(() => add(1));
    }

    [Fact]
    public void ARequestThatComesWhileTheGuestIsEnteredIsNotLost()
    {
        // No loop looks up here: only the stack limit, which the entering thread writes at the same time, tells the guest to stop.
        for (int i = 0; i < 100; i++)
        {
            using CancellationTokenSource source = new();
            Instance instance = Make(options: new StoreOptions { CancellationToken = source.Token });
            Warm(instance);
            Func<int, int> fib = instance.GetFunction("fib")!.ToDelegate<Func<int, int>>();
            Thread canceller = new(() =>
            {
                Thread.SpinWait(i * 20);
                source.Cancel();
            });
            canceller.Start();
            Action endless = () =>
            {
                while (true)
                {
                    fib(i % 2 == 0 ? 3 : 60);
                }
            };
            Assert.ThrowsAny<OperationCanceledException>(endless);
            canceller.Join();
        }
    }

    [Fact]
    public void AHostFunctionSeesACancellationAndACallFromInsideIsStopped()
    {
        using CancellationTokenSource source = new();
        Instance? instance = null;
        bool fired = false;
        instance = Guest.Run(Module, options: new StoreOptions { CancellationToken = source.Token }, link: (linker, _) => linker.DefineFunction("h", "f", (Caller caller) =>
        {
            source.Cancel();
            fired = caller.Interruption.IsCancellationRequested;
            instance!.Call("add", 1);
        }));
        Warm(instance);
        Assert.ThrowsAny<OperationCanceledException>(() => instance.Call("host"));
        Assert.True(fired);
        Assert.True(instance.Store.IsStopped);
    }

    [Fact]
    public void ATokenThatLivesLongKeepsNoStore()
    {
        using CancellationTokenSource source = new();
        List<WeakReference> stores = [.. Enumerable.Range(0, 10).Select(_ => Drop(source.Token))];
        for (int i = 0; i < 10 && stores.Exists(s => s.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        // The last one may still lie on this thread's stack.
        Assert.True(stores.Count(s => s.IsAlive) <= 1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Drop(CancellationToken token)
    {
        Instance instance = Make(options: new StoreOptions { CancellationToken = token, Timeout = TimeSpan.FromHours(1) });
        Warm(instance);
        return new WeakReference(instance.Store);
    }
}
