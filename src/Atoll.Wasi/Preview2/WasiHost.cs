using Atoll.Components;

namespace Atoll.Wasi.Preview2;

/// <summary>What the packages of WASI 0.2 have in common.</summary>
internal static class WasiHost
{
    /// <summary>The version that is implemented; it serves imports of every 0.2.x.</summary>
    public const string Version = "0.2.12";

    /// <summary>The whole name of an interface: <c>wasi:io/poll@0.2.12</c> for <c>io/poll</c>.</summary>
    public static string Name(string path) => $"wasi:{path}@{Version}";

    /// <summary>The run that a call belongs to.</summary>
    public static WasiContext Context(ComponentCaller caller) =>
        caller.Store.State as WasiContext
        ?? throw new InvalidOperationException($"the store has no {nameof(WasiContext)}; run the component with {nameof(WasiCommand)}, or set one as the store's state");

    public static void AddTo(ComponentLinker linker)
    {
        Io.IoHost.AddTo(linker);
        Clocks.ClocksHost.AddTo(linker);
        RandomHost.AddTo(linker);
        Cli.CliHost.AddTo(linker);
        Files.FilesHost.AddTo(linker);
        Http.HttpHost.AddTo(linker);
        Sockets.SocketsHost.AddTo(linker);
        Config.ConfigHost.AddTo(linker);
        KeyValue.KeyValueHost.AddTo(linker);
    }
}
