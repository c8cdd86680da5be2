using System.IO.Pipes;
using System.Text;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview1;

/// <summary>Guests that wait can be stopped, and wait for the right thing. A test that fails here hangs until its time limit.</summary>
public class WaitingTests
{
    private const int Hang = 30_000;
    private const ulong Hour = 3_600_000_000_000;

    private static readonly StoreOptions Short = new() { Timeout = TimeSpan.FromMilliseconds(100) };

    [Fact(Timeout = Hang)]
    public async Task A_sleeper_is_stopped_at_its_deadline()
    {
        using Probe probe = new(Grants.None.AllowClock(), Short);
        probe.PutSubscription(0, 1, kind: 0, target: 1, timeout: Hour);
        LimitExceededException exception = await Task.Run(() => Assert.Throws<LimitExceededException>(() => probe.Poll(1)));
        Assert.Equal(LimitKind.Time, exception.Limit);
    }

    [Fact(Timeout = Hang)]
    public async Task A_sleeper_is_stopped_by_cancellation()
    {
        using CancellationTokenSource source = new();
        using Probe probe = new(Grants.None.AllowClock(), new StoreOptions { CancellationToken = source.Token });
        probe.PutSubscription(0, 1, kind: 0, target: 0, timeout: ulong.MaxValue, flags: 1);
        Task<OperationCanceledException> sleeper = Task.Run(() => Assert.ThrowsAny<OperationCanceledException>(() => { probe.Poll(1); }));
        await Task.Delay(50);
        Assert.False(sleeper.IsCompleted);
        source.Cancel();
        await sleeper;
    }

    [Fact(Timeout = Hang)]
    public async Task A_reader_of_an_empty_pipe_is_stopped_and_loses_nothing()
    {
        using AnonymousPipeServerStream write = new(PipeDirection.Out);
        using AnonymousPipeClientStream read = new(PipeDirection.In, write.ClientSafePipeHandle);
        Grants grants = Grants.None.AllowStdin(read);
        using (Probe probe = new(grants, Short))
        {
            await Task.Run(() => Assert.Throws<LimitExceededException>(() => probe.Read(0, out _)));
        }

        // The next guest with the same grants gets what came too late for the first.
        write.Write("late"u8);
        using Probe next = new(grants);
        string text = "";
        await Task.Run(() => Assert.Equal(Errno.Success, next.Read(0, out text, length: 2)));
        Assert.Equal("la", text);
        Assert.Equal(Errno.Success, next.Read(0, out text));
        Assert.Equal("te", text);
        write.Dispose();
        await Task.Run(() => Assert.Equal(Errno.Success, next.Read(0, out text)));
        Assert.Equal("", text);
        Assert.Equal(Errno.Success, next.Read(0, out text));
    }

    [Fact(Timeout = Hang)]
    public async Task A_writer_into_a_full_pipe_is_stopped()
    {
        using AnonymousPipeServerStream read = new(PipeDirection.In);
        using AnonymousPipeClientStream write = new(PipeDirection.Out, read.ClientSafePipeHandle);
        using Probe probe = new(Grants.None.AllowStdout(write), Short);
        string line = new('x', 4096);
        await Task.Run(() => Assert.Throws<LimitExceededException>(() =>
        {
            for (int i = 0; i < int.MaxValue; i++)
            {
                Assert.Equal(Errno.Success, probe.Write(1, line));
            }
        }));

        // .NET waits for a write that is under way before it closes a pipe.
        read.Dispose();
    }

    [Fact(Timeout = Hang)]
    public async Task A_writer_into_a_stream_of_the_callers_own_is_stopped()
    {
        using StuckStream stuck = new();
        using Probe probe = new(Grants.None.AllowStdout(stuck), Short);
        string line = new('x', 4096);
        await Task.Run(() => Assert.Throws<LimitExceededException>(() =>
        {
            for (int i = 0; i < int.MaxValue; i++)
            {
                Assert.Equal(Errno.Success, probe.Write(1, line));
            }
        }));
    }

    [Fact(Timeout = Hang)]
    public async Task What_is_written_arrives_in_order_on_whatever_stream()
    {
        using AnonymousPipeServerStream read = new(PipeDirection.In);
        using AnonymousPipeClientStream write = new(PipeDirection.Out, read.ClientSafePipeHandle);
        using Probe probe = new(Grants.None.AllowStdout(write).AllowStderr(write));
        StringBuilder expected = new();
        Task<string> all = Task.Run(() => new StreamReader(read).ReadToEnd());
        for (int i = 0; i < 3000; i++)
        {
            string text = $"{i} {new string('.', i % 200)}\n";
            expected.Append(text);
            Assert.Equal(Errno.Success, probe.Write(1 + (i % 2), text));
        }

        probe.Flush();
        write.Dispose();
        Assert.Equal(expected.ToString(), await all);
    }

