using System.Collections.Generic;
using System.Linq;
using Atoll.Bindings.Naming;
using Atoll.Bindings.Planning;
using Atoll.Wit;

namespace Atoll.Bindings.Emission;

/// <summary>A function as C# writes it.</summary>
internal sealed class Signature
{
    private readonly List<(string Type, string Name)> _parameters = [];

    public Signature(WorldPlan plan, Direction direction, string space, WitFunction function)
    {
        Function = function;
        TypeNames names = new(plan, direction, space);
        NameScope scope = new(["self", "caller"]);
        IEnumerable<WitParameter> parameters = function.Parameters;
        if (function.Kind == WitFunctionKind.Method)
        {
            Self = names.Of(function.Parameters[0].Type);
            parameters = parameters.Skip(1);
        }

        foreach (WitParameter parameter in parameters)
        {
            string type = direction == Direction.Export ? names.OfArgument(parameter.Type) : names.Of(parameter.Type);
            _parameters.Add((type, scope.Take(Identifiers.Camel(parameter.Name), "Argument")));
        }

        Result = function.Result is null ? null : names.Of(function.Result);
        BareName = function.Kind switch
        {
            WitFunctionKind.Constructor => "Create" + Identifiers.Pascal(function.Resource!.Name),
            WitFunctionKind.Static => Identifiers.Pascal(function.Resource!.Name) + Identifiers.Pascal(function.Name),
            _ => Identifiers.Pascal(function.Name),
        };
    }

    public WitFunction Function { get; }

    /// <summary>The name that it would like to have.</summary>
    public string BareName { get; }

    /// <summary>Of a method, the type of its object.</summary>
    public string? Self { get; }

    public string? Result { get; }

    public string ResultOrVoid => Result ?? "void";

    /// <summary>Types and names, without those of the object.</summary>
    public string Parameters => string.Join(", ", _parameters.Select(parameter => $"{parameter.Type} {parameter.Name}"));

    public string Arguments => string.Join(", ", _parameters.Select(parameter => parameter.Name));

    /// <summary>The same with the object in front.</summary>
    public string ParametersWithSelf => Self is null ? Parameters : With($"{Self} self", Parameters);

    public string ArgumentsWithSelf => Self is null ? Arguments : With("self", Arguments);

    /// <summary>Of a function of the host, types and names with that of the caller in front.</summary>
    public string ParametersWithCaller => With("global::Atoll.Components.ComponentCaller caller", Parameters);

    /// <summary>The delegate type, or a name of our own for it when it has too many parameters for those of .NET.</summary>
    /// <param name="own">The name.</param>
    /// <param name="caller">Type of a first parameter, if there is one; methods have their object instead.</param>
    public string DelegateOr(string own, string? caller = null) =>
        TypeNames.DelegateOf([.. First(caller), .. _parameters.Select(parameter => parameter.Type)], Result) ?? own;

    public bool NeedsDelegateWith(string? caller) => DelegateOr("", caller).Length == 0;

    /// <summary>Names for the parameters where their own might hide something.</summary>
    /// <param name="first">A name before them, or null.</param>
    public string Placeholders(string? first) =>
        string.Join(", ", (first is null ? [] : new[] { first }).Concat(_parameters.Select((_, i) => Placeholder(i))));

    public static string Placeholder(int index) => "p" + index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What stands above it.</summary>
    public void Docs(CodeWriter code) => code.Docs(Function.Annotations.Docs, Function.ToString());

    /// <summary>Writes the type that <see cref="DelegateOr"/> names.</summary>
    public void EmitDelegate(CodeWriter code, string name, string visibility, string? caller = null)
    {
        code.Line();
        code.Line($"/// <summary>Has the parameters of <c>{CodeWriter.Escape(Function.ExternName)}</c>.</summary>");
        code.Line($"{visibility} delegate {ResultOrVoid} {name}({(Self is null && caller is not null ? ParametersWithCaller : ParametersWithSelf)});");
    }

    private IEnumerable<string> First(string? caller) => Self is not null ? [Self] : caller is not null ? [caller] : [];

    private static string With(string first, string rest) => rest.Length == 0 ? first : $"{first}, {rest}";
}
