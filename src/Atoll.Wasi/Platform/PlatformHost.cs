using Atoll.Components;
using Atoll.Wasi.Preview2;

namespace Atoll.Wasi.Platform;

/// <summary>Defines the platform's own interfaces, <c>atoll:platform</c>, on linkers.</summary>
public static class PlatformHost
{
    /// <summary>The version that is implemented; it serves imports of every 0.1.x.</summary>
    internal const string Version = "0.1.0";

    private const string Package = "atoll:platform/";

    private static readonly HashSet<string> Known = ["types", "logging", "context", "metadata", "timers", "key-value", "http", "dns", "tcp", "tls"];

    /// <summary>
    /// Defines those interfaces of <c>atoll:platform</c> that this host has, for imports of every version 0.1.x. They act on the <see cref="WasiContext"/> that is the
    /// <see cref="Wasm.Store.State"/> of the store in which the component is.
    /// </summary>
    /// <param name="linker">Where to define them.</param>
    public static ComponentLinker AddPlatform(this ComponentLinker linker)
    {
        ArgumentNullException.ThrowIfNull(linker);
        LoggingHost.AddTo(linker);
        ContextHost.AddTo(linker);
        TimersHost.AddTo(linker);
        PlatformBucket.AddTo(linker);
        Fetch.AddTo(linker);
        ProbesHost.AddTo(linker);
        return linker;
    }

    /// <summary>Whether <see cref="AddPlatform"/> defines an interface.</summary>
    /// <param name="import">Name of an import: <c>atoll:platform/logging@0.1.0</c>.</param>
    public static bool Defines(string import)
    {
        ArgumentNullException.ThrowIfNull(import);
        string[] parts = import.Split('@');
        return import.StartsWith(Package, StringComparison.Ordinal) && Known.Contains(parts[0][Package.Length..])
            && parts.Length == 2 && parts[1].StartsWith("0.1.", StringComparison.Ordinal);
    }

    /// <summary>The whole name of an interface.</summary>
    internal static string Name(string name) => $"{Package}{name}@{Version}";

    /// <summary>The run that a call belongs to.</summary>
    internal static WasiContext Context(ComponentCaller caller) => WasiHost.Context(caller);
}
