using System.Collections.Immutable;
using Atoll.Components;
using Atoll.Wasi.Platform;
using Atoll.Wasm;
using Log = System.Action<Atoll.Wasi.Platform.GuestLogLevel, string, string, Atoll.Wasi.Platform.Field[]>;

namespace Atoll.Wasi.Tests.Platform;

/// <summary>Logging, context, metadata and timers as guests see them.</summary>
public sealed class LoggingTests
{
    [Fact]
    public void A_guest_writes_entries()
    {
        List<GuestLogEntry> entries = [];
        using PlatformProbe probe = new(Grants.None.AllowLogging(entries.Add, GuestLogLevel.Info).AllowContext(new CallContext { TraceId = new string('a', 32) }));
        Log log = probe.Get<Log>("logging#log");
        log(GuestLogLevel.Debug, "x", "not read", []);
        log(GuestLogLevel.Warn, "db", "slow\nquery", [new Field("ms", "12"), new Field("sql", "select \"a\"")]);
        GuestLogEntry entry = Assert.Single(entries);
        Assert.Equal("warn db: slow\\nquery ms=12 sql=\"select \\\"a\\\"\"", entry.ToString());
        Assert.Equal(new string('a', 32), entry.TraceId);
        Assert.Equal(GuestLogLevel.Info, probe.Get<Func<GuestLogLevel?>>("logging#threshold")());
    }

    [Fact]
    public void Entries_cannot_steer_a_terminal_and_are_cut()
    {
        List<GuestLogEntry> entries = [];
        using PlatformProbe probe = new(Grants.None.AllowLogging(entries.Add));
        Log log = probe.Get<Log>("logging#log");
        log(GuestLogLevel.Info, new string('s', 1000), "\e[31mred\r\u202e\t\n", [.. Enumerable.Range(0, 100).Select(_ => new Field("n", new string('v', 10_000)))]);
        log(GuestLogLevel.Info, "", new string('m', 100_000), []);
        Assert.Equal("\ufffd[31mred\ufffd\ufffd\t\n", entries[0].Message);
        Assert.Equal(128, entries[0].Source.Length);
        Assert.Equal(64, entries[0].Fields.Count);
        Assert.Equal(4096, entries[0].Fields[0].Value.Length);
        Assert.Equal(16_384, entries[1].Message.Length);
    }

    [Fact]
    public void A_guest_that_logs_too_much_is_cut_off()
    {
        List<GuestLogEntry> entries = [];
        using PlatformProbe probe = new(Grants.None.AllowLogging(entries.Add, limitBytes: 1000));
        Log log = probe.Get<Log>("logging#log");
        for (int i = 0; i < 100; i++)
        {
            log(GuestLogLevel.Info, "", new string('x', 136), []);
        }

        Assert.Equal(6, entries.Count);
        Assert.Contains("more than 1000 bytes", entries[^1].Message, StringComparison.Ordinal);
        Assert.Null(probe.Get<Func<GuestLogLevel?>>("logging#threshold")());
    }

