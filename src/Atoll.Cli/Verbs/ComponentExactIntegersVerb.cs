using System.CommandLine;
using Atoll.Cli.CommandLine;
using Atoll.Sdk;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll component exact-integers</c>.</summary>
internal sealed class ComponentExactIntegersVerb : Verb
{
    private readonly Argument<string> _component = CommonOptions.File("COMPONENT", "A component of JavaScript on QuickJS (.wasm), made with the bindings of `atoll bindgen js` or `ts`.");

    private readonly Option<string> _output = ComponentOutput.Path("component");

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "exact-integers";

    public override string Summary => "Make 64-bit integers of a component of JavaScript exact.";

    public override string Remarks =>
        "QuickJS has them as doubles, which are wrong beyond 2^53. After this they pass as text, and the generated bindings make bigint of it. Doing it again changes nothing.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule];

    public override IReadOnlyList<Example> Examples =>
        [new("atoll component exact-integers guest.wasm -o guest.wasm", "changes what componentize-qjs has made")];

    public override void Define(Command command)
    {
        command.Add(_component);
        command.Add(_output);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string path = arguments.GetValue(_component)!;
        ReadOnlyMemory<byte> component = ProgramFile.ReadBinary(path, context, mayBeComponent: true);
        byte[] changed = ProgramFile.Explain(path, () => QuickJsComponent.WithExactIntegers(component));
        return Task.FromResult(ComponentOutput.Write(changed, arguments.GetValue(_output)!, arguments.GetValue(_json), context));
    }
}
