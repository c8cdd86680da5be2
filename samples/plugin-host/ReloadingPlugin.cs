using System.Runtime.CompilerServices;
using Atoll.Components;
using Atoll.Wasm;

namespace PluginHost;

/// <summary>A plug-in that is replaced when its file is. A file that is no plug-in of this world changes nothing.</summary>
internal sealed class ReloadingPlugin : IPluginImports, IDisposable
{
    private readonly WasmEngine _engine;
    private readonly string _path;
    private readonly FileSystemWatcher _watcher;
    private Store _store;
    private Plugin _plugin;
    private int _isStale;

    public ReloadingPlugin(WasmEngine engine, string path)
    {
        _engine = engine;
        _path = Path.GetFullPath(path);
        (_store, _plugin) = Load();
        _watcher = new FileSystemWatcher(Path.GetDirectoryName(_path)!, Path.GetFileName(_path)) { EnableRaisingEvents = true };
        _watcher.Changed += (_, _) => Volatile.Write(ref _isStale, 1);
        _watcher.Created += (_, _) => Volatile.Write(ref _isStale, 1);
        _watcher.Renamed += (_, _) => Volatile.Write(ref _isStale, 1);
    }

    public string Transform(string text)
    {
        if (Interlocked.Exchange(ref _isStale, 0) == 1)
        {
            WeakReference old = Watch();
            if (Swap())
            {
                Collect();
                Console.Error.WriteLine($"now `{_plugin.Name()}`; the old plug-in is {(old.IsAlive ? "still loaded" : "unloaded")}");
            }
        }

        Result<string, string> result = _plugin.Transform(text);
        return result.IsError ? $"refused: {result.Error}" : result.Value;
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _store.Dispose();
    }

    // What the plug-in imports.
    void IPluginImports.Log(string message) => Console.Error.WriteLine($"[{message}]");

    private (Store Store, Plugin Plugin) Load()
    {
        // A plug-in has 64 MiB and one function, `log`: nothing else of the system.
        Component component = Plugin.Load(_engine, File.ReadAllBytes(_path));
        Store store = new(_engine, new StoreOptions { MaxMemoryBytes = 64 << 20 });
        return (store, Plugin.Instantiate(store, component, this));
    }

    // Not inlined, like the next: a reference in a local of the caller would keep the old code loaded.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference Watch() => new(_plugin.Instance.Component);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Swap()
    {
        try
        {
            (Store store, Plugin plugin) = Load();
            _store.Dispose();
            (_store, _plugin) = (store, plugin);
            return true;
        }
        catch (Exception exception) when (exception is IOException or WasmException)
        {
            Console.Error.WriteLine($"the new file is not used: {exception.Message}");
            return false;
        }
    }

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
