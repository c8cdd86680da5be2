using System.Collections.Concurrent;
using Atoll.Host.Configuration;
using Atoll.Host.Telemetry;
using Atoll.Mcp.Tools.Native;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Tools;

/// <summary>Gives each tool its program; one engine and one compiled module for all calls. Thread-safe.</summary>
internal sealed class ToolPrograms : IDisposable
{
    private readonly ConcurrentDictionary<ToolManifest, IToolProgram> _programs = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, IToolProgram> _natives;

    public ToolPrograms(MetricStore metrics, HostConfiguration configuration, IReadOnlyDictionary<string, IToolProgram> natives, ILoggerFactory loggers)
    {
        _natives = new(natives, StringComparer.Ordinal) { ["telemetry.push"] = new TelemetryPush(metrics, TimeProvider.System) };
    }

    /// <summary>Names that a manifest's <c>native://</c> entry may have.</summary>
    public IReadOnlySet<string> Natives => _natives.Keys.ToHashSet(StringComparer.Ordinal);

    public IToolProgram Get(ToolManifest tool) => _programs.GetOrAdd(tool, Make);

    public void Dispose()
    {
    }

    private IToolProgram Make(ToolManifest tool) => tool.EntryKind == ToolEntryKind.Native ? _natives[tool.Entry] : throw new NotSupportedException();
}
