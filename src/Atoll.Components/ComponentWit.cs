using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Components.Worlds;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wit;

namespace Atoll.Components;

/// <summary>WIT out of binaries: the world of a component, or the packages that a binary carries.</summary>
public static class ComponentWit
{
    private const string EncodedWorld = "component-type";

    /// <summary>The world of a component: what it imports and exports. Documentation comes along where the binary carries it.</summary>
    /// <param name="component">The component.</param>
    /// <returns>A model whose root package is <c>root:component</c>, with the one world <c>root</c>.</returns>
    /// <exception cref="NotSupportedException">An import or export cannot be written in WIT (a core module, a component, a name by address or hash).</exception>
    public static WitModel Of(Component component)
    {
        ArgumentNullException.ThrowIfNull(component);
        return WorldOf(component.Definition);
    }

    /// <summary>
    /// Reads the WIT of any binary: of a component its world; of a WIT package in binary form its interfaces and worlds; of a core module the worlds that a
    /// binding generator left in its custom sections <c>component-type…</c>.
    /// </summary>
    /// <param name="bytes">The bytes of a component or a module.</param>
    /// <exception cref="MalformedComponentException">The bytes do not follow the format, or break a limit.</exception>
    /// <exception cref="MalformedModuleException">Likewise, of a core module.</exception>
    /// <exception cref="InvalidComponentException">A rule of validation is broken.</exception>
    /// <exception cref="NotSupportedException">There is no WIT in it, or something in it cannot be written in WIT.</exception>
    public static WitModel Read(ReadOnlyMemory<byte> bytes)
    {
        if (!Component.IsComponent(bytes.Span))
        {
            return OfModule(bytes.ToArray());
        }

        ComponentDefinition definition = ComponentLoader.Load(bytes.ToArray(), ComponentLoadOptions.Default);
        if (!IsPackage(definition.Type!))
        {
            return WorldOf(definition);
        }

        WorldBuilder builder = new(PackageDocs.Read(definition));
        builder.AddPackage(definition.Type!);
        return builder.ToModel();
    }

    private static WitModel WorldOf(ComponentDefinition definition)
    {
        WorldBuilder builder = new(PackageDocs.Read(definition));
        builder.AddWorld("root:component/root", definition.Type!);
        return builder.ToModel();
    }

    private static WitModel OfModule(byte[] bytes)
    {
        ModuleDefinition module = ModuleDecoder.Decode(bytes, ModuleLimits.Default);
        ComponentDefinition[] encoded =
        [
            .. module.CustomSections.Where(section => section.Name.StartsWith(EncodedWorld, StringComparison.Ordinal))
                .Select(section => ComponentLoader.Load(bytes[section.Content.Start..section.Content.End], ComponentLoadOptions.Default)),
        ];
        if (encoded.Length == 0)
        {
            throw new NotSupportedException($"it is a core module without a custom section `{EncodedWorld}…`, so there is no WIT in it");
        }

        WorldBuilder builder = new([.. encoded.SelectMany(PackageDocs.Read)]);
        foreach (ComponentDefinition definition in encoded)
        {
            builder.AddPackage(definition.Type!);
        }

        return builder.ToModel();
    }

    // A WIT package in binary form exports component types and nothing else, one for each interface and world.
    private static bool IsPackage(ComponentType type) =>
        type.Imports.IsEmpty && !type.Exports.IsEmpty
        && type.Exports.All(item => item.Type is { Kind: ComponentExternKind.Type, Type: ComponentType { Exports: [{ Type.Kind: ComponentExternKind.Instance or ComponentExternKind.Component }] } });
}
