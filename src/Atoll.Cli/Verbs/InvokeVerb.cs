using System.CommandLine;
using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Components.Types;
using Atoll.Wasi;
using Atoll.Wasi.Platform;
using Atoll.Wasm;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll invoke</c>: calls a function of a component with values from the command line.</summary>
internal sealed class InvokeVerb : Verb
{
    private readonly GrantOptions _grants = new();

    private readonly LimitOptions _limits = new();

    private readonly Option<bool> _raw = new("--raw") { Description = "Take arguments for parameters of type string as they are, without quotes." };

    private readonly Option<bool> _json = CommonOptions.Json();

    private readonly Argument<string> _component = CommonOptions.File("COMPONENT", "A component (.wasm or .wat). After it come the function and its arguments.");

    public override string Name => "invoke";

    public override string Summary => "Call a function of a component.";

    public override string Remarks =>
        "ARGS begin with the function: `ns:pkg/iface#func`, `iface#func`, or `func` when only one has that name. Then comes a WAVE value for each parameter (1, -2.5, true, 'x', \"text\", " +
        "[1, 2], {x: 1, y: 2}, some(1), none, ok(1), err(\"no\"), {read, write}), or all of them in one word: 'func(2, 40)'. Options at the end may be left out. " +
        "It has standard input, output and error, clocks and random numbers; folders and variables only when they are granted. The result is the last line of standard output. A result that is err ends with code 1.";

    public override bool PassesArguments => true;

    public override IReadOnlyList<int> OtherExitCodes =>
        [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Trap, ExitCodes.Limit, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll invoke calc.wasm add 2 40", "prints 42"),
        new("atoll invoke calc.wasm 'demo:calc/api#move({x: 1, y: 2}, 3)'", "names the interface and gives the arguments in one word"),
        new("atoll invoke --raw --json text.wasm upper hello", "takes hello as a string and prints {\"function\":…,\"result\":…}"),
    ];

    public override void Define(Command command)
    {
        _grants.Define(command);
        _limits.Define(command);
        foreach (Option option in new Option[] { _raw, _json })
        {
            command.Add(option);
        }

        command.Add(_component);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        WasmEngine engine = new(CodeStore.Options(arguments.GetValue(_limits.Fuel) is not null, CodeStore.OpenExisting(context)) with { StartInterpreted = true });
        ComponentFile file = ComponentFile.Load(arguments.GetValue(_component)!, engine, context);
        string[] words = [.. context.GuestArguments];
        if (words is not [var called, .. var given])
        {
            throw CliException.Usage($"after {file.Path} comes the function to call. `atoll inspect {file.Path}` shows what it exports.");
        }

        if (called.StartsWith('-'))
        {
            throw CliException.Usage($"after {file.Path} comes the function to call, not `{called}`. Options stand before the component.");
        }

        int parenthesis = called.IndexOf('(', StringComparison.Ordinal);
        string name = file.FindFunction(parenthesis < 0 ? called : called[..parenthesis].TrimEnd());
        ComponentFunctionType type = file.Component.Type.Functions.First(function => function.Key == name).Value;
        if (type.OpaquePart is { } opaque)
        {
            throw CliException.Usage($"{file.Describe(name)}: a {opaque.Kind.ToString().ToLowerInvariant()} cannot be written on a command line, so this function can only be called from a program.");
        }

        ComponentValue[] values = parenthesis < 0
            ? Values(file, name, type, given, arguments.GetValue(_raw))
            : given.Length == 0 ? Wave.ParseArguments(called[parenthesis..], type)
            : throw CliException.Usage("the arguments stand in the parentheses already; leave out what comes after.");
        StoreOptions limits = new()
        {
            MaxMemoryBytes = arguments.GetValue(_limits.MaxMemory),
            Timeout = arguments.GetValue(_limits.Timeout),
            Fuel = arguments.GetValue(_limits.Fuel),
            CancellationToken = context.Cancellation,
            MayBlock = true,
        };
        Grants grants = _grants.Read(arguments, context).AddTo(
            Grants.None.AllowArguments(Path.GetFileName(file.Path)).AllowStdin(context.OpenStandard(StandardStream.Input)).AllowStdout(context.OpenStandard(StandardStream.Output))
                .AllowStderr(context.OpenStandard(StandardStream.Error)).AllowClock().AllowRandom()
                .AllowLogging(entry => context.Error.WriteLine(entry.ToString())).AllowMetadata(new ComponentMetadata(Path.GetFileNameWithoutExtension(file.Path))));
        ComponentValue? result = Call(file, name, values, grants, limits);
        Write(context, name, result, type.Result, arguments.GetValue(_json));
        return Task.FromResult(result is { Kind: ComponentValueKind.Result } value && value.AsCase().Name == "err" ? ExitCodes.Failed : ExitCodes.Ok);
    }

