using System.CommandLine;
using Atoll.Cli.CommandLine;
using Atoll.Wasm;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll validate</c>: whether a module is well formed and valid.</summary>
internal sealed class ValidateVerb : Verb
{
    private readonly Argument<string> _file = CommonOptions.File("FILE", "A module: .wasm or .wat.");

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "validate";

    public override string Summary => "Check that a module is well formed and valid, without running it.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll validate app.wasm", "prints `app.wasm: valid`, or what is wrong and at which offset"),
        new("atoll validate app.wat --json", "prints {\"file\":…,\"valid\":…,\"error\":…}"),
    ];

    public override void Define(Command command)
    {
        command.Add(_file);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string path = arguments.GetValue(_file)!;
        bool json = arguments.GetValue(_json);
        WasmEngine engine = new();
        try
        {
            ProgramFile.Explain(path, () =>
            {
                engine.Validate(ProgramFile.ReadBinary(path, context), context.Cancellation);
                return true;
            });
        }
        catch (ModuleFileException bad) when (json)
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("file", path);
                writer.WriteBoolean("valid", false);
                writer.WriteStartObject("error");
                writer.WriteString("code", bad.Reason.Code);
                writer.WriteString("message", bad.Reason.Message);
                writer.WriteEndObject();
            });
            return Task.FromResult(ExitCodes.BadModule);
        }

        if (json)
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("file", path);
                writer.WriteBoolean("valid", true);
            });
        }
        else
        {
            context.Out.WriteLine($"{path}: valid");
        }

        return Task.FromResult(ExitCodes.Ok);
    }
}
