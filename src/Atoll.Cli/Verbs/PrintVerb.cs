using System.CommandLine;
using System.Text;
using Atoll.Cli.CommandLine;
using Atoll.Wasm.Text;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll print</c>: binary to text.</summary>
internal sealed class PrintVerb : Verb
{
    private readonly Argument<string> _file = CommonOptions.File("FILE", "A module: .wasm or .wat.");

    private readonly Option<string?> _output = new("--output", "-o")
    {
        HelpName = "OUT",
        Description = "The text that is written (.wat). Default: standard output.",
    };

    private readonly Option<bool> _skeleton = new("--skeleton") { Description = "Leave out instructions and the contents of segments and custom sections." };

    public override string Name => "print";

    public override string Summary => "Write a module as text.";

    public override string Remarks =>
        "The module need not be valid, only well formed. `atoll wat` reads the text back to the same module, but not with --skeleton, which puts `...` "
        + "where something is left out. Names come from the name section; other custom sections are written as (@custom ...).";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll print app.wasm -o app.wat", "writes app.wat"),
        new("atoll print app.wasm --skeleton", "shows types, imports, exports and functions without their instructions"),
    ];

    public override void Define(Command command)
    {
        command.Add(_file);
        command.Add(_output);
        command.Add(_skeleton);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string path = arguments.GetValue(_file)!;
        WatPrintOptions options = new() { Skeleton = arguments.GetValue(_skeleton) };
        ReadOnlyMemory<byte> binary = ProgramFile.ReadBinary(path, context);
        if (arguments.GetValue(_output) is not { } output)
        {
            Print(context.Out);
        }
        else
        {
            AtomicFile.Write(context.Resolve(output), stream =>
            {
                using StreamWriter writer = new(stream, new UTF8Encoding(false), bufferSize: -1, leaveOpen: true);
                Print(writer);
            });
        }

        return Task.FromResult(ExitCodes.Ok);

        void Print(TextWriter writer) => ProgramFile.Explain(path, () =>
        {
            WatText.Print(binary.Span, writer, options, context.Cancellation);
            return true;
        });
    }
}
