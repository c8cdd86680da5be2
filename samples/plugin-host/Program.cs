using Atoll.Wasm;
using PluginHost;

if (args is not [string path])
{
    Console.Error.WriteLine("usage: PluginHost PLUGIN.wasm    (then lines of text; replace the file while it runs)");
    return 2;
}

using ReloadingPlugin plugin = new(new WasmEngine(), path);
while (Console.ReadLine() is { } line)
{
    Console.WriteLine(plugin.Transform(line));
}

return 0;
