using System.IO.Pipes;
using Atoll.Components;
using Atoll.Wasi.Preview2;
using Atoll.Wasi.Preview2.Io;
using Atoll.Wasi.Tests.Preview1;
using Atoll.Wasi.Tests.Preview2;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests;

/// <summary>Guests wait only on threads that they may hold up.</summary>
public sealed class WouldBlockTests
{
    private const int Hang = 30_000;
    private const string Poll = "io/poll#poll";
    private const string Block = "io/poll#[method]pollable.block";
    private const string Sleep = "clocks/monotonic-clock#subscribe-duration";
    private const ulong Hour = 3_600_000_000_000;

    [Fact]
    public void A_wait_for_what_never_comes_traps()
    {
        using WasiProbe probe = new(mayBlock: false);
        Pollable waiting = new(probe.Context, new TaskWaitable(probe.Context, new TaskCompletionSource().Task));
        TrapException trap = Assert.Throws<TrapException>(() => probe.Get<Func<Pollable[], uint[]>>(Poll)([waiting]));
        Assert.Equal(TrapKind.WouldBlock, trap.Kind);
        Assert.Equal("trap.would-block", trap.Code);
        Assert.Contains("MayBlock", trap.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sleep_traps_unless_time_is_the_guests_own()
    {
        using WasiProbe probe = new(Grants.None.AllowClock(), mayBlock: false);
        Pollable alarm = probe.Get<Func<ulong, Pollable>>(Sleep)(Hour);
        Assert.Equal(TrapKind.WouldBlock, Assert.Throws<TrapException>(() => probe.Get<Action<Pollable>>(Block)(alarm)).Kind);

        // Time that nobody granted passes at once: nobody waits.
        using WasiProbe standing = new(mayBlock: false);
        standing.Get<Action<Pollable>>(Block)(standing.Get<Func<ulong, Pollable>>(Sleep)(Hour));
    }

    [Fact]
    public void What_is_ready_is_no_wait()
    {
        using WasiProbe probe = new(mayBlock: false);
        Pollable ready = new(probe.Context, AlwaysReady.Instance);
        Pollable waiting = new(probe.Context, new TaskWaitable(probe.Context, new TaskCompletionSource().Task));
        Assert.Equal([1u], probe.Get<Func<Pollable[], uint[]>>(Poll)([waiting, ready]));
        MemoryInputStream stream = new(probe.Context, "here"u8.ToArray());
        Assert.Equal("here"u8.ToArray(), probe.Get<Func<InputStream, ulong, Result<byte[], StreamError>>>("io/streams#[method]input-stream.blocking-read")(stream, 10).Value);
    }

    [Fact(Timeout = Hang)]
    public async Task A_thread_for_guests_may_wait()
    {
        using WasiProbe probe = new(mayBlock: false);
        TaskCompletionSource source = new();
        Pollable waiting = new(probe.Context, new TaskWaitable(probe.Context, source.Task));
        using GuestThreadPool threads = new(1, 0);
        Task<uint[]> poll = threads.RunAsync(() => probe.Get<Func<Pollable[], uint[]>>(Poll)([waiting]), TestContext.Current.CancellationToken);
        await Task.Delay(30, TestContext.Current.CancellationToken);
        Assert.False(poll.IsCompleted);
        source.SetResult();
        uint[] ready = await poll;
        Assert.Equal([0u], ready);
    }

    [Fact]
    public void What_was_piped_in_is_no_wait()
    {
        using AnonymousPipeServerStream write = new(PipeDirection.Out);
        using AnonymousPipeClientStream read = new(PipeDirection.In, write.ClientSafePipeHandle);
        write.Write("here"u8);
        using Probe probe = new(Grants.None.AllowStdin(read), mayBlock: false);
        Assert.Equal(Errno.Success, probe.Read(0, out string text));
        Assert.Equal("here", text);

        // That was the first look; from now on what is not there is a wait.
        Assert.Equal(TrapKind.WouldBlock, Assert.Throws<TrapException>(() => probe.Read(0, out _)).Kind);
        write.Dispose();
    }

    [Fact]
    public void Programs_of_preview_1_trap_too()
    {
        using AnonymousPipeServerStream write = new(PipeDirection.Out);
        using AnonymousPipeClientStream read = new(PipeDirection.In, write.ClientSafePipeHandle);
        using Probe probe = new(Grants.None.AllowStdin(read).AllowClock(), mayBlock: false);
        Assert.Equal(TrapKind.WouldBlock, Assert.Throws<TrapException>(() => probe.Read(0, out _)).Kind);
        probe.PutSubscription(0, 1, kind: 0, target: 1, timeout: Hour);
        Assert.Equal(TrapKind.WouldBlock, Assert.Throws<TrapException>(() => { probe.Poll(1); }).Kind);

        // A time that is over already is no wait.
        probe.PutSubscription(0, 1, kind: 0, target: 1, timeout: 0);
        Assert.Equal([(1UL, Errno.Success)], probe.Poll(1));

        // .NET waits for a read that is under way before it closes a pipe.
        write.Dispose();
    }
}
