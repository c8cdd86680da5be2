using Atoll.Components;
using Atoll.Wasm;
using AtollHost;

string file = Path.Combine(AppContext.BaseDirectory, "plugins", "shout.wasm");
WasmEngine engine = new();
Component component = Plugin.Load(engine, File.ReadAllBytes(file)); // checked against wit/: a plug-in of another world is refused here

// A store is the unit of lifetime and of limits: this one ends its guests ten seconds from now.
using Store store = new(engine, new StoreOptions { Timeout = TimeSpan.FromSeconds(10), MaxMemoryBytes = 64 << 20 });
Plugin plugin = Plugin.Instantiate(store, component, new Messages());
foreach (string text in args)
{
    Result<string, string> result = plugin.Transform(text);
    Console.WriteLine(result.IsError ? $"{plugin.Name()} refused: {result.Error}" : result.Value);
}

/// <summary>What plug-ins may use: all that they can reach is here.</summary>
internal sealed class Messages : IPluginImports
{
    public void Log(string message) => Console.Error.WriteLine($"[{message}]");
}
