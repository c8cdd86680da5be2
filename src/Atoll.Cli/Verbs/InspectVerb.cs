using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Atoll.Cli.CommandLine;
using Atoll.Cli.Inspection;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll inspect</c>: what a module asks for and offers, before anything of it runs.</summary>
internal sealed class InspectVerb : Verb
{
    private readonly Argument<string> _file = CommonOptions.File("FILE", "A module or a component (.wasm or .wat).");

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "inspect";

    public override string Summary => "Show what a module or component imports and exports, its sizes and limits, and the capabilities that it will need.";

    public override string Remarks =>
        "Capabilities are derived from imports, so they say what the module could ask for, not what it will. A program that opens files (path_open) can write to them as well unless they are granted `:ro`. Of a component it shows the world as WIT, the modules within, and the tools that `atoll serve` makes of it.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll inspect tool.wasm", "prints a summary"),
        new("atoll inspect tool.wasm --json | jq -r '.capabilities[].capability'", "lists the capabilities, for a script"),
    ];

    public override void Define(Command command)
    {
        command.Add(_file);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string path = arguments.GetValue(_file)!;
        byte[] file = ProgramFile.ReadBinary(path, context, mayBeComponent: true);
        if (Component.IsComponent(file))
        {
            ComponentReport report = new(path, file, context);
            if (arguments.GetValue(_json))
            {
                JsonOutput.Write(context.Out, report.Write);
            }
            else
            {
                report.Write(context.Out);
            }

            return Task.FromResult(ExitCodes.Ok);
        }

        WasmModule module = ProgramFile.Explain(path, () => new WasmEngine().LoadModule(file, context.Cancellation));
        IReadOnlyList<ModuleSection> sections = ModuleSections.Read(file);
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer => WriteJson(writer, path, module, sections));
        }
        else
        {
            WriteText(context.Out, path, module, sections);
        }

        return Task.FromResult(ExitCodes.Ok);
    }

    private static void WriteText(TextWriter output, string path, WasmModule module, IReadOnlyList<ModuleSection> sections)
    {
        output.WriteLine($"{path}: {(module.Name is { } name ? $"module {name}, " : string.Empty)}{Number((ulong)module.ByteLength)} bytes, {Number((ulong)module.FunctionCount)} functions");
        output.WriteLine($"sha256: {Convert.ToHexStringLower(module.Hash.Span)}");
        Block(output, "sections", sections.Select(section => $"{section.Name}: {Number((ulong)section.Bytes)} bytes"));
        Block(output, "imports", module.Imports.Select(import => $"{import.Module}.{import.Name}: {TypeText(import.Kind, import.Type)}"));
        Block(output, "exports", module.Exports.Select(export => $"{export.Name}: {TypeText(export.Kind, export.Type)}"));
        Block(output, "memories", module.Memories.Select(MemoryText));
        Block(output, "capabilities", CapabilitySurvey.Of(module.Imports).Select(needed => $"{needed.Capability}  ({string.Join(", ", needed.Because)})"));
        Block(output, "to be defined by the host", CapabilitySurvey.HostDefined(module.Imports).Select(import => $"{import.Module}.{import.Name}"));
    }

    private static void Block(TextWriter output, string title, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length == 0 && title == "to be defined by the host")
        {
            return;
        }

        output.WriteLine(all.Length == 0 ? $"{title}: none" : $"{title}:");
        foreach (string line in all)
        {
            output.WriteLine($"  {line}");
        }
    }

    private static string MemoryText(MemoryType memory) =>
        $"{Size(memory, memory.Minimum)} at first, {(memory.Maximum is { } maximum ? $"up to {Size(memory, maximum)}" : "no maximum of its own")}"
        + (memory.IndexType == Wasm.ValueType.I64 ? ", 64-bit" : "") + (memory.IsShared ? ", shared" : "");

    private static string Size(MemoryType memory, ulong pages) => memory.PageBytes == MemoryType.PageSize
        ? $"{Number(pages)} pages ({Number((UInt128)pages * (MemoryType.PageSize / 1024))} KiB)" : $"{Number(pages)} pages of {Number(memory.PageBytes)} bytes";

    private static string Number(UInt128 value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string TypeText(ExternKind kind, object type) => kind == ExternKind.Function ? $"func {type}" : type.ToString()!;

    private static void WriteJson(Utf8JsonWriter writer, string path, WasmModule module, IReadOnlyList<ModuleSection> sections)
    {
        writer.WriteString("file", path);
        writer.WriteString("name", module.Name);
        writer.WriteString("sha256", Convert.ToHexStringLower(module.Hash.Span));
        writer.WriteNumber("bytes", module.ByteLength);
        writer.WriteNumber("functions", module.FunctionCount);
        JsonOutput.Array(writer, "sections", sections, section =>
        {
            writer.WriteString("name", section.Name);
            writer.WriteNumber("bytes", section.Bytes);
        });
        JsonOutput.Array(writer, "imports", module.Imports, import =>
        {
            writer.WriteString("module", import.Module);
            writer.WriteString("name", import.Name);
            WriteType(writer, import.Kind, import.Type);
        });
        JsonOutput.Array(writer, "exports", module.Exports, export =>
        {
            writer.WriteString("name", export.Name);
            WriteType(writer, export.Kind, export.Type);
        });
        JsonOutput.Array(writer, "memories", module.Memories, memory =>
        {
            writer.WriteNumber("minimumPages", memory.Minimum);
            if (memory.Maximum is { } maximum)
            {
                writer.WriteNumber("maximumPages", maximum);
            }
        });
        JsonOutput.Array(writer, "capabilities", CapabilitySurvey.Of(module.Imports), needed =>
        {
            writer.WriteString("capability", needed.Capability);
            writer.WriteStartArray("because");
            foreach (string import in needed.Because)
            {
                writer.WriteStringValue(import);
            }

            writer.WriteEndArray();
        });
    }

    private static void WriteType(Utf8JsonWriter writer, ExternKind kind, object type)
    {
        writer.WriteString("kind", kind.ToString().ToLowerInvariant());
        writer.WriteString("type", type.ToString());
    }
}
