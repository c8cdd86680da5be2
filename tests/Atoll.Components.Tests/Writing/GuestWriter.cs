using Atoll.Wasm;
using Atoll.Wasm.Text;
using Atoll.Wit;

namespace Atoll.Components.Tests.Writing;

/// <summary>Makes components of module texts and WIT, and runs them.</summary>
internal static class GuestWriter
{
    /// <summary>What a module with memory usually has: a memory, and an allocator that never frees.</summary>
    public const string Allocator = """
        (memory (export "memory") 1)
        (global $next (mut i32) (i32.const 1024))
        (func $realloc (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
          (local $at i32)
          (global.set $next (i32.and (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1))) (i32.sub (i32.const 0) (local.get $align))))
          (local.set $at (global.get $next))
          (global.set $next (i32.add (global.get $next) (local.get $size)))
          (memory.copy (local.get $at) (local.get $old) (local.get $old-size))
          (local.get $at))
        """;

    public static WasmEngine Engine { get; } = new();

    public static byte[] Embed(string wat, string wit, string? world = null) =>
        ComponentWriter.EmbedWorld(WatText.ToBinary(wat), WitModel.Parse(wit).SelectWorld(world));

    public static byte[] Write(string wat, string wit, string? world = null) => ComponentWriter.FromModule(Embed(wat, wit, world));

    public static Component Load(byte[] component) => Component.Load(Engine, component);

    public static ComponentInstance Run(byte[] component, Action<ComponentLinker>? define = null)
    {
        ComponentLinker linker = new();
        define?.Invoke(linker);
        return linker.Instantiate(new Store(Engine), Load(component));
    }
}
