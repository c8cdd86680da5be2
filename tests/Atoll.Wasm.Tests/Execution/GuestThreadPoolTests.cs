namespace Atoll.Wasm.Tests.Execution;

/// <summary>That all work is done, once, by as many threads as it takes and no more than there may be.</summary>
[Collection(AloneCollection.Name)]
public sealed class GuestThreadPoolTests
{
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    [Fact]
    public void WorkThatWaitsHoldsNobodyUp()
    {
        const int Count = 40;
        using GuestThreadPool threads = new(Count, 0);
        using Barrier barrier = new(Count + 1);

        // Each waits for all the others: one that had no thread would hang them all.
        for (int i = 0; i < Count; i++)
        {
            Assert.True(threads.TryRun(() => barrier.SignalAndWait(Hang)));
        }

        Assert.Equal(Count, threads.Busy);
        Assert.False(threads.TryRun(() => { }));
        Assert.True(barrier.SignalAndWait(Hang));
        Assert.True(SpinWait.SpinUntil(() => threads.Busy == 0, Hang));
    }

    [Fact]
    public void WorkThatComputesHoldsNobodyUp()
    {
        int count = 4 * Environment.ProcessorCount;
        using GuestThreadPool threads = new(count, count);
        using CountdownEvent begun = new(count);
        for (int i = 0; i < count; i++)
        {
            Assert.True(threads.TryRun(() =>
            {
                begun.Signal();
                SpinWait.SpinUntil(() => begun.IsSet, Hang);
            }));
        }

        Assert.True(begun.Wait(Hang));
    }

    [Fact]
    public void OverTheMaximumWorkWaitsAndOverTheQueueItIsRefused()
    {
        using GuestThreadPool threads = new(2, 3);
        using ManualResetEventSlim gate = new();
        using CountdownEvent done = new(5);
        int most = 0;
        int now = 0;
        for (int i = 0; i < 5; i++)
        {
            Assert.True(threads.TryRun(() =>
            {
                InterlockedMax(ref most, Interlocked.Increment(ref now));
                gate.Wait(Hang);
                Interlocked.Decrement(ref now);
                done.Signal();
            }));
        }

        Assert.Equal(5, threads.Busy);
        Assert.False(threads.TryRun(() => { }));
        gate.Set();
        Assert.True(done.Wait(Hang));
        Assert.InRange(most, 1, 2);
        Assert.True(SpinWait.SpinUntil(() => threads.TryRun(() => { }), Hang));
    }

    [Fact]
    public void WhatWasTakenIsDoneAfterDisposal()
    {
        const int Count = 50;
        GuestThreadPool threads = new(3, Count);
        using ManualResetEventSlim gate = new();
        using CountdownEvent done = new(Count);
        for (int i = 0; i < Count; i++)
        {
            Assert.True(threads.TryRun(() =>
            {
                gate.Wait(Hang);
                done.Signal();
            }));
        }

        threads.Dispose();
        Assert.False(threads.TryRun(() => { }));
        gate.Set();
        Assert.True(done.Wait(Hang));
        threads.Dispose();
    }

    [Fact]
    public void EachWorkOfManyIsDoneOnce()
    {
        const int Callers = 8;
        const int Each = 5000;
        using GuestThreadPool threads = new(16, Callers * Each);
        int[] counts = new int[Callers * Each];
        using CountdownEvent done = new(counts.Length);
        Parallel.For(0, Callers, caller =>
        {
            for (int i = 0; i < Each; i++)
            {
                int index = (caller * Each) + i;
                Assert.True(threads.TryRun(() =>
                {
                    Interlocked.Increment(ref counts[index]);
                    if (index % 997 == 0)
                    {
                        Thread.Sleep(3);
                    }

                    done.Signal();
                }));
            }
        });
        Assert.True(done.Wait(Hang));
        Assert.All(counts, count => Assert.Equal(1, count));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
