using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Cli;

/// <summary>A component that the user named, and its functions as people write them.</summary>
internal sealed class ComponentFile
{
    private const int MaxListed = 40;
    private readonly Lazy<World> _world;

    private ComponentFile(string path, Component component)
    {
        Path = path;
        Component = component;
        _world = new Lazy<World>(() => World.Of(component));
    }

    public string Path { get; }

    public Component Component { get; }

    /// <summary>Its world; null where WIT cannot say it (<see cref="WhyNoWit"/>).</summary>
    public WitModel? Wit => _world.Value.Wit;

    public string? WhyNoWit => _world.Value.WhyNoWit;

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
        return _world.Value.Signatures.TryGetValue(function, out string? signature) ? function[..(mark + 1)] + signature : function;
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

    /// <summary>The world and its functions' signatures: for messages, which a call that goes well does not need.</summary>
    private sealed record World(WitModel? Wit, string? WhyNoWit, Dictionary<string, string> Signatures)
    {
        public static World Of(Component component)
        {
            Dictionary<string, string> signatures = new(StringComparer.Ordinal);
            try
            {
                WitModel wit = ComponentWit.Of(component);
                foreach (WitWorldItem item in wit.SelectWorld().Exports)
                {
                    foreach (WitFunction function in item.Function is { } single ? [single] : item.Interface!.AllFunctions)
                    {
                        signatures[item.Function is null ? $"{item.Name}#{function.ExternName}" : function.ExternName] = function.ToString();
                    }
                }

                return new World(wit, null, signatures);
            }
            catch (NotSupportedException exception)
            {
                return new World(null, exception.Message, signatures);
            }
        }
    }
}
