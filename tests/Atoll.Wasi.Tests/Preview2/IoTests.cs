using System.Text;
using Atoll.Components;
using Atoll.Wasi.Preview2;
using Atoll.Wasi.Preview2.Io;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview2;

using Bytes = Result<byte[], StreamError>;
using Count = Result<ulong, StreamError>;
using Done = Result<Unit, StreamError>;

/// <summary><c>wasi:io</c>: streams, what can be waited for, and guests that break its rules.</summary>
public sealed class IoTests
{
    private const string In = "io/streams#[method]input-stream.";
    private const string Out = "io/streams#[method]output-stream.";

    [Fact]
    public void An_input_gives_what_is_there_and_then_its_end()
    {
        using WasiProbe probe = new();
        MemoryInputStream stream = new(probe.Context, "hello world"u8.ToArray());
        var read = probe.Get<Func<InputStream, ulong, Bytes>>(In + "read");
        Assert.Equal("hello"u8.ToArray(), read(stream, 5).Value);
        Assert.Equal(1ul, probe.Get<Func<InputStream, ulong, Count>>(In + "skip")(stream, 1).Value);
        Assert.Equal("world"u8.ToArray(), probe.Get<Func<InputStream, ulong, Bytes>>(In + "blocking-read")(stream, ulong.MaxValue).Value);
        Assert.IsType<StreamError.Closed>(read(stream, 5).Error);
    }

    [Fact]
    public void A_closed_standard_stream_ends_at_once()
    {
        using WasiProbe probe = new();
        Assert.IsType<StreamError.Closed>(probe.Get<Func<InputStream, ulong, Bytes>>(In + "blocking-read")(new StandardInputStream(probe.Context, null), 5).Error);
        Assert.IsType<StreamError.Closed>(probe.Get<Func<OutputStream, Count>>(Out + "check-write")(new StandardOutputStream(probe.Context, null)).Error);
    }

