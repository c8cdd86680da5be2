using System.Collections.Concurrent;
using Atoll.Wasm;

namespace Atoll.Fuzz.Running;

/// <summary>Keeps the code of a module as long as the module is loaded from it.</summary>
internal sealed class MemoryCache : ICodeCache
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new();

    public ICachedCode? Find(string key) => _entries.TryGetValue(key, out Entry? entry) ? entry.Found() : null;

    /// <summary>Compiles a module to images, and loads it from these.</summary>
    public WasmModule Load(WasmEngine engine, byte[] bytes)
    {
        ModuleCode code = engine.CompileForCache(bytes);
        Entry entry = new([.. code.Images.Select(image => image.ToArray())]);
        _entries[code.Key] = entry;
        WasmModule module = engine.LoadModule(bytes);
        _entries.TryRemove(code.Key, out _);
        return entry.WasFound ? module : throw new InvalidOperationException("the module was not loaded from its code in the cache");
    }

    private sealed class Entry(byte[][] images) : ICachedCode
    {
        public bool WasFound { get; private set; }

        public int ImageCount => images.Length;

        public byte[]? Read(int index) => images[index];

        public string? OpenFile(int index) => null;

        public Entry Found()
        {
            WasFound = true;
            return this;
        }
    }
}
