using System.Collections.Concurrent;
using Atoll.Host.Telemetry;
using Atoll.Mcp.Components;
using Atoll.Mcp.Tools.Native;
using Atoll.Wasm;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Tools;

/// <summary>Gives each tool its program; one engine and one compiled module for all calls. Thread-safe.</summary>
internal sealed class ToolPrograms : IDisposable
{
    private readonly ConcurrentDictionary<ToolManifest, IToolProgram> _programs = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, IToolProgram> _natives;
    private readonly WasmModules _modules;
    private readonly ComponentSessions _sessions = new(TimeProvider.System);
    private readonly ILogger _logger;

    public ToolPrograms(MetricStore metrics, IReadOnlyDictionary<string, IToolProgram> natives, ICodeCache? cache, ILoggerFactory loggers)
    {
        _natives = new(natives, StringComparer.Ordinal) { ["telemetry.push"] = new TelemetryPush(metrics, TimeProvider.System) };
        _modules = new WasmModules(cache);
        Components = new ComponentFiles(_modules.Engine);
        _logger = loggers.CreateLogger<ToolPrograms>();
    }

    /// <summary>Names that a manifest's <c>native://</c> entry may have.</summary>
    public IReadOnlySet<string> Natives => _natives.Keys.ToHashSet(StringComparer.Ordinal);

    /// <summary>The components whose functions are tools.</summary>
    public ComponentFiles Components { get; }

    public IToolProgram Get(ToolManifest tool)
        => _programs.GetOrAdd(tool, t => t.EntryKind switch
        {
            ToolEntryKind.Native => _natives[t.Entry],
            ToolEntryKind.Component => new ComponentToolProgram(t, _sessions, _logger),
            _ => new WasmToolProgram(t, _modules, _logger),
        });

    /// <summary>Lets go of the programs of tools that are not offered any more.</summary>
    public void Forget(IEnumerable<ToolManifest> tools)
    {
        foreach (var tool in tools)
        {
            _programs.TryRemove(tool, out _);
        }
    }

    /// <summary>Ends what was kept for a client that is gone.</summary>
    public void EndSession(string session) => _sessions.EndSession(session);

    public void Dispose()
    {
        _sessions.Dispose();
        _modules.Dispose();
    }
}