    [Fact]
    public void An_output_takes_what_it_permitted()
    {
        using WasiProbe probe = new();
        Sink sink = new(probe.Context, room: 8);
        Assert.Equal(8ul, probe.Get<Func<OutputStream, Count>>(Out + "check-write")(sink).Value);
        var write = probe.Get<Func<OutputStream, byte[], Done>>(Out + "write");
        Assert.False(write(sink, "abc"u8.ToArray()).IsError);
        Assert.False(probe.Get<Func<OutputStream, ulong, Done>>(Out + "write-zeroes")(sink, 2).IsError);
        Assert.Equal("abc\0\0", sink.Text);
        Assert.Contains("permitted 3", Assert.Throws<TrapException>(() => write(sink, "defg"u8.ToArray())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_without_a_permit_traps()
    {
        using WasiProbe probe = new();
        Assert.Throws<TrapException>(() => probe.Get<Func<OutputStream, byte[], Done>>(Out + "write")(new Sink(probe.Context, 8), [1]));
        using WasiProbe other = new();
        Assert.Throws<TrapException>(() => other.Get<Func<OutputStream, ulong, Done>>(Out + "write-zeroes")(new Sink(other.Context, 8), ulong.MaxValue));
    }

    [Fact]
    public void Blocking_writes_go_on_when_there_is_room_again()
    {
        using WasiProbe probe = new();
        Sink sink = new(probe.Context, room: 3) { RefillsFromAnotherThread = true };
        Assert.False(probe.Get<Func<OutputStream, byte[], Done>>(Out + "blocking-write-and-flush")(sink, "hello world"u8.ToArray()).IsError);
        Assert.False(probe.Get<Func<OutputStream, ulong, Done>>(Out + "blocking-write-zeroes-and-flush")(sink, 2).IsError);
        Assert.Equal("hello world\0\0", sink.Text);
        Assert.Throws<TrapException>(() => probe.Get<Func<OutputStream, byte[], Done>>(Out + "blocking-write-and-flush")(sink, new byte[4097]));
    }

    [Fact]
    public void Splicing_moves_what_both_sides_have_and_take()
    {
        using WasiProbe probe = new();
        MemoryInputStream source = new(probe.Context, "hello world"u8.ToArray());
        Sink sink = new(probe.Context, room: 8);
        var splice = probe.Get<Func<OutputStream, InputStream, ulong, Count>>(Out + "splice");
        Assert.Equal(5ul, splice(sink, source, 5).Value);
        Assert.Equal(3ul, probe.Get<Func<OutputStream, InputStream, ulong, Count>>(Out + "blocking-splice")(sink, source, 100).Value);
        Assert.Equal(0ul, splice(sink, source, 100).Value);
        sink.Left = 100;
        Assert.Equal(3ul, splice(sink, source, 100).Value);
        Assert.Equal("hello world", sink.Text);
        Assert.IsType<StreamError.Closed>(splice(sink, source, 100).Error);
    }

    [Fact]
    public void A_failure_is_an_error_that_can_be_asked()
    {
        using WasiProbe probe = new();
        Sink sink = new(probe.Context, room: 8) { Fails = true };
        probe.Get<Func<OutputStream, Count>>(Out + "check-write")(sink);
        var failed = Assert.IsType<StreamError.LastOperationFailed>(probe.Get<Func<OutputStream, byte[], Done>>(Out + "write")(sink, [1]).Error);
        Assert.IsType<StreamError.Closed>(probe.Get<Func<OutputStream, Count>>(Out + "check-write")(sink).Error);
        Assert.Equal("the sink is clogged", probe.Get<Func<IoError, string>>("io/error#[method]error.to-debug-string")(failed.Value));
    }

    [Fact]
    public void Poll_gives_all_that_are_ready()
    {
        using WasiProbe probe = new();
        TaskCompletionSource never = new();
        Pollable waiting = new(probe.Context, new TaskWaitable(probe.Context, never.Task));
        Pollable ready = new(probe.Context, AlwaysReady.Instance);
        Assert.Equal([1u, 2u], probe.Get<Func<Pollable[], uint[]>>("io/poll#poll")([waiting, ready, ready]));
        var isReady = probe.Get<Func<Pollable, bool>>("io/poll#[method]pollable.ready");
        Assert.True(isReady(ready));
        Assert.False(isReady(waiting));
    }

    [Fact]
    public void Poll_waits_for_a_task_that_ends_elsewhere()
    {
        using WasiProbe probe = new();
        TaskCompletionSource source = new();
        Pollable waiting = new(probe.Context, new TaskWaitable(probe.Context, source.Task));
        ThreadPool.QueueUserWorkItem(_ =>
        {
            Thread.Sleep(20);
            source.SetException(new IOException());
        });
        Assert.Equal([0u, 1u], probe.Get<Func<Pollable[], uint[]>>("io/poll#poll")([waiting, waiting]));
        probe.Get<Action<Pollable>>("io/poll#[method]pollable.block")(waiting);
    }

    [Fact]
    public void Poll_of_nothing_traps()
    {
        using WasiProbe probe = new();
        Assert.Throws<TrapException>(() => probe.Get<Func<Pollable[], uint[]>>("io/poll#poll")([]));
    }

    [Fact]
    public void A_wait_ends_at_the_deadline_and_by_cancellation()
    {
        // The deadline counts from the making of the store: what is compiled first does not count.
        new WasiProbe().Dispose();
        using WasiProbe probe = new(options: new StoreOptions { Timeout = TimeSpan.FromMilliseconds(500) });
        Pollable waiting = new(probe.Context, new TaskWaitable(probe.Context, new TaskCompletionSource().Task));
        Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => probe.Get<Func<Pollable[], uint[]>>("io/poll#poll")([waiting])).Limit);

        using CancellationTokenSource cancellation = new();
        using WasiProbe other = new(options: new StoreOptions { CancellationToken = cancellation.Token });
        Pollable second = new(other.Context, new TaskWaitable(other.Context, new TaskCompletionSource().Task));
        cancellation.CancelAfter(30);
        Assert.ThrowsAny<OperationCanceledException>(() => other.Get<Action<Pollable>>("io/poll#[method]pollable.block")(second));
    }

    [Fact]
    public void A_hundred_thousand_pollables_are_looked_at_and_stopped()
    {
        new WasiProbe().Dispose();
        using WasiProbe probe = new(options: new StoreOptions { Timeout = TimeSpan.FromMilliseconds(500) });
        Pollable waiting = new(probe.Context, new TaskWaitable(probe.Context, new TaskCompletionSource().Task));
        Pollable[] many = [.. Enumerable.Repeat(waiting, 100_000)];
        Assert.Throws<LimitExceededException>(() => probe.Get<Func<Pollable[], uint[]>>("io/poll#poll")(many));
    }

    [Fact]
    public void A_stream_that_is_dropped_before_its_pollable_traps()
    {
        using WasiProbe probe = new();
        InputStream stream = new MemoryInputStream(probe.Context, default);
        Pollable pollable = probe.Get<Func<InputStream, Pollable>>(In + "subscribe")(stream);
        Assert.Throws<TrapException>(() => probe.Get<Action<InputStream>>("io/streams#drop input-stream")(stream));

        using WasiProbe other = new();
        stream = new MemoryInputStream(other.Context, default);
        pollable = other.Get<Func<InputStream, Pollable>>(In + "subscribe")(stream);
        other.Get<Action<Pollable>>("io/poll#drop pollable")(pollable);
        other.Get<Action<InputStream>>("io/streams#drop input-stream")(stream);
        Assert.Equal(0, other.Context.Resources.Count);
    }

    [Fact]
    public void Resources_have_a_limit_and_end_with_the_run()
    {
        Sink sink;
        using (WasiProbe probe = new())
        {
            sink = new Sink(probe.Context, 8);
            var subscribe = probe.Get<Func<OutputStream, Pollable>>(Out + "subscribe");
            for (int i = probe.Context.Resources.Count; i < ResourceList.Maximum; i++)
            {
                subscribe(sink);
            }

            Assert.Throws<TrapException>(() => subscribe(sink));
            Assert.Equal(ResourceList.Maximum, probe.Context.Resources.Count);
        }

        Assert.True(sink.IsReleased);
    }

    /// <summary>An output with room for some bytes.</summary>
    private sealed class Sink(WasiContext context, int room) : OutputStream(context)
    {
        private readonly MemoryStream _taken = new();

        public int Left { get; set; } = room;

        public bool Fails { get; init; }

        public bool RefillsFromAnotherThread { get; init; }

        public bool IsReleased { get; private set; }

        public string Text => Encoding.UTF8.GetString(_taken.ToArray());

        public override StreamError? Room(out int count)
        {
            count = Left;
            if (count == 0 && RefillsFromAnotherThread)
            {
                ThreadPool.QueueUserWorkItem(_ =>
                {
                    Left = 3;
                    Context.Bell.Ring();
                });
            }

            return null;
        }

        public override StreamError? Put(ReadOnlySpan<byte> bytes)
        {
            Left -= bytes.Length;
            _taken.Write(bytes);
            return Fails ? new StreamError.LastOperationFailed(new IoError(Context, "the sink is clogged")) : null;
        }

        protected override void Release() => IsReleased = true;
    }
}
