using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Cli;

/// <summary>A component that the user named, and its functions as people write them.</summary>
internal sealed class ComponentFile
{
    private const int MaxListed = 40;
    private readonly Dictionary<string, string> _signatures = new(StringComparer.Ordinal);

    private ComponentFile(string path, Component component)
    {
        Path = path;
        Component = component;
        try
        {
            Wit = ComponentWit.Of(component);
            foreach (WitWorldItem item in Wit.SelectWorld().Exports)
            {
                foreach (WitFunction function in item.Function is { } single ? [single] : item.Interface!.AllFunctions)
                {
                    _signatures[item.Function is null ? $"{item.Name}#{function.ExternName}" : function.ExternName] = function.ToString();
                }
            }
        }
        catch (NotSupportedException exception)
        {
            WhyNoWit = exception.Message;
        }
    }

    public string Path { get; }

    public Component Component { get; }

    /// <summary>Its world; null where WIT cannot say it (<see cref="WhyNoWit"/>).</summary>
    public WitModel? Wit { get; }

    public string? WhyNoWit { get; }

    public static ComponentFile Load(string path, WasmEngine engine, CliContext context) =>
        Load(path, ProgramFile.ReadBinary(path, context, mayBeComponent: true), engine, context);

    public static ComponentFile Load(string path, byte[] bytes, WasmEngine engine, CliContext context)
    {
        if (!Component.IsComponent(bytes))
        {
            throw new CliException(ExitCodes.BadModule, $"{path} is no component. Core modules are run with `atoll run`; `atoll inspect {path}` shows what it is.");
        }

        return new ComponentFile(path, ProgramFile.Explain(path, () => Component.Load(engine, bytes, context.Cancellation)));
    }

    /// <summary>A function by its whole name, as WIT writes it: <c>ns:pkg/iface#add: func(a: u32) -&gt; u32</c>.</summary>
    public string Describe(string function)
    {
        int mark = function.IndexOf('#', StringComparison.Ordinal);
        return _signatures.TryGetValue(function, out string? signature) ? function[..(mark + 1)] + signature : function;
    }

    /// <summary>The function that a name means.</summary>
    /// <exception cref="CliException">None or several; the message lists what there is.</exception>
    public string FindFunction(string name)
    {
        IReadOnlyList<string> found = Component.Type.FindFunctions(name);
        if (found is [var only])
        {
            return only;
        }

        if (found.Count > 1)
        {
            throw CliException.Usage($"{Path}: `{name}` can mean several functions. Name the interface too:{List(found)}");
        }

        string[] all = [.. Component.Type.Functions.Select(function => function.Key)];
        string? nearest = all.MinBy(full => EditDistance.Between(full[(full.IndexOf('#', StringComparison.Ordinal) + 1)..], name[(name.IndexOf('#', StringComparison.Ordinal) + 1)..]));
        throw CliException.Usage(nearest is null
            ? $"{Path} exports no functions."
            : $"{Path} exports no function `{name}`. The nearest is `{nearest}`. It exports:{List(all)}");
    }

    private string List(IReadOnlyList<string> functions) =>
        string.Concat(functions.Take(MaxListed).Select(function => $"\n    {Describe(function)}")) + (functions.Count > MaxListed ? $"\n    … and {functions.Count - MaxListed} more" : "");
}
