using System.CommandLine;
using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll wat</c>: text to binary.</summary>
internal sealed class WatVerb : Verb
{
    private readonly Argument<string> _file = CommonOptions.File("FILE", "A module or a component in the text format (.wat).");

    private readonly Option<string> _output = new("--output", "-o") { HelpName = "OUT", Required = true, Description = "The binary that is written (.wasm)." };

    private readonly Option<bool> _unchecked = new("--no-validate") { Description = "Write the binary even when it is not valid." };

    public override string Name => "wat";

    public override string Summary => "Translate a module or component from text to binary.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples => [new("atoll wat app.wat -o app.wasm", "writes app.wasm; a mistake is reported with line and column")];

    public override void Define(Command command)
    {
        command.Add(_file);
        command.Add(_output);
        command.Add(_unchecked);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string path = arguments.GetValue(_file)!;
        byte[] text = ProgramFile.ReadBytes(path, context);
        if (text.AsSpan().StartsWith("\0asm"u8))
        {
            throw new CliException(ExitCodes.BadModule, $"{path} is in binary form already. `atoll print` writes a module as text.");
        }

        if (context.Resolve(path) == context.Resolve(arguments.GetValue(_output)!))
        {
            throw CliException.Usage($"--output is {path} itself, which would be gone. Name another file.");
        }

        byte[] binary = ProgramFile.Explain(path, () =>
        {
            byte[] translated = ComponentWriter.FromText(text);
            if (!arguments.GetValue(_unchecked))
            {
                WasmEngine engine = new();
                if (Component.IsComponent(translated))
                {
                    Component.Load(engine, translated, context.Cancellation);
                }
                else
                {
                    engine.Validate(translated, context.Cancellation);
                }
            }

            return translated;
        });
        AtomicFile.Write(context.Resolve(arguments.GetValue(_output)!), binary);
        return Task.FromResult(ExitCodes.Ok);
    }
}
