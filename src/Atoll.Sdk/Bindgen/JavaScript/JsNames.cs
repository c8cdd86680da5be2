using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>Which module each name space is, and how things are called and typed there.</summary>
internal sealed class JsNames
{
    private static readonly HashSet<string> Keywords =
    [
        "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do", "else", "enum", "eval", "export",
        "extends", "false", "finally", "for", "function", "if", "implements", "import", "in", "instanceof", "interface", "let", "new", "null", "package",
        "private", "protected", "public", "return", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "undefined", "var", "void", "while",
        "with", "yield",
    ];

    private readonly Dictionary<PlannedScope, string> _modules = [];
    private readonly HashSet<PlannedScope> _references = [];

    public JsNames(BindingPlan plan)
    {
        HashSet<string> taken = [];
        foreach (PlannedScope scope in plan.All)
        {
            string folder = scope.Side == Side.Import ? "imports" : "exports";
            string label = scope.ExternName is null ? "world" : Label(scope);
            string package = Identifiers.Camel(scope.Owner.Package.Name.Name);
            string[] names = [label, $"{package}-{label}", $"{package}-{label}-{scope.Owner.Package.Name.Version}"];
            _modules.Add(scope, names.Select(name => $"{folder}/{name}").First(taken.Add));
        }
    }

    /// <summary>The module of a name space, from the folder of all generated files and without extension.</summary>
    public string Module(PlannedScope scope) => _modules[scope];

    /// <summary>The interface as QuickJS names what exports it.</summary>
    public static string Label(PlannedScope scope) => Identifiers.Camel(scope.Label);

    public static string TypeName(PlannedType type) => Identifiers.Pascal(type.Definition!.Name);

    public static string ClassName(PlannedResource resource) => Identifiers.Pascal(resource.Name);

    /// <summary>The member that a function is.</summary>
    public static string Member(PlannedFunction function) => Identifiers.Camel(function.Source.Name);

    /// <summary>A name that may be declared.</summary>
    public static string Local(string name) => Keywords.Contains(name) ? name + "_" : name;

    public static bool IsKeyword(string name) => Keywords.Contains(name);

    /// <summary>The other name spaces that were named since the last call.</summary>
    public IReadOnlyList<PlannedScope> TakeReferences()
    {
        PlannedScope[] references = [.. _references.OrderBy(Module, StringComparer.Ordinal)];
        _references.Clear();
        return references;
    }

    /// <summary>How another name space is called in a module.</summary>
    public string Alias(PlannedScope scope) => "$" + string.Concat(Module(scope).Select(character => char.IsAsciiLetterOrDigit(character) ? character : '_'));

    /// <summary>A type of TypeScript.</summary>
    public string Text(PlannedType? type, PlannedScope from) => type?.Kind switch
    {
        null => "void",
        ComponentValueKind.Bool => "boolean",
        ComponentValueKind.S64 or ComponentValueKind.U64 => "bigint",
        ComponentValueKind.Char or ComponentValueKind.String => "string",
        ComponentValueKind.List when type.Length is null && ArrayOf(type.Element!) is { } array => array,
        ComponentValueKind.List => $"Array<{Text(type.Element, from)}>",
        ComponentValueKind.Option when IsTagged(type) => $"{Case("some", type.Cases[1].Type, from)} | {Case("none", null, from)}",
        ComponentValueKind.Option => $"{Text(type.Cases[1].Type, from)} | null",
        ComponentValueKind.Result => $"{Case("ok", type.Cases[0].Type, from)} | {Case("err", type.Cases[1].Type, from)}",
        ComponentValueKind.Tuple => $"[{string.Join(", ", type.Fields.Select(field => Text(field.Type, from)))}]",
        ComponentValueKind.Own or ComponentValueKind.Borrow => Qualified(type.Resource!.Scope, from, ClassName(type.Resource)),
        ComponentValueKind.Record or ComponentValueKind.Variant or ComponentValueKind.Enum or ComponentValueKind.Flags =>
            Qualified(type.Scope!, from, TypeName(type)),
        _ => "number",
    };

    public string Case(string tag, PlannedType? payload, PlannedScope from) =>
        payload is null ? $"{{ tag: '{tag}' }}" : $"{{ tag: '{tag}', val: {Text(payload, from)} }}";

    /// <summary>Whether an option is a tagged object: its value is an option too, and <c>null</c> could mean either.</summary>
    public static bool IsTagged(PlannedType option) => option.Cases[1].Type!.Kind == ComponentValueKind.Option;

    /// <summary>The typed array that a list of such elements is.</summary>
    public static string? ArrayOf(PlannedType element) => element.Kind switch
    {
        ComponentValueKind.U8 => "Uint8Array",
        ComponentValueKind.S8 => "Int8Array",
        ComponentValueKind.U64 => "BigUint64Array",
        ComponentValueKind.S64 => "BigInt64Array",
        _ => null,
    };

    /// <summary>A name of another name space, which the module has to import then.</summary>
    public string Qualified(PlannedScope scope, PlannedScope from, string name)
    {
        if (scope == from)
        {
            return name;
        }

        _references.Add(scope);
        return $"{Alias(scope)}.{name}";
    }
}
