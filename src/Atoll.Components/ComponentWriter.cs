using Atoll.Components.Binary;
using Atoll.Components.Text;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Components.Writing;
using Atoll.Wasm;
using Atoll.Wasm.Text;
using Atoll.Wit;

namespace Atoll.Components;

/// <summary>How a core module encodes the strings that pass in and out of it ("Canonical ABI", <c>string-encoding</c>).</summary>
public enum WorldStringEncoding
{
    /// <summary>UTF-8.</summary>
    Utf8,

    /// <summary>UTF-16, little-endian.</summary>
    Utf16,

    /// <summary>Latin-1, or UTF-16 for strings that have other characters.</summary>
    Latin1OrUtf16,
}

/// <summary>A component in the binary format, and what errors call it.</summary>
/// <param name="Name">For example the name of its file.</param>
/// <param name="Bytes">The component.</param>
public readonly record struct NamedComponent(string Name, ReadOnlyMemory<byte> Bytes);

/// <summary>Makes components: of core modules, and of other components.</summary>
/// <remarks>Thread-safe: it keeps no state. It reads no files. The same input gives the same bytes; what is returned is valid.</remarks>
public static class ComponentWriter
{
    /// <summary>Translates a component, or a module, from the text format to the binary format.</summary>
    /// <param name="utf8">
    /// One <c>(component …)</c>, or what <see cref="WatText.ToBinary(ReadOnlySpan{byte})"/> takes. Not longer than 256 MiB and 50 million tokens.
    /// </param>
    /// <returns>The binary. It follows the binary format; unlike what else is written here, it need not be valid.</returns>
    /// <exception cref="MalformedModuleException">The text does not follow the format; the message has line and column.</exception>
    public static byte[] FromText(ReadOnlySpan<byte> utf8)
    {
        TextSource source = TextSource.Read(utf8.ToArray());
        return ComponentText.IsComponent(source) ? ComponentText.Assemble(source) : WatText.Assemble(source);
    }

    /// <summary>Puts a world into a core module, as a custom section that <see cref="FromModule"/>, wit-component and jco read.</summary>
    /// <param name="module">The module in the binary format.</param>
    /// <param name="world">The world that the module was written for. One of the same name that the module has already is replaced.</param>
    /// <param name="encoding">How the module encodes strings.</param>
    /// <returns>The module with the section.</returns>
    /// <exception cref="MalformedModuleException">The bytes are no module.</exception>
    public static byte[] EmbedWorld(ReadOnlyMemory<byte> module, WitWorld world, WorldStringEncoding encoding = WorldStringEncoding.Utf8)
    {
        ArgumentNullException.ThrowIfNull(world);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)encoding, (int)WorldStringEncoding.Latin1OrUtf16, nameof(encoding));
        return EmbeddedWorld.Embed(module.ToArray(), world, (StringEncoding)encoding);
    }

    /// <summary>Makes a component of a core module that holds its world (<see cref="EmbedWorld"/>), with what WIT says about the world's exports.</summary>
    /// <param name="module">
    /// The module in the binary format. It has the names and types that the canonical ABI asks for: imports as <c>ns:pkg/interface</c> and <c>function</c>, exports as
    /// <c>ns:pkg/interface#function</c>, <c>memory</c>, <c>cabi_realloc</c>, <c>cabi_post_…</c> ("Canonical ABI", "BuildTargets").
    /// </param>
    /// <param name="adaptPreview1">
    /// Whether imports of WASI preview 1 are turned into imports of WASI 0.2, by a module that is put beside this one. A module that exports <c>_start</c> becomes a
    /// command, which exports <c>wasi:cli/run</c>. It needs no world then.
    /// </param>
    /// <param name="cancellationToken">Stops the work between its parts.</param>
    /// <returns>The component in the binary format. It imports only what the module uses.</returns>
    /// <exception cref="ComponentWritingException">The module has no world, or does not fit it; the exception lists what is missing or of another type.</exception>
    /// <exception cref="MalformedModuleException">The bytes are no module.</exception>
    /// <exception cref="InvalidModuleException">The module is invalid.</exception>
    /// <exception cref="InvalidComponentException">The module uses what a component cannot have, for example a 64-bit memory.</exception>
    public static byte[] FromModule(ReadOnlyMemory<byte> module, bool adaptPreview1 = false, CancellationToken cancellationToken = default)
    {
        GuestModule main = new(module.ToArray(), CoreNames.Realloc, cancellationToken);
        EmbeddedWorld? world = EmbeddedWorld.Read(main.Definition, cancellationToken);
        if (world is null && !adaptPreview1)
        {
            throw new ComponentWritingException(
                "the module holds no world, so it is not known what the component imports and exports. Embed one with EmbedWorld or `atoll component embed`.");
        }

        ComponentType types = world?.World ?? new ComponentType([], [], [], []);
        main.Encoding = world?.Encoding ?? StringEncoding.Utf8;
        (GuestModule Adapter, EmbeddedWorld World)? adapter = adaptPreview1 ? Preview1Adapter.For(main, types) : null;
        if (adapter is { } found)
        {
            types = WorldMerge.Merge(types, found.World.World, "the world of the module and that of the preview 1 adapter");
        }

        byte[] component = ModuleComponent.Write(ModulePlan.Make(main, adapter?.Adapter, types, Preview1Adapter.ModuleName));
        return Check(WorldDocs.Append(component, world?.Docs ?? []), cancellationToken);
    }

    /// <summary>Plugs components into the imports of another.</summary>
    /// <param name="socket">The component whose imports are satisfied.</param>
    /// <param name="plugs">
    /// The components whose exports satisfy them. An import takes the first export of its name, else the first of a compatible version (<c>0.2.0</c> and
    /// <c>0.2.6</c> are). Each plug must satisfy something. Their own imports are not plugged.
    /// </param>
    /// <param name="cancellationToken">Stops the work between its parts.</param>
    /// <returns>
    /// A component that holds them all. It imports what is still open, once where several need it, and exports what the socket exports.
    /// </returns>
    /// <exception cref="ComponentWritingException">A plug has nothing that fits, or something has the name and another type.</exception>
    /// <exception cref="MalformedComponentException">One of them is no component.</exception>
    /// <exception cref="InvalidComponentException">One of them is invalid.</exception>
    public static byte[] Plug(NamedComponent socket, IReadOnlyList<NamedComponent> plugs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plugs);
        Composition.Part[] parts = [.. plugs.Select(plug => Composition.Part.Load(plug.Name, plug.Bytes.ToArray(), cancellationToken))];
        byte[] composed = Composition.Plug(Composition.Part.Load(socket.Name, socket.Bytes.ToArray(), cancellationToken), parts);
        try
        {
            return Check(composed, cancellationToken);
        }
        catch (InvalidComponentException exception)
        {
            // All parts are valid; so it is what they say of each other's types.
            throw new ComponentWritingException($"the components cannot be put together: {exception.Message}");
        }
    }

    private static byte[] Check(byte[] component, CancellationToken cancellationToken)
    {
        ComponentLoader.Load(component, ComponentLoadOptions.Default, cancellationToken);
        return component;
    }
}
