using System.Text.Encodings.Web;
using System.Text.Json;
using Atoll.Components.Worlds;
using Atoll.Wasm.Text;
using Atoll.Wit;

namespace Atoll.Components.Writing;

/// <summary>What WIT says about the exports of a component, so that it stands in the binary: custom sections <c>package-docs</c>, one for each package.</summary>
internal static class WorldDocs
{
    private const byte FormatVersion = 1;

    /// <summary>The package and the world that a component has when it is read as WIT.</summary>
    private const string ComponentPackage = "root:component", ComponentWorld = "root";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The name of the section that carries them with a world in a core module: tools that read such worlds refuse several <c>package-docs</c>.</summary>
    public const string EmbeddedSectionName = "atoll-docs";

    /// <summary>Puts the documentation of a world's exports behind a component that exports them. Without any, the component stays as it is.</summary>
    public static byte[] Append(byte[] component, WitWorld world) => Append(component, Of(world));

    /// <summary>Puts documentation behind a component, each part in a section.</summary>
    public static byte[] Append(byte[] component, IReadOnlyList<byte[]> docs)
    {
        if (docs.Count == 0)
        {
            return component;
        }

        ByteBuffer output = new();
        output.Bytes(component);
        foreach (byte[] content in docs)
        {
            ByteBuffer custom = new();
            custom.Name(PackageDocs.SectionName);
            custom.Bytes(content);
            output.Byte(0);
            output.Vector(custom.Span);
        }

        return output.ToArray();
    }

    /// <summary>The documentation of a world's exports: what sections hold, one for each package.</summary>
    public static IReadOnlyList<byte[]> Of(WitWorld world)
    {
        List<byte[]> docs = [];
        WitFunction[] functions = [.. world.Exports.Select(item => item.Function).OfType<WitFunction>()];
        if (functions.Any(function => function.Annotations.Docs is not null))
        {
            docs.Add(Content(ComponentPackage, writer => World(writer, world, functions)));
        }

        foreach (IGrouping<WitPackage, WitInterface> package in world.Exports.Select(item => item.Interface).OfType<WitInterface>().Where(item => item.Name is not null)
            .SelectMany(item => WithUsed(item, world.Package)).Distinct().GroupBy(item => item.Package).Where(package => package.Any(HasDocs)))
        {
            docs.Add(Content(package.Key.Name.ToString(), writer =>
            {
                writer.WriteStartObject("interfaces");
                foreach (WitInterface item in package)
                {
                    writer.WriteStartObject(item.Name!);
                    Docs(writer, item.Annotations.Docs);
                    Functions(writer, "funcs", item.AllFunctions);
                    Types(writer, item.Types);
                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
            }));
        }

        return docs;
    }

    private static bool HasDocs(WitInterface item) =>
        item.Annotations.Docs is not null || item.AllFunctions.Any(function => function.Annotations.Docs is not null)
        || item.Types.Any(type => type.Annotations.Docs is not null || Items(type.Body).Any(part => part.Docs is not null));

    /// <summary>An interface, and those of the author's own package whose types it uses: what others wrote can be read where it comes from.</summary>
    private static IEnumerable<WitInterface> WithUsed(WitInterface item, WitPackage own) =>
        [item, .. item.Types.Select(type => type.Target.Owner).OfType<WitInterface>().Where(owner => owner.Name is not null && owner.Package == own)];

    private static byte[] Content(string package, Action<Utf8JsonWriter> write)
    {
        using MemoryStream content = new();
        content.WriteByte(FormatVersion);
        using (Utf8JsonWriter writer = new(content, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("package", package);
            write(writer);
            writer.WriteEndObject();
        }

        return content.ToArray();
    }

    private static void World(Utf8JsonWriter writer, WitWorld world, IEnumerable<WitFunction> functions)
    {
        writer.WriteStartObject("worlds");
        writer.WriteStartObject(ComponentWorld);
        Docs(writer, world.Annotations.Docs);
        Functions(writer, "func_exports", functions);
        Types(writer, world.Types);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Functions(Utf8JsonWriter writer, string group, IEnumerable<WitFunction> functions)
    {
        writer.WriteStartObject(group);
        foreach (WitFunction function in functions.Where(function => function.Annotations.Docs is not null))
        {
            writer.WriteStartObject(function.ExternName);
            Docs(writer, function.Annotations.Docs);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void Types(Utf8JsonWriter writer, IEnumerable<WitTypeDefinition> types)
    {
        writer.WriteStartObject("types");
        foreach (WitTypeDefinition type in types)
        {
            (string Name, string? Docs)[] items = [.. Items(type.Body).Where(item => item.Docs is not null)];
            if (type.Annotations.Docs is null && items.Length == 0)
            {
                continue;
            }

            writer.WriteStartObject(type.Name);
            Docs(writer, type.Annotations.Docs);
            if (items.Length > 0)
            {
                writer.WriteStartObject("items");
                foreach ((string name, string? docs) in items)
                {
                    writer.WriteString(name, docs);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static IEnumerable<(string Name, string? Docs)> Items(WitTypeBody body) => body switch
    {
        WitRecord record => record.Fields.Select(field => (field.Name, field.Docs)),
        WitVariant variant => variant.Cases.Select(item => (item.Name, item.Docs)),
        WitEnum names => names.Cases.Select(item => (item.Name, item.Docs)),
        WitFlags flags => flags.Flags.Select(item => (item.Name, item.Docs)),
        _ => [],
    };

    private static void Docs(Utf8JsonWriter writer, string? docs)
    {
        if (docs is not null)
        {
            writer.WriteString("docs", docs);
        }
    }
}