    private static ComponentValue? Call(ComponentFile file, string name, ComponentValue[] values, Grants grants, StoreOptions limits)
    {
        using WasiContext wasi = new(grants);
        using Store store = new(file.Component.Engine, limits with { State = wasi });
        try
        {
            return ProgramFile.Explain(file.Path, () => EarlyStart.Linker.Instantiate(store, file.Component).GetFunction(name)!.Invoke(values));
        }
        catch (GuestExitException exit)
        {
            throw new CliException(ExitCodes.Failed, $"{file.Path}: the component ended itself with exit code {exit.ExitCode} instead of returning from {name}.", exit);
        }
        catch (NotSupportedException exception)
        {
            throw new CliException(ExitCodes.BadModule, $"{file.Path}: {exception.Message}", exception);
        }
        finally
        {
            // What the component itself writes comes before the result.
            wasi.Flush(TimeSpan.FromSeconds(1), limits.CancellationToken);
        }
    }

    private static ComponentValue[] Values(ComponentFile file, string name, ComponentFunctionType type, string[] given, bool raw)
    {
        if (given.Length > type.Parameters.Length)
        {
            throw CliException.Usage($"{file.Describe(name)} takes {type.Parameters.Length} arguments, not {given.Length}.");
        }

        ComponentValue[] values = new ComponentValue[type.Parameters.Length];
        for (int i = 0; i < values.Length; i++)
        {
            LabeledType parameter = type.Parameters[i];
            if (i < given.Length)
            {
                values[i] = Value(parameter, given[i], raw);
            }
            else
            {
                values[i] = parameter.Type is OptionType ? ComponentValue.None : throw CliException.Usage($"the argument `{parameter.Name}` is missing: {file.Describe(name)}");
            }
        }

        return values;
    }

    private static ComponentValue Value(LabeledType parameter, string text, bool raw)
    {
        if (raw && parameter.Type.Kind == ComponentValueKind.String)
        {
            return ComponentValue.String(text);
        }

        try
        {
            return Wave.Parse(text, parameter.Type);
        }
        catch (WaveException exception)
        {
            string help = parameter.Type.Kind == ComponentValueKind.String && !text.StartsWith('"')
                ? $"\nA string has quotes, which the shell must not take away: '{Wave.Write(ComponentValue.String(text))}'. Or give --raw."
                : "";
            throw CliException.Usage($"the argument `{parameter.Name}`: {exception.Message}{help}");
        }
    }

    private static void Write(CliContext context, string function, ComponentValue? result, ComponentValueType? type, bool json)
    {
        if (json)
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("function", function);
                writer.WritePropertyName("result");
                if (result is { } value)
                {
                    ComponentJson.Write(writer, value, type!);
                }
                else
                {
                    writer.WriteNullValue();
                }

                writer.WriteString("wave", result is { } shown ? Wave.Write(shown) : null);
            });
        }
        else if (result is { } value)
        {
            context.Out.WriteLine(Wave.Write(value));
        }
    }
}
