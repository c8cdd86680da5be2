using System.CommandLine;
using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll compose</c>: components out of components.</summary>
internal sealed class ComposeVerb : Verb
{
    private readonly Argument<string> _socket = CommonOptions.File("SOCKET", "The component whose imports are satisfied.");

    private readonly Option<string[]> _plugs = new("--plug")
    {
        HelpName = "PLUG",
        Required = true,
        Description = "A component whose exports satisfy imports. May be given several times; of two that export the same, the first counts.",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string> _output = ComponentOutput.Path("component");

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "compose";

    public override string Summary => "Plug components into the imports of a component.";

    public override string Remarks =>
        "An import takes the export of its name, or of a compatible version (0.2.0 and 0.2.6 are). What no plug exports stays an import, once where several components "
        + "need it. The result exports what SOCKET exports.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll compose app.wasm --plug store.wasm --plug log.wasm -o whole.wasm", "writes one component that no longer imports what store.wasm and log.wasm export"),
        new("atoll compose app.wasm --plug store.wasm -o whole.wasm --json", "also prints {\"file\":…,\"bytes\":…,\"imports\":[…],\"exports\":[…]}"),
    ];

    public override void Define(Command command)
    {
        command.Add(_socket);
        command.Add(_plugs);
        command.Add(_output);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        NamedComponent socket = Read(arguments.GetValue(_socket)!, context);
        NamedComponent[] plugs = [.. arguments.GetValue(_plugs)!.Select(path => Read(path, context))];
        byte[] component = ComponentWriter.Plug(socket, plugs, context.Cancellation);
        return Task.FromResult(ComponentOutput.Write(component, arguments.GetValue(_output)!, arguments.GetValue(_json), context));
    }

    private static NamedComponent Read(string path, CliContext context)
    {
        byte[] bytes = ProgramFile.ReadBytes(path, context);
        if (!Component.IsComponent(bytes))
        {
            throw new CliException(ExitCodes.BadModule, $"{path} is not a component in the binary format. `atoll component new` makes components of core modules.");
        }

        // Whatever is wrong with it is said with the name of its file.
        ProgramFile.Explain(path, () => Component.Load(new WasmEngine(), bytes, context.Cancellation));
        return new NamedComponent(path, bytes);
    }
}