    [Fact(Timeout = Hang)]
    public async Task A_pipe_whose_reader_is_gone_is_an_error_of_the_guest()
    {
        AnonymousPipeServerStream read = new(PipeDirection.In);
        using AnonymousPipeClientStream write = new(PipeDirection.Out, read.ClientSafePipeHandle);
        using Probe probe = new(Grants.None.AllowStdout(write));
        read.Dispose();
        Errno error = Errno.Success;
        await Task.Run(() =>
        {
            while (error == Errno.Success)
            {
                error = probe.Write(1, "x");
            }
        });
        Assert.Equal(Errno.Pipe, error);
    }

    [Fact(Timeout = Hang)]
    public async Task A_poll_ends_with_what_happens_first()
    {
        using AnonymousPipeServerStream write = new(PipeDirection.Out);
        using AnonymousPipeClientStream read = new(PipeDirection.In, write.ClientSafePipeHandle);
        using Probe probe = new(Grants.None.AllowStdin(read).AllowClock());
        probe.PutSubscription(0, 10, kind: 1, target: 0);
        probe.PutSubscription(1, 11, kind: 0, target: 1, timeout: 5_000_000);
        Assert.Equal([(11UL, Errno.Success)], await Task.Run(() => probe.Poll(2)));

        probe.PutSubscription(1, 12, kind: 0, target: 1, timeout: Hour);
        Task<(ulong, Errno)[]> poll = Task.Run(() => probe.Poll(2));
        write.Write("x"u8);
        Assert.Equal([(10UL, Errno.Success)], await poll);
        Assert.Equal(Errno.Success, probe.Read(0, out string text));
        Assert.Equal("x", text);
    }

    [Fact]
    public void A_poll_gives_all_events_that_are_there()
    {
        using Probe probe = new(Grants.None.AllowStdin(new MemoryStream()).AllowStdout(Stream.Null).AllowClock());
        probe.PutSubscription(0, 1, kind: 2, target: 1);
        probe.PutSubscription(1, 2, kind: 0, target: 1, timeout: Hour);
        probe.PutSubscription(2, 3, kind: 1, target: 0);
        probe.PutSubscription(3, 4, kind: 1, target: 99);
        probe.PutSubscription(4, 5, kind: 0, target: 77, timeout: 1);
        probe.PutSubscription(5, 6, kind: 0, target: 0, timeout: 1, flags: 1);
        Assert.Equal(
            [(1UL, Errno.Success), (3UL, Errno.Success), (4UL, Errno.BadF), (5UL, Errno.Inval), (6UL, Errno.Success)], probe.Poll(6));
        Assert.Equal(Errno.Inval, probe.Call("poll_oneoff", 0, 0, 0, 0));
    }

    [Fact]
    public void Another_time_than_the_systems_decides_how_long_a_sleep_is()
    {
        LeapingTime time = new();
        using Probe probe = new(Grants.None.AllowClock(time));
        Assert.Equal(Errno.Success, probe.Call("clock_time_get", 0, 0L, 0));
        Assert.Equal(1_000_000_000_000_000_000UL, probe.U64(0));
        probe.PutSubscription(0, 1, kind: 0, target: 1, timeout: 24 * Hour);
        probe.PutSubscription(1, 2, kind: 0, target: 0, timeout: 1_000_000_000_000_000_000 + (30 * Hour), flags: 1);
        Assert.Equal([(1UL, Errno.Success)], probe.Poll(2));
        Assert.Equal([(2UL, Errno.Success)], PollAbsolute(probe));
        Assert.Equal(Errno.Success, probe.Call("clock_time_get", 0, 0L, 0));
        Assert.Equal(1_000_000_000_000_000_000UL + (30 * Hour), probe.U64(0));
    }

    private static (ulong, Errno)[] PollAbsolute(Probe probe)
    {
        probe.PutSubscription(0, 2, kind: 0, target: 0, timeout: 1_000_000_000_000_000_000 + (30 * Hour), flags: 1);
        return probe.Poll(1);
    }

    /// <summary>A time in which whoever waits for a timer finds it over at once.</summary>
    private sealed class StuckStream : MemoryStream
    {
        private readonly ManualResetEventSlim _closed = new();

        public override void Write(byte[] buffer, int offset, int count) => _closed.Wait();

        protected override void Dispose(bool disposing)
        {
            _closed.Set();
            base.Dispose(disposing);
        }
    }

    private sealed class LeapingTime : TimeProvider
    {
        private TimeSpan _elapsed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(1_000_000_000) + _elapsed;

        public override long GetTimestamp() => _elapsed.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _elapsed += dueTime;
            callback(state);
            return new NoTimer();
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
