using System.Diagnostics;
using System.Text;
using Atoll.Components;
using Atoll.Wasi.Preview2.Cli;
using Atoll.Wasi.Preview2.Clocks;
using Atoll.Wasi.Preview2.Io;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary><c>wasi:clocks</c>, <c>wasi:random</c> and <c>wasi:cli</c>, with grants and without.</summary>
public sealed class SystemTests
{
    private const string Monotonic = "clocks/monotonic-clock#";

    [Fact]
    public void Granted_clocks_tell_the_time()
    {
        using WasiProbe probe = new(Grants.None.AllowClock());
        Datetime now = probe.Get<Func<Datetime>>("clocks/wall-clock#now")();
        Assert.InRange((long)now.Seconds, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
        Assert.InRange(now.Nanoseconds, 0u, 999_999_999u);
        Assert.Equal(new Datetime(0, 100), probe.Get<Func<Datetime>>("clocks/wall-clock#resolution")());
        var monotonic = probe.Get<Func<ulong>>(Monotonic + "now");
        Assert.InRange(monotonic(), 1ul, monotonic());
        Assert.InRange(probe.Get<Func<ulong>>(Monotonic + "resolution")(), 1ul, 1_000_000ul);
        Assert.Empty(probe.Decisions);
    }

    [Fact]
    public void A_guest_can_sleep()
    {
        using WasiProbe probe = new(Grants.None.AllowClock());
        var block = probe.Get<Action<Pollable>>("io/poll#[method]pollable.block");
        long began = Stopwatch.GetTimestamp();
        block(probe.Get<Func<ulong, Pollable>>(Monotonic + "subscribe-duration")(30_000_000));
        Assert.True(Stopwatch.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(29));
        block(probe.Get<Func<ulong, Pollable>>(Monotonic + "subscribe-instant")(0));
        Assert.False(probe.Get<Func<Pollable, bool>>("io/poll#[method]pollable.ready")(
            probe.Get<Func<ulong, Pollable>>(Monotonic + "subscribe-duration")(ulong.MaxValue)));
    }

    [Fact]
    public void The_first_of_many_alarms_wakes()
    {
        using WasiProbe probe = new(Grants.None.AllowClock());
        var subscribe = probe.Get<Func<ulong, Pollable>>(Monotonic + "subscribe-duration");
        Pollable[] alarms = [subscribe(3_600_000_000_000), subscribe(20_000_000), subscribe(ulong.MaxValue)];
        Assert.Equal([1u], probe.Get<Func<Pollable[], uint[]>>("io/poll#poll")(alarms));
    }

    [Fact]
    public void Without_a_clock_time_stands_and_sleeping_takes_none()
    {
        using WasiProbe probe = new();
        Assert.Equal(0ul, probe.Get<Func<Datetime>>("clocks/wall-clock#now")().Seconds);
        ulong before = probe.Get<Func<ulong>>(Monotonic + "now")();
        long began = Stopwatch.GetTimestamp();
        probe.Get<Action<Pollable>>("io/poll#[method]pollable.block")(probe.Get<Func<ulong, Pollable>>(Monotonic + "subscribe-duration")(3_600_000_000_000));
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(1));
        Assert.InRange(probe.Get<Func<ulong>>(Monotonic + "now")() - before, 3_600_000_000_000ul, 3_601_000_000_000ul);
        Assert.Contains(probe.Decisions, decision => !decision.Allowed && decision.Capability.ToString() == "clock:read:**");
    }

