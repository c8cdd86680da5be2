using System.Text;
using Atoll.Components.Binary;
using Atoll.Components.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests;

/// <summary>The core modules of components in the engine's cache.</summary>
public sealed class CachingTests
{
    private const string Text = """
        (component
          (component $inner
            (core module $m (func (export "f") (result i32) (i32.const 42)))
            (core instance $i (instantiate $m))
            (func (export "f") (result u32) (canon lift (core func $i "f"))))
          (core module $m (func (export "f") (result i32) (i32.const 42)))
          (core module $other (memory 1))
          (core instance (instantiate $m))
          (core instance (instantiate $other))
          (instance $i (instantiate $inner))
          (export "f" (func $i "f")))
        """;

    [Fact]
    public void Modules_of_a_component_come_out_of_the_cache()
    {
        byte[] binary = ComponentText.Assemble(TextSource.Read(Encoding.UTF8.GetBytes(Text)));
        Cache cache = new();
        IReadOnlyList<ModuleCode> codes = Component.CompileForCache(new WasmEngine(), binary, TestContext.Current.CancellationToken);
        Assert.Equal(2, codes.Count);
        foreach (ModuleCode code in codes)
        {
            cache.Entries[code.Key] = new Entry([.. code.Images.Select(image => image.ToArray())]);
        }

        WasmEngine engine = new(new WasmEngineOptions { CodeCache = cache });
        using Store store = new(engine);
        Component component = Component.Load(engine, binary);
        ComponentInstance instance = new ComponentLinker().Instantiate(store, component);
        Assert.DoesNotContain(component.Definition.Definitions.OfType<CoreModuleEntry>(), entry => entry.Module.IsValidated);
        Assert.Equal(ComponentValue.U32(42), instance.GetFunction("f")!.Invoke());
        Assert.Equal(0, cache.Misses);
        Assert.Equal(codes.Select(code => code.Key).Order(), cache.Found.Order());
    }

    private sealed class Cache : ICodeCache
    {
        public Dictionary<string, Entry> Entries { get; } = [];

        public HashSet<string> Found { get; } = [];

        public int Misses { get; private set; }

        public ICachedCode? Find(string key)
        {
            if (Entries.TryGetValue(key, out Entry? entry))
            {
                Found.Add(key);
                return entry;
            }

            Misses++;
            return null;
        }
    }

    private sealed record Entry(byte[][] Images) : ICachedCode
    {
        public int ImageCount => Images.Length;

        public byte[]? Read(int index) => Images[index];

        public string? OpenFile(int index) => null;
    }
}
