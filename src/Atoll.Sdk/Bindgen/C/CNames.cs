using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen.C;

/// <summary>
/// The names that C sees. Everything starts with the prefix; what the guest has to define continues with <c>exports_</c>, then comes the interface, then the
/// thing itself. Two that would be the same get an underscore behind them.
/// </summary>
internal sealed class CNames
{
    private const int MaxLength = 72;

    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "alignas", "alignof", "asm", "auto", "bool", "break", "case", "char", "const", "constexpr", "continue", "default", "do", "double", "else", "enum", "extern",
        "false", "float", "for", "goto", "if", "inline", "int", "long", "nullptr", "register", "restrict", "return", "short", "signed", "sizeof", "static",
        "static_assert", "struct", "switch", "thread_local", "true", "typedef", "typeof", "typeof_unqual", "union", "unsigned", "void", "volatile", "while",

        // What C++ and the usual headers add; `ret` and `args` are of the bindings themselves.
        "and", "bitand", "bitor", "catch", "class", "compl", "concept", "delete", "errno", "explicit", "export", "friend", "mutable", "namespace", "new", "noexcept",
        "not", "operator", "or", "private", "protected", "public", "requires", "template", "this", "throw", "try", "typeid", "typename", "using", "virtual",
        "wchar_t", "xor", "NULL", "unix", "linux", "ret", "args",
    };

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Dictionary<PlannedScope, string> _scopes = [];
    private readonly Dictionary<PlannedType, string> _types = [];
    private readonly Dictionary<PlannedResource, string> _resources = [];
    private readonly Dictionary<PlannedFunction, string> _functions = [];

    public CNames(BindingPlan plan, string prefix)
    {
        Prefix = Identifiers.Snake(prefix);
        _taken.UnionWith([$"{Prefix.ToUpperInvariant()}_H", $"{Prefix}_string_t", $"{Prefix}_string_free", $"{Prefix}_string_set", $"{Prefix}_string_dup", $"{Prefix}_string_dup_n"]);
        foreach (PlannedScope scope in plan.All)
        {
            _scopes.Add(scope, ScopeName(plan, scope));
        }

        foreach (PlannedResource resource in plan.Resources)
        {
            string name = Take($"{_scopes[resource.Scope]}_{Identifiers.Snake(resource.Name)}", ["", "_t", "_drop", "_drop_borrow", "_borrow", "_new", "_rep", "_destructor"]);
            _resources.Add(resource, name);
        }

        foreach (PlannedType type in plan.Types)
        {
            _types.Add(type, TypeName(type));
        }

        foreach (PlannedFunction function in plan.All.SelectMany(scope => scope.Functions))
        {
            _functions.Add(function, Take(FunctionName(function), [""]));
        }
    }

    public string Prefix { get; }

    /// <summary>A type as it is declared.</summary>
    public string Type(PlannedType type) => _types[type];

    /// <summary>The function that frees what a value holds.</summary>
    public string Free(PlannedType type) => type.Kind == ComponentValueKind.Own ? _resources[type.Resource!] + "_drop" : Stem(type) + "_free";

    /// <summary>The function that frees a result of an export, of which handles have gone to the caller.</summary>
    public string Release(PlannedType type) => type.HoldsOwn ? Stem(type) + "_release" : Free(type);

    public string Resource(PlannedResource resource) => _resources[resource];

    public string Function(PlannedFunction function) => _functions[function];

    /// <summary>A name for the constant of a case or flag; another one each time.</summary>
    public string Constant(PlannedType type, string name) => Take($"{Stem(type).ToUpperInvariant()}_{Identifiers.Upper(name)}", [""]);

    /// <summary>A name for what is only another name for a type; another one each time.</summary>
    public string Alias(PlannedAlias alias) => Take($"{_scopes[alias.Scope]}_{Identifiers.Snake(alias.Definition.Name)}_t", [""]);

    /// <summary>A member, parameter or local.</summary>
    public static string Local(string name)
    {
        string snake = Identifiers.Snake(name);
        return char.IsAsciiDigit(snake[0]) ? "f" + snake : Keywords.Contains(snake) ? snake + "_" : snake;
    }

    private string Stem(PlannedType type) => _types[type].EndsWith("_t", StringComparison.Ordinal) ? _types[type][..^2] : _types[type];

    private string ScopeName(BindingPlan plan, PlannedScope scope)
    {
        string side = scope.Side == Side.Export ? "_exports" : "";
        if (scope.ExternName is null)
        {
            return Prefix + side;
        }

        string label = Identifiers.Snake(scope.Label);
        IEnumerable<PlannedScope> same = plan.All.Where(other => other.Side == scope.Side && other.ExternName is not null && Identifiers.Snake(other.Label) == label);
        if (same.Skip(1).Any())
        {
            Wit.WitPackageName package = scope.Owner.Package.Name;
            bool needsVersion = same.Count(other => other.Owner.Package.Name is var name && name.Namespace == package.Namespace && name.Name == package.Name) > 1;
            string version = needsVersion && package.Version is { } known ? "_" + string.Concat(known.ToString().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_')) : "";
            label = $"{Identifiers.Snake(package.Namespace)}_{Identifiers.Snake(package.Name)}{version}_{label}";
        }

        return $"{Prefix}{side}_{label}";
    }

    private string TypeName(PlannedType type) => type.Kind switch
    {
        ComponentValueKind.Bool => "bool",
        ComponentValueKind.S8 => "int8_t",
        ComponentValueKind.U8 => "uint8_t",
        ComponentValueKind.S16 => "int16_t",
        ComponentValueKind.U16 => "uint16_t",
        ComponentValueKind.S32 => "int32_t",
        ComponentValueKind.U32 or ComponentValueKind.Char => "uint32_t",
        ComponentValueKind.S64 => "int64_t",
        ComponentValueKind.U64 => "uint64_t",
        ComponentValueKind.F32 => "float",
        ComponentValueKind.F64 => "double",
        ComponentValueKind.String => $"{Prefix}_string_t",
        ComponentValueKind.Own => Take($"{ResourcePlace(type)}own_{Identifiers.Snake(type.Resource!.Name)}", ["_t"]) + "_t",
        ComponentValueKind.Borrow => Take($"{ResourcePlace(type)}borrow_{Identifiers.Snake(type.Resource!.Name)}", ["_t"]) + "_t",
        _ when type.Definition is not null => Take($"{_scopes[type.Scope!]}_{Identifiers.Snake(type.Definition.Name)}", ["_t", "_free", "_release"]) + "_t",
        _ => Take(Shorten($"{Prefix}_{Word(type)}"), ["_t", "_free", "_release"]) + "_t",
    };

    private string ResourcePlace(PlannedType type) => _scopes[type.Resource!.Scope] + "_";

    /// <summary>What a type without a name is called in another's name.</summary>
    private string Word(PlannedType type) => type.Kind switch
    {
        ComponentValueKind.List when type.Length is { } length => $"list{length.ToString(CultureInfo.InvariantCulture)}_{Part(type.Element!)}",
        ComponentValueKind.List => "list_" + Part(type.Element!),
        ComponentValueKind.Option => "option_" + Part(type.Cases[1].Type!),
        ComponentValueKind.Result => $"result_{Part(type.Cases[0].Type)}_{Part(type.Cases[1].Type)}",
        ComponentValueKind.Tuple => $"tuple{type.Fields.Count.ToString(CultureInfo.InvariantCulture)}_{string.Join('_', type.Fields.Select(field => Part(field.Type)))}",
        _ => type.Kind.ToString().ToLowerInvariant(),
    };

    private string Part(PlannedType? type)
    {
        if (type is null)
        {
            return "void";
        }

        string name = _types[type];
        return type.Kind < ComponentValueKind.String ? Word(type) : name.StartsWith(Prefix + "_", StringComparison.Ordinal) ? name[(Prefix.Length + 1)..^2] : Word(type);
    }

    /// <summary>Cuts a long name, and puts a number of its whole text behind it.</summary>
    private static string Shorten(string name)
    {
        if (name.Length <= MaxLength)
        {
            return name;
        }

        // FNV-1a: the same for the same text everywhere.
        uint hash = name.Aggregate(2166136261u, (sum, letter) => (sum ^ letter) * 16777619u);
        return string.Create(CultureInfo.InvariantCulture, $"{name.AsSpan(0, MaxLength - 9)}_{hash:x8}");
    }

    private string FunctionName(PlannedFunction function)
    {
        string name = Identifiers.Snake(function.Source.Name);
        return function.Source.Kind switch
        {
            Wit.WitFunctionKind.Freestanding => $"{_scopes[function.Scope]}_{name}",
            Wit.WitFunctionKind.Constructor => $"{_resources[function.Resource!]}_constructor",
            _ => $"{_resources[function.Resource!]}_{name}",
        };
    }

    /// <summary>A stem that is free with all its endings.</summary>
    private string Take(string stem, string[] endings)
    {
        while (endings.Any(ending => _taken.Contains(stem + ending)))
        {
            stem += "_";
        }

        _taken.UnionWith(endings.Select(ending => stem + ending));
        return stem;
    }
}