    [Fact]
    public void Granted_random_numbers_differ()
    {
        using WasiProbe probe = new(Grants.None.AllowRandom());
        var bytes = probe.Get<Func<ulong, byte[]>>("random/random#get-random-bytes");
        Assert.Empty(bytes(0));
        Assert.Equal(100_000, bytes(100_000).Length);
        Assert.NotEqual(bytes(16), bytes(16));
        Assert.NotEqual(probe.Get<Func<ulong>>("random/random#get-random-u64")(), probe.Get<Func<ulong>>("random/random#get-random-u64")());
        Assert.NotEqual(probe.Get<Func<(ulong, ulong)>>("random/insecure-seed#insecure-seed")(), probe.Get<Func<(ulong, ulong)>>("random/insecure-seed#insecure-seed")());
        Assert.Throws<TrapException>(() => bytes(ulong.MaxValue));
    }

    [Fact]
    public void Without_a_grant_secure_numbers_trap_and_others_can_be_foretold()
    {
        ulong Insecure()
        {
            using WasiProbe probe = new();
            Assert.Equal(16, probe.Get<Func<ulong, byte[]>>("random/insecure#get-insecure-random-bytes")(16).Length);
            return probe.Get<Func<ulong>>("random/insecure#get-insecure-random-u64")();
        }

        Assert.Equal(Insecure(), Insecure());
        using WasiProbe denied = new();
        Assert.Throws<TrapException>(() => denied.Get<Func<ulong, byte[]>>("random/random#get-random-bytes")(8));
        Assert.Contains(denied.Decisions, decision => !decision.Allowed && decision.Capability.ToString() == "random:read:**");
    }

    [Fact]
    public void Arguments_and_variables_are_those_of_the_grants()
    {
        using WasiProbe probe = new(Grants.None.AllowArguments("prog", "größ").AllowEnvironment("LANG", "C").AllowEnvironment("E", ""));
        Assert.Equal(["prog", "größ"], probe.Get<Func<string[]>>("cli/environment#get-arguments")());
        Assert.Equal([("LANG", "C"), ("E", "")], probe.Get<Func<(string, string)[]>>("cli/environment#get-environment")());
        using WasiProbe nothing = new();
        Assert.Empty(nothing.Get<Func<string[]>>("cli/environment#get-arguments")());
        Assert.Empty(nothing.Get<Func<(string, string)[]>>("cli/environment#get-environment")());
        Assert.Null(nothing.Get<Func<string?>>("cli/environment#initial-cwd")());
        Assert.Null(nothing.Get<Func<TerminalInput?>>("cli/terminal-stdin#get-terminal-stdin")());
        Assert.Null(nothing.Get<Func<TerminalOutput?>>("cli/terminal-stdout#get-terminal-stdout")());
        Assert.Null(nothing.Get<Func<TerminalOutput?>>("cli/terminal-stderr#get-terminal-stderr")());
    }

    [Fact]
    public void Exit_ends_the_guest()
    {
        foreach (bool fails in (bool[])[false, true])
        {
            using WasiProbe probe = new();
            GuestExitException exit = Assert.Throws<GuestExitException>(
                () => probe.Get<Action<Result<Unit, Unit>>>("cli/exit#exit")(fails ? Result<Unit, Unit>.Fail(default) : Result<Unit, Unit>.Ok(default)));
            Assert.Equal(fails ? 1 : 0, exit.ExitCode);
        }

        using WasiProbe other = new();
        Assert.Equal(200, Assert.Throws<GuestExitException>(() => other.Get<Action<byte>>("cli/exit#exit-with-code")(200)).ExitCode);
    }

    [Fact]
    public void Standard_streams_are_those_of_the_grants()
    {
        using MemoryStream output = new();
        using MemoryStream errors = new();
        using WasiProbe probe = new(Grants.None.AllowStdin(new MemoryStream("in"u8.ToArray())).AllowStdout(output).AllowStderr(errors));
        InputStream input = probe.Get<Func<InputStream>>("cli/stdin#get-stdin")();
        Assert.Equal("in"u8.ToArray(), probe.Get<Func<InputStream, ulong, Result<byte[], StreamError>>>("io/streams#[method]input-stream.blocking-read")(input, 99).Value);
        var write = probe.Get<Func<OutputStream, byte[], Result<Unit, StreamError>>>("io/streams#[method]output-stream.blocking-write-and-flush");
        Assert.False(write(probe.Get<Func<OutputStream>>("cli/stdout#get-stdout")(), "out"u8.ToArray()).IsError);
        Assert.False(write(probe.Get<Func<OutputStream>>("cli/stderr#get-stderr")(), "err"u8.ToArray()).IsError);
        Assert.Equal("out", Encoding.UTF8.GetString(output.ToArray()));
        Assert.Equal("err", Encoding.UTF8.GetString(errors.ToArray()));
    }

