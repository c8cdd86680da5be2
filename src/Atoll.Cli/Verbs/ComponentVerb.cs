using System.CommandLine;
using System.Text.Json;
using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Components.Types;
using Atoll.Sdk;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll component</c>: components out of core modules.</summary>
internal sealed class ComponentVerb : Verb
{
    public override string Name => "component";

    public override string Summary => "Make components of core modules.";

    public override IReadOnlyList<Verb> Children { get; } = [new ComponentEmbedVerb(), new ComponentNewVerb(), new ComponentExactIntegersVerb()];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll component embed wit/ core.wasm -o embedded.wasm", "puts the only world of wit/ into the module"),
        new("atoll component new embedded.wasm -o component.wasm", "makes a component of that world"),
    ];
}

/// <summary>What the verbs that write components have in common.</summary>
internal static class ComponentOutput
{
    public static Option<string> Path(string what) => new("--output", "-o") { HelpName = "OUT", Required = true, Description = $"The {what} that is written (.wasm)." };

    /// <summary>Writes the file; with <c>--json</c> also says what it imports and exports.</summary>
    public static int Write(byte[] component, string path, bool json, CliContext context)
    {
        AtomicFile.Write(context.Resolve(path), component);
        if (json)
        {
            ComponentType type = Component.Load(new WasmEngine(), component, context.Cancellation).Type;
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("file", path);
                writer.WriteNumber("bytes", component.Length);
                WriteNames(writer, "imports", type.Imports);
                WriteNames(writer, "exports", type.Exports);
            });
        }

        return ExitCodes.Ok;
    }

    private static void WriteNames(Utf8JsonWriter writer, string name, IEnumerable<ComponentItem> items)
    {
        writer.WriteStartArray(name);
        foreach (ComponentItem item in items)
        {
            writer.WriteStringValue(item.Name);
        }

        writer.WriteEndArray();
    }
}

/// <summary><c>atoll component embed</c>.</summary>
internal sealed class ComponentEmbedVerb : Verb
{
    private static readonly Dictionary<string, WorldStringEncoding> Encodings = new(StringComparer.Ordinal)
    {
        ["utf8"] = WorldStringEncoding.Utf8,
        ["utf16"] = WorldStringEncoding.Utf16,
        ["latin1+utf16"] = WorldStringEncoding.Latin1OrUtf16,
    };

    private readonly Argument<string> _wit = WitInput.Source("WIT", "A .wit file, or a folder with .wit files and its dependencies in deps/.");

    private readonly Argument<string> _module = CommonOptions.File("CORE", "The core module: .wasm or .wat.");

    private readonly Option<string?> _world = CommonOptions.Text("--world", "NAME", "The world that the module was written for. Default: the only one.");

    private readonly Option<string?> _encoding = CommonOptions.Text("--encoding", "NAME", "How the module encodes strings: utf8, utf16 or latin1+utf16. Default: utf8.");

    private readonly Option<string?> _language = CommonOptions.Text(
        "--language", "NAME", "The language of a module with generated bindings whose compiler cannot name exports: assemblyscript. Sets the encoding too.");

    private readonly Option<string[]> _features = WitInput.Features();

    private readonly Option<string> _output = ComponentOutput.Path("module");

    public override string Name => "embed";

    public override string Summary => "Put the world that a core module was written for into the module.";

    public override string Remarks => "It becomes a custom section of the form that wit-bindgen, wasm-tools and jco use, with what WIT says about exports. A world of the same name that is there already is replaced.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule];

    public override IReadOnlyList<Example> Examples => [new("atoll component embed wit/ core.wasm --world plugin -o embedded.wasm", "writes core.wasm with the world plugin in it")];

    public override void Define(Command command)
    {
        command.Add(_wit);
        command.Add(_module);
        command.Add(_world);
        command.Add(_encoding);
        command.Add(_language);
        command.Add(_features);
        command.Add(_output);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string encoding = arguments.GetValue(_encoding) ?? "utf8";
        if (!Encodings.TryGetValue(encoding, out WorldStringEncoding known))
        {
            throw CliException.Usage($"there is no string encoding `{encoding}`. Choose one of {string.Join(", ", Encodings.Keys)}.");
        }

        (string wit, string path) = (arguments.GetValue(_wit)!, arguments.GetValue(_module)!);
        WitWorld world = WitInput.SelectWorld(WitInput.Load(wit, arguments.GetValue(_features), context), arguments.GetValue(_world), wit);
        ReadOnlyMemory<byte> module = ProgramFile.ReadBinary(path, context);
        byte[] embedded = ProgramFile.Explain(path, () => arguments.GetValue(_language) switch
        {
            null => ComponentWriter.EmbedWorld(module, world, known),
            "assemblyscript" => GuestModules.Complete(GuestLanguage.AssemblyScript, module, world),
            { } other => throw CliException.Usage($"`{other}` needs no --language: its compiler names exports. It is for assemblyscript."),
        });
        AtomicFile.Write(context.Resolve(arguments.GetValue(_output)!), embedded);
        return Task.FromResult(ExitCodes.Ok);
    }
}

/// <summary><c>atoll component new</c>.</summary>
internal sealed class ComponentNewVerb : Verb
{
    private readonly Argument<string> _module = CommonOptions.File("CORE", "The core module with a world in it: .wasm or .wat.");

    private readonly Option<bool> _adapt = new("--adapt")
    {
        Description = "Turn imports of WASI preview 1 into imports of WASI 0.2. A module with _start becomes a command, and needs no world.",
    };

    private readonly Option<string> _output = ComponentOutput.Path("component");

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "new";

    public override string Summary => "Make a component of a core module that holds its world.";

    public override string Remarks =>
        "What the module must import and export follows from the world (Component Model, \"Canonical ABI\" and \"BuildTargets\"): everything that is missing or has "
        + "another type is listed. The component imports only what the module uses, and is checked before it is written.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll component new embedded.wasm -o component.wasm", "writes component.wasm, or lists what does not fit"),
        new("atoll component new tool.wasm --adapt -o tool.component.wasm", "makes a command of a program for wasm32-wasip1"),
        new("atoll component new embedded.wasm -o component.wasm --json", "also prints {\"file\":…,\"bytes\":…,\"imports\":[…],\"exports\":[…]}"),
    ];

    public override void Define(Command command)
    {
        command.Add(_module);
        command.Add(_adapt);
        command.Add(_output);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string path = arguments.GetValue(_module)!;
        ReadOnlyMemory<byte> module = ProgramFile.ReadBinary(path, context);
        byte[] component = ProgramFile.Explain(path, () => ComponentWriter.FromModule(module, arguments.GetValue(_adapt), context.Cancellation));
        return Task.FromResult(ComponentOutput.Write(component, arguments.GetValue(_output)!, arguments.GetValue(_json), context));
    }
}