    [Fact]
    public void Without_grants_a_guest_learns_nothing_and_it_is_told_once()
    {
        using PlatformProbe probe = new();
        for (int i = 0; i < 3; i++)
        {
            probe.Get<Log>("logging#log")(GuestLogLevel.Critical, "", "x", []);
            Assert.Null(probe.Get<Func<GuestLogLevel?>>("logging#threshold")());
            Assert.Null(probe.Get<Func<ContextValue?>>("context#current")());
            Assert.Null(probe.Get<Func<ComponentInfo?>>("metadata#component")());
        }

        Assert.Equal(["context:read:**", "log:write:**", "metadata:read:**"], probe.Decisions.Select(decision => decision.Capability.ToString()).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(probe.Decisions, decision => decision.Allowed);
    }

    [Fact]
    public void A_guest_learns_for_whom_it_runs()
    {
        CallContext call = new()
        {
            TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
            Tenant = "acme",
            Stage = "build",
            Risk = CallRisk.Medium,
            DryRun = true,
            Flags = ImmutableDictionary<string, bool>.Empty.Add("verbose", true),
            Time = TimeSpan.FromMilliseconds(1500),
            MemoryBytes = 1 << 20,
            Workspace = "/data",
            Extra = "{\"x\":1}",
        };
        ComponentMetadata metadata = new("fs.read", "1.2.0") { Labels = ImmutableDictionary<string, string>.Empty.Add("team", "core") };
        using PlatformProbe probe = new(Grants.None.AllowContext(call).AllowMetadata(metadata));
        ContextValue value = probe.Get<Func<ContextValue?>>("context#current")()!;
        Assert.Equal((call.TraceId, "acme", "build", CallRisk.Medium), (value.TraceId, value.Tenant, value.Stage, value.RiskLevel));
        Assert.Equal((false, true), (value.ReadOnly, value.DryRun));
        Assert.Equal(new ContextFlag("verbose", true), Assert.Single(value.Flags));
        Assert.Equal(new ContextBudgets(1_500_000_000, 1 << 20), value.Budgets);
        Assert.Equal(("/data", "{\"x\":1}"), (value.Workspace, value.Extra));
        probe.Context.CallContext = call with { Tenant = "other" };
        Assert.Equal("other", probe.Get<Func<ContextValue?>>("context#current")()!.Tenant);
        ComponentInfo info = probe.Get<Func<ComponentInfo?>>("metadata#component")()!;
        Assert.Equal(("fs.read", "1.2.0", "", new Field("team", "core")), (info.Name, info.Version, info.Instance, Assert.Single(info.Labels)));
    }

    [Fact]
    public void Waiting_takes_the_time_of_the_clock_that_was_granted()
    {
        VirtualClock clock = new(DateTimeOffset.UnixEpoch);
        using PlatformProbe probe = new(Grants.None.AllowClock(clock));
        long began = clock.GetTimestamp();
        probe.Get<Action<ulong>>("timers#sleep")(3_600_000_000_000);
        Assert.InRange(clock.GetTimestamp() - began, TimeSpan.TicksPerHour, TimeSpan.TicksPerHour + TimeSpan.TicksPerSecond);
    }

    [Fact]
    public void A_timer_is_due_again_and_again()
    {
        using PlatformProbe probe = new(Grants.None.AllowClock(new VirtualClock(DateTimeOffset.UnixEpoch)));
        var wait = probe.Get<Func<PlatformTimer, ulong>>("timers#[method]timer.wait");
        var make = probe.Get<Func<ulong, ulong, PlatformTimer>>("timers#[constructor]timer");
        PlatformTimer timer = make(1_000_000_000, 2_000_000_000);
        Assert.Equal(1ul, wait(timer));
        Assert.InRange(probe.Get<Func<PlatformTimer, ulong?>>("timers#[method]timer.remaining")(timer)!.Value, 1_000_000_000ul, 2_000_000_000ul);
        probe.Get<Action<ulong>>("timers#sleep")(7_000_000_000);
        Assert.Equal(3ul, wait(timer));
        Assert.Equal(1ul, wait(timer));
        PlatformTimer once = make(0, 0);
        Assert.Equal(1ul, wait(once));
        Assert.Equal(0ul, wait(once));
        Assert.Null(probe.Get<Func<PlatformTimer, ulong?>>("timers#[method]timer.remaining")(once));
    }

    [Fact]
    public void A_guest_that_sleeps_can_be_stopped()
    {
        using PlatformProbe probe = new(Grants.None.AllowClock(), new StoreOptions { Timeout = TimeSpan.FromMilliseconds(50) });
        Assert.Throws<LimitExceededException>(() => probe.Get<Action<ulong>>("timers#sleep")(ulong.MaxValue));
    }
}
