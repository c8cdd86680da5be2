using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Atoll.Cli.CommandLine;
using Atoll.Components.Types;
using Atoll.Mcp;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Cli.Inspection;

/// <summary>What <c>atoll inspect</c> says of a component: its world, what is in it, what to grant, and which tools it gives.</summary>
internal sealed class ComponentReport
{
    private readonly string _path;
    private readonly byte[] _bytes;
    private readonly ComponentFile _file;
    private readonly ComponentSections _sections;
    private readonly IReadOnlyList<ComponentToolEntry> _tools;
    private readonly IReadOnlyList<NeededCapability> _capabilities;
    private readonly IReadOnlyList<string> _hostDefined;

    public ComponentReport(string path, byte[] bytes, CliContext context)
    {
        _path = path;
        _bytes = bytes;
        _file = ComponentFile.Load(path, bytes, new WasmEngine(), context);
        _sections = ComponentSections.Read(bytes);
        _tools = ComponentToolSurvey.Of(_file.Component, path);
        string[] imports = [.. _file.Component.Type.Imports.Where(NeedsSomething).Select(item => item.Name)];
        _capabilities = CapabilitySurvey.OfComponent(imports);
        _hostDefined = [.. imports.Where(name => !name.StartsWith("wasi:", StringComparison.Ordinal) && !Wasi.Platform.PlatformHost.Defines(name))];
    }

    public void Write(TextWriter output)
    {
        output.WriteLine($"{_path}: component, {Number(_bytes.Length)} bytes");
        output.WriteLine($"sha256: {Hash}");
        if (_file.Wit?.SelectWorld() is { } world)
        {
            Block(output, "imports", world.Imports.SelectMany(Lines));
            Block(output, "exports", world.Exports.SelectMany(Lines));
        }
        else
        {
            output.WriteLine($"its world cannot be written as WIT: {_file.WhyNoWit}");
            Block(output, "imports", _file.Component.Type.Imports.Select(item => item.Name));
            Block(output, "exports", _file.Component.Type.Exports.Select(item => item.Name));
        }

        Block(output, "core modules", _sections.Modules.Select(module => $"{new string(' ', 2 * module.Depth)}{module.Name ?? "without a name"}: {Number(module.Bytes)} bytes"));
        Block(output, "made with", _sections.Producers);
        Block(output, "capabilities", _capabilities.Select(needed => $"{needed.Capability}  ({string.Join(", ", needed.Because)}){Grant(needed.Capability)}"));
        if (_hostDefined.Count > 0)
        {
            Block(output, "to be defined by the host", _hostDefined);
        }

        Block(output, "tools over MCP", _tools.Where(tool => tool.Tool is not null).Select(tool => $"{tool.Tool}: {tool.Function}"));
        if (_tools.Any(tool => tool.Tool is null))
        {
            Block(output, "no tools", _tools.Where(tool => tool.Tool is null).Select(tool => $"{tool.Function ?? "the component"}: {tool.Reason}"));
        }
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("file", _path);
        writer.WriteString("kind", "component");
        writer.WriteString("sha256", Hash);
        writer.WriteNumber("bytes", _bytes.Length);
        writer.WriteString("wit", _file.Wit?.ToString());
        JsonOutput.Array(writer, "functions", _file.Component.Type.Functions, function =>
        {
            writer.WriteString("name", function.Key);
            writer.WriteString("signature", _file.Describe(function.Key)[(function.Key.IndexOf('#', StringComparison.Ordinal) + 1)..]);
        });
        JsonOutput.Array(writer, "modules", _sections.Modules, module =>
        {
            writer.WriteString("name", module.Name);
            writer.WriteNumber("bytes", module.Bytes);
            writer.WriteNumber("depth", module.Depth);
        });
        Strings(writer, "producers", _sections.Producers);
        JsonOutput.Array(writer, "capabilities", _capabilities, needed =>
        {
            writer.WriteString("capability", needed.Capability);
            Strings(writer, "because", needed.Because);
        });
        Strings(writer, "hostDefined", _hostDefined);
        JsonOutput.Array(writer, "tools", _tools.Where(tool => tool.Tool is not null), tool =>
        {
            writer.WriteString("name", tool.Tool);
            writer.WriteString("function", tool.Function);
        });
        JsonOutput.Array(writer, "noTools", _tools.Where(tool => tool.Tool is null), tool =>
        {
            writer.WriteString("function", tool.Function);
            writer.WriteString("reason", tool.Reason);
        });
    }

    private string Hash => Convert.ToHexStringLower(SHA256.HashData(_bytes));

    /// <summary>An instance of types alone asks for nothing.</summary>
    private static bool NeedsSomething(ComponentItem item) => item.Type.Type is not InstanceType instance
        ? item.Type.Kind != ComponentExternKind.Type
        : instance.Exports.Any(export => export.Type.Kind != ComponentExternKind.Type || export.Type.Type is ResourceType);

    private static IEnumerable<string> Lines(WitWorldItem item) => item.Function is { } function
        ? [function.ToString()]
        : item.Interface!.AllFunctions.Select(inner => $"  {inner}").Prepend(item.Name);

    private static string Grant(string capability) => capability[..capability.IndexOf(':', StringComparison.Ordinal)] switch
    {
        "fs" => ", granted with --dir",
        "env" => ", granted with --env",
        "net" => ", granted with --net",
        "config" => ", granted with --config",
        "kv" => ", granted with --kv",
        _ => "",
    };

    private static void Block(TextWriter output, string title, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        output.WriteLine(all.Length == 0 ? $"{title}: none" : $"{title}:");
        foreach (string line in all)
        {
            output.WriteLine($"  {line}");
        }
    }

    private static void Strings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
