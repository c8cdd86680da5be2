using Atoll.Components;
using Atoll.Components.Writing;
using Atoll.Sdk.Bindgen.AssemblyScript;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Sdk;

/// <summary>Makes of what a guest's compiler wrote what <see cref="ComponentWriter.FromModule"/> takes.</summary>
/// <remarks>Thread-safe: it keeps no state. It reads no files.</remarks>
public static class GuestModules
{
    /// <summary>Puts the world into a core module that was compiled with generated bindings, and gives its exports the names that the canonical ABI wants.</summary>
    /// <param name="language">The guest's language.</param>
    /// <param name="module">The module in the binary format.</param>
    /// <param name="world">The world that the bindings are of.</param>
    /// <returns>The module with the world.</returns>
    /// <exception cref="MalformedModuleException">The bytes are no module.</exception>
    public static byte[] Complete(GuestLanguage language, ReadOnlyMemory<byte> module, WitWorld world)
    {
        ArgumentNullException.ThrowIfNull(world);
        return language == GuestLanguage.AssemblyScript
            ? ComponentWriter.EmbedWorld(ModuleExports.Rename(module.ToArray(), ScriptModule.Original), world, WorldStringEncoding.Utf16)
            : ComponentWriter.EmbedWorld(module, world);
    }
}
