using Atoll.Components.Binary;
using Atoll.Components.Text;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Components.Worlds;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;
using Atoll.Wit;

namespace Atoll.Components.Writing;

/// <summary>
/// The world that a core module was made for, as it travels in custom sections of the module: a component that exports the world's type, and says in a custom
/// section of its own how the module encodes strings. wit-bindgen and wit-component read and write the same.
/// </summary>
/// <param name="Name">Name of the world.</param>
/// <param name="World">What a component of the world imports and exports.</param>
/// <param name="Encoding">How the module encodes strings.</param>
internal sealed record EmbeddedWorld(string Name, ComponentType World, StringEncoding Encoding)
{
    /// <summary>Documentation of what it exports, as <see cref="WorldDocs"/> puts it behind a component.</summary>
    public IReadOnlyList<byte[]> Docs { get; init; } = [];

    private const string SectionPrefix = "component-type";
    private const string EncodingSection = "wit-component-encoding";
    private const byte EncodingVersion = 4;

    private static readonly ComponentLoadOptions Options = new() { Features = ComponentFeatures.All };

    /// <summary>Puts a world into a module, in place of one that has the same name.</summary>
    /// <exception cref="MalformedModuleException">The bytes are no module.</exception>
    public static byte[] Embed(byte[] module, WitWorld world, StringEncoding encoding)
    {
        string name = SectionName(world);
        byte[] content = Encode(world, encoding);
        ByteBuffer output = new();
        CopySections(module, output, section => section != name);
        ByteBuffer custom = new();
        custom.Name(name);
        custom.Bytes(content);
        output.Byte(0);
        output.Vector(custom.Span);
        return output.ToArray();
    }

    /// <summary>The worlds in a module, as one; null if there is none.</summary>
    /// <exception cref="ComponentWritingException">A section has another form, or the worlds do not fit together.</exception>
    public static EmbeddedWorld? Read(ModuleDefinition module, CancellationToken cancellationToken)
    {
        EmbeddedWorld? result = null;
        foreach (CustomSection section in module.CustomSections)
        {
            if (section.Name.StartsWith(SectionPrefix, StringComparison.Ordinal))
            {
                EmbeddedWorld next = Decode(section.Name, module.Bytes.AsSpan(section.Content.Start, section.Content.Length).ToArray(), cancellationToken);
                result = result is null ? next : result.Merge(next);
            }
        }

        return result;
    }

    /// <summary>The module without the worlds in it.</summary>
    public static byte[] Strip(byte[] module)
    {
        ByteBuffer output = new();
        CopySections(module, output, section => !section.StartsWith(SectionPrefix, StringComparison.Ordinal));
        return output.ToArray();
    }

    /// <summary>Both worlds in one.</summary>
    public EmbeddedWorld Merge(EmbeddedWorld other) =>
        Encoding == other.Encoding
            ? this with { World = WorldMerge.Merge(World, other.World, $"the worlds {Name} and {other.Name}"), Docs = [.. Docs, .. other.Docs] }
            : throw new ComponentWritingException(
                $"the worlds {Name} and {other.Name} are in one module, but it encodes strings as {Encoding} for one and as {other.Encoding} for the other");

    /// <summary>Name of the custom section with a world.</summary>
    public static string SectionName(WitWorld world) => $"{SectionPrefix}:{world.QualifiedName}";

    /// <summary>What a custom section with the world holds.</summary>
    public static byte[] Encode(WitWorld world, StringEncoding encoding)
    {
        ComponentItem item = new(world.QualifiedName!, new ComponentExternType(ComponentExternKind.Component, WitTypes.Of(world)));
        ComponentBuilder builder = new();
        builder.CustomSection(EncodingSection, [EncodingVersion, (byte)encoding]);
        int type = builder.IndexOf(new ComponentType([], [item], [], []));
        builder.Export(new NamedIndex(world.Name!, TextSort.Type, type));
        foreach (byte[] docs in WorldDocs.Of(world))
        {
            builder.CustomSection(WorldDocs.EmbeddedSectionName, docs);
        }

        byte[] bytes = builder.ToArray();
        ComponentLoader.Load(bytes, Options);
        return bytes;
    }

    private static EmbeddedWorld Decode(string section, byte[] bytes, CancellationToken cancellationToken)
    {
        ComponentDefinition definition;
        try
        {
            definition = ComponentLoader.Load(bytes, Options, cancellationToken);
        }
        catch (Exception exception) when (exception is MalformedComponentException or InvalidComponentException)
        {
            throw new ComponentWritingException($"the custom section `{section}` holds no world: {exception.Message}");
        }

        CustomEntry? encoding = definition.Definitions.OfType<CustomEntry>().FirstOrDefault(entry => entry.Name == EncodingSection);
        if (encoding is null || encoding.Content.Length != 2)
        {
            throw new ComponentWritingException(
                $"the custom section `{section}` is of an old form (it has no `{EncodingSection}`). Embed the world again with a tool of today.");
        }

        ReadOnlySpan<byte> content = bytes.AsSpan(encoding.Content.Start, 2);
        if (content[0] is < 3 or > EncodingVersion || content[1] > (byte)StringEncoding.Latin1OrUtf16)
        {
            throw new ComponentWritingException($"the custom section `{section}` has the version {content[0]} and string encoding {content[1]}, which are unknown");
        }

        return definition.Type!.Exports is [{ Type.Type: ComponentType { Exports: [{ Type: { Kind: ComponentExternKind.Component, Type: ComponentType world } } item] } }]
            ? new EmbeddedWorld(item.Name, world, (StringEncoding)content[1]) { Docs = DocsOf(definition) }
            : throw new ComponentWritingException($"the custom section `{section}` does not export one type with one world");
    }

    /// <summary>Those that are ours, or else what wit-component has put there.</summary>
    private static IReadOnlyList<byte[]> DocsOf(ComponentDefinition definition)
    {
        ILookup<string, CustomEntry> sections = definition.Definitions.OfType<CustomEntry>().ToLookup(entry => entry.Name);
        IEnumerable<CustomEntry> docs = sections.Contains(WorldDocs.EmbeddedSectionName) ? sections[WorldDocs.EmbeddedSectionName] : sections[PackageDocs.SectionName];
        return [.. docs.Select(entry => definition.Bytes[entry.Content.Start..entry.Content.End])];
    }

    /// <summary>Copies the preamble and the sections of a module, custom ones as the predicate says by their names.</summary>
    private static void CopySections(byte[] module, ByteBuffer output, Func<string, bool> keep)
    {
        const int PreambleBytes = 8;
        if (module.Length < PreambleBytes)
        {
            throw new MalformedModuleException("unexpected end: a module starts with 00 61 73 6d 01 00 00 00", module.Length);
        }

        output.Bytes(module.AsSpan(0, PreambleBytes));
        WasmReader reader = new(module, PreambleBytes, module.Length);
        while (!reader.AtEnd)
        {
            int start = reader.Position;
            byte id = reader.ReadByte();
            int size = (int)Math.Min(reader.ReadVarU32(), int.MaxValue);
            int content = reader.Position;
            reader.ReadBytes(size);
            if (id != 0 || keep(new WasmReader(module, content, content + size).ReadName(size)))
            {
                output.Bytes(module.AsSpan(start, reader.Position - start));
            }
        }
    }
}
