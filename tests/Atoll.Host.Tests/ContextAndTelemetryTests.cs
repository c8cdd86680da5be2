using System.Text;
using System.Text.Json;
using Atoll.Host.Context;
using Atoll.Host.Telemetry;

namespace Atoll.Host.Tests;

public class ContextAndTelemetryTests
{
    private const string Id = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static readonly ContextFrame Operator = new()
    {
        Tenant = "op", RiskLevel = RiskLevel.Medium, ReadOnly = true, CpuMilliseconds = 1000, MemoryBytes = 1 << 20, Workspace = "/ws",
    };

    [Fact]
    public void A_request_can_only_narrow()
    {
        var wide = Parse("""{"risk_level":"low","flags":{"read_only":false,"dry_run":false},"budgets":{"cpu_ms":999999,"memory_bytes":99999999}}""");
        var frame = Operator.Narrow(wide, Id, fixedTenant: true);
        Assert.Equal((RiskLevel.Medium, true, false, 1000L, 1L << 20), (frame.RiskLevel, frame.ReadOnly, frame.DryRun, frame.CpuMilliseconds, frame.MemoryBytes));

        var narrow = Parse("""{"risk_level":"high","flags":{"dry_run":true,"quiet":true},"budgets":{"cpu_ms":10,"memory_bytes":65536}}""");
        frame = Operator.Narrow(narrow, Id, fixedTenant: true);
        Assert.Equal((RiskLevel.High, true, true, 10L, 65536L), (frame.RiskLevel, frame.ReadOnly, frame.DryRun, frame.CpuMilliseconds, frame.MemoryBytes));
        Assert.True(frame.OtherFlags["quiet"]);
    }

    [Fact]
    public void A_fixed_tenant_stays()
    {
        var request = Parse("""{"tenant":"other","stage":"prod"}""");
        Assert.Equal("op", Operator.Narrow(request, Id, fixedTenant: true).Tenant);
        Assert.Equal("other", Operator.Narrow(request, Id, fixedTenant: false).Tenant);
        Assert.Equal("prod", Operator.Narrow(request, Id, fixedTenant: true).Stage);
        Assert.Equal("dev", (Operator with { Stage = "dev" }).Narrow(request, Id, fixedTenant: true).Stage);
    }

    [Fact]
    public void Unknown_members_are_kept_and_the_frame_is_written_as_the_contract_has_it()
    {
        var frame = Operator.Narrow(Parse("""{"x":{"y":[1]},"stage":"build"}"""), Id, fixedTenant: true);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            frame.WriteTo(writer, "/guest");
        }

        Assert.Equal(
            """{"reason_trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","tenant":"op","stage":"build","risk_level":"medium","flags":{"read_only":true,"dry_run":false},"budgets":{"cpu_ms":1000,"memory_bytes":1048576},"workspace":"/guest","x":{"y":[1]}}""",
            Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"reason_trace_id":"xyz"}""")]
    [InlineData("""{"reason_trace_id":"00000000000000000000000000000000"}""")]
    [InlineData("""{"tenant":7}""")]
    [InlineData("""{"tenant":"a\nb"}""")]
    [InlineData("""{"risk_level":"none"}""")]
    [InlineData("""{"flags":{"read_only":"yes"}}""")]
    [InlineData("""{"flags":[]}""")]
    [InlineData("""{"budgets":{"cpu_ms":0}}""")]
    [InlineData("""{"budgets":{"cpu_ms":-1}}""")]
    [InlineData("""{"budgets":{"memory_bytes":1e30}}""")]
    public void A_wrong_frame_is_refused_with_a_reason(string json)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Null(FrameRequest.Parse(document.RootElement, out var error));
        Assert.False(string.IsNullOrEmpty(error));
    }

    [Fact]
    public void A_huge_frame_is_refused()
    {
        using var document = JsonDocument.Parse($$"""{"x":"{{new string('a', 20_000)}}"}""");
        Assert.Null(FrameRequest.Parse(document.RootElement, out _));
    }

    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Id)]
    [InlineData("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what", Id)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what", null)]
    [InlineData("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", null)]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01", null)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", null)]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", null)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Traceparent_is_read_as_the_recommendation_has_it(string? header, string? id)
    {
        Assert.Equal(id is not null, TraceId.TryParseTraceParent(header, out var traceId));
        Assert.Equal(id, traceId);
    }

    [Fact]
    public void Made_trace_ids_are_valid_and_differ()
    {
        var ids = Enumerable.Range(0, 100).Select(_ => TraceId.Create()).ToList();
        Assert.All(ids, id => Assert.True(TraceId.IsValid(id)));
        Assert.Equal(100, ids.Distinct().Count());
    }

    [Fact]
    public void The_metric_store_keeps_the_newest()
    {
        var store = new MetricStore(10);
        for (var i = 0; i < 25; i++)
        {
            store.Add([new MetricPoint(DateTimeOffset.UnixEpoch, i % 2 == 0 ? "even" : "odd", i, "1", [], Id)]);
        }

        Assert.Equal(25, store.Total);
        Assert.Equal(Enumerable.Range(15, 10).Select(i => (double)i), store.Recent(100).Select(p => p.Value));
        Assert.Equal([22, 24], store.Recent(2, "even").Select(p => p.Value));
        Assert.Empty(store.Recent(5, "none"));
    }

    private static FrameRequest Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var frame = FrameRequest.Parse(document.RootElement, out var error);
        Assert.Null(error);
        return frame!;
    }
}
