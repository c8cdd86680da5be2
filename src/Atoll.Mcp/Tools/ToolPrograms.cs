using System.Collections.Concurrent;
using Atoll.Host.Telemetry;
using Atoll.Mcp.Tools.Native;
using Atoll.Wasm;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Tools;

/// <summary>Gives each tool its program; one engine and one compiled module for all calls. Thread-safe.</summary>
internal sealed class ToolPrograms
{
    private readonly ConcurrentDictionary<ToolManifest, IToolProgram> _programs = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, IToolProgram> _natives;
    private readonly WasmModules _modules;
    private readonly ILogger _logger;

    public ToolPrograms(MetricStore metrics, IReadOnlyDictionary<string, IToolProgram> natives, ICodeCache? cache, ILoggerFactory loggers)
    {
        _natives = new(natives, StringComparer.Ordinal) { ["telemetry.push"] = new TelemetryPush(metrics, TimeProvider.System) };
        _modules = new WasmModules(cache);
        _logger = loggers.CreateLogger<ToolPrograms>();
    }

    /// <summary>Names that a manifest's <c>native://</c> entry may have.</summary>
    public IReadOnlySet<string> Natives => _natives.Keys.ToHashSet(StringComparer.Ordinal);

    public IToolProgram Get(ToolManifest tool)
        => _programs.GetOrAdd(tool, t => t.EntryKind == ToolEntryKind.Native ? _natives[t.Entry] : new WasmToolProgram(t, _modules, _logger));
}