    [Fact]
    public void Waiting_for_input_that_does_not_come_can_be_stopped_and_goes_on_in_the_next_run()
    {
        new WasiProbe().Dispose();
        using System.IO.Pipes.AnonymousPipeServerStream writer = new(System.IO.Pipes.PipeDirection.Out);
        using System.IO.Pipes.AnonymousPipeClientStream reader = new(System.IO.Pipes.PipeDirection.In, writer.ClientSafePipeHandle);
        Grants grants = Grants.None.AllowStdin(reader);
        const string Read = "io/streams#[method]input-stream.blocking-read";
        using (WasiProbe probe = new(grants, new StoreOptions { Timeout = TimeSpan.FromMilliseconds(500) }))
        {
            InputStream input = probe.Get<Func<InputStream>>("cli/stdin#get-stdin")();
            Assert.Empty(probe.Get<Func<InputStream, ulong, Result<byte[], StreamError>>>("io/streams#[method]input-stream.read")(input, 9).Value);
            Assert.Throws<LimitExceededException>(() => probe.Get<Func<InputStream, ulong, Result<byte[], StreamError>>>(Read)(input, 9));
        }

        using WasiProbe second = new(grants);
        ThreadPool.QueueUserWorkItem(_ => writer.Write("late"u8));
        InputStream again = second.Get<Func<InputStream>>("cli/stdin#get-stdin")();
        Assert.Equal("late"u8.ToArray(), second.Get<Func<InputStream, ulong, Result<byte[], StreamError>>>(Read)(again, 9).Value);
        writer.Dispose();
        Assert.IsType<StreamError.Closed>(second.Get<Func<InputStream, ulong, Result<byte[], StreamError>>>(Read)(again, 9).Error);
    }

    [Fact]
    public void Output_that_nobody_takes_can_be_stopped_and_output_has_a_limit()
    {
        new WasiProbe().Dispose();
        using System.IO.Pipes.AnonymousPipeServerStream writer = new(System.IO.Pipes.PipeDirection.Out);
        using System.IO.Pipes.AnonymousPipeClientStream reader = new(System.IO.Pipes.PipeDirection.In, writer.ClientSafePipeHandle);
        const string Write = "io/streams#[method]output-stream.blocking-write-and-flush";
        using (WasiProbe probe = new(Grants.None.AllowStdout(writer), new StoreOptions { Timeout = TimeSpan.FromMilliseconds(500) }))
        {
            OutputStream output = probe.Get<Func<OutputStream>>("cli/stdout#get-stdout")();
            var write = probe.Get<Func<OutputStream, byte[], Result<Unit, StreamError>>>(Write);
            for (int i = 0; i < 1000; i++)
            {
                if (i == 999)
                {
                    Assert.Fail("a pipe does not take that much");
                }

                try
                {
                    write(output, new byte[4096]);
                }
                catch (LimitExceededException)
                {
                    break;
                }
            }
        }

        using WasiProbe limited = new(Grants.None.AllowStdout(new MemoryStream(), limitBytes: 10));
        OutputStream small = limited.Get<Func<OutputStream>>("cli/stdout#get-stdout")();
        Assert.Contains("output limit", Assert.Throws<TrapException>(
            () => limited.Get<Func<OutputStream, byte[], Result<Unit, StreamError>>>(Write)(small, new byte[11])).Message, StringComparison.Ordinal);
    }
}
