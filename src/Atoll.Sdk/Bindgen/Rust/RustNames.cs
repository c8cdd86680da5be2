using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.Rust;

/// <summary>Which module each thing of a plan is in, and how it is called there.</summary>
internal sealed class RustNames
{
    private static readonly HashSet<string> Keywords =
    [
        "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn", "for", "gen", "if", "impl", "in", "let",
        "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "Self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use",
        "where", "while", "abstract", "become", "box", "do", "final", "macro", "override", "priv", "try", "typeof", "unsized", "virtual", "yield",
    ];

    private static readonly string[] ReservedModules = ["core", "std", "alloc", "rt", "exports", "bindings"];
    private static readonly string[] ReservedTypes =
        ["String", "Vec", "Option", "Result", "Some", "None", "Ok", "Err", "Guest", "Drop", "Clone", "Copy", "Self", "Sized"];


    private readonly Dictionary<PlannedScope, string[]> _modules = [];
    private readonly Dictionary<string, HashSet<string>> _taken = new(StringComparer.Ordinal);
    private readonly Dictionary<PlannedType, string> _types = [];
    private readonly Dictionary<PlannedResource, string> _resources = [];

    public RustNames(BindingPlan plan)
    {
        foreach (PlannedScope scope in plan.All)
        {
            bool isImport = scope.Side == Side.Import;
            _modules.Add(scope, scope.ExternName is null ? [] : isImport ? [ModuleName(scope, "")] : ["exports", ModuleName(scope, "exports")]);
        }

        foreach (PlannedResource resource in plan.Resources)
        {
            _resources.Add(resource, Take(resource.Scope, Identifiers.Pascal(resource.Name)));
            if (resource.IsExported)
            {
                Taken(Key(resource.Scope)).UnionWith([_resources[resource] + "Borrow", "Guest" + _resources[resource]]);
            }
        }

        foreach (PlannedType type in plan.Types.Where(type => type.Definition is not null))
        {
            _types.Add(type, Take(type.Scope!, Identifiers.Pascal(type.Definition!.Name)));
        }
    }

    /// <summary>The modules that a name space is in, from that of the bindings on.</summary>
    public string[] Module(PlannedScope scope) => _modules[scope];

    public string Name(PlannedType type) => _types[type];

    public string Name(PlannedResource resource) => _resources[resource];

    /// <summary>A name in a module that nothing else has.</summary>
    public string Take(PlannedScope scope, string name) => Take(Taken(Key(scope)), name);

    /// <summary>Where another name space is, seen from one; empty, or ends with colons.</summary>
    public string PathTo(PlannedScope scope, PlannedScope from)
    {
        string[] target = Module(scope);
        string[] start = Module(from);
        return target.SequenceEqual(start) ? "" : string.Concat(Enumerable.Repeat("super::", start.Length)) + string.Concat(target.Select(name => name + "::"));
    }

    /// <summary>The owned form of a type.</summary>
    public string Text(PlannedType type, PlannedScope from, string lifetime = "'_") => type.Kind switch
    {
        ComponentValueKind.Bool => "bool",
        ComponentValueKind.S8 => "i8",
        ComponentValueKind.S16 => "i16",
        ComponentValueKind.S32 => "i32",
        ComponentValueKind.S64 => "i64",
        ComponentValueKind.U8 => "u8",
        ComponentValueKind.U16 => "u16",
        ComponentValueKind.U32 => "u32",
        ComponentValueKind.U64 => "u64",
        ComponentValueKind.F32 => "f32",
        ComponentValueKind.F64 => "f64",
        ComponentValueKind.Char => "char",
        ComponentValueKind.String => "String",
        ComponentValueKind.List when type.Length is { } length => $"[{Text(type.Element!, from, lifetime)}; {length}]",
        ComponentValueKind.List => $"Vec<{Text(type.Element!, from, lifetime)}>",
        ComponentValueKind.Option => $"Option<{Text(type.Cases[1].Type!, from, lifetime)}>",
        ComponentValueKind.Result => $"Result<{Optional(type.Cases[0].Type, from, lifetime)}, {Optional(type.Cases[1].Type, from, lifetime)}>",
        ComponentValueKind.Tuple => Tuple(type.Fields.Select(field => Text(field.Type, from, lifetime))),
        ComponentValueKind.Own => Path(type.Resource!, from),
        ComponentValueKind.Borrow when type.Resource!.IsExported => $"{Path(type.Resource, from)}Borrow<{lifetime}>",
        ComponentValueKind.Borrow => $"rt::Borrow<{lifetime}, {Path(type.Resource!, from)}>",
        _ => PathTo(type.Scope!, from) + Name(type) + (HasBorrow(type) ? $"<{lifetime}>" : ""),
    };

    /// <summary>The form of a parameter that the caller keeps: references to what has memory of its own.</summary>
    public string Argument(PlannedType type, PlannedScope from) => type.Kind switch
    {
        ComponentValueKind.Borrow => "&" + Path(type.Resource!, from),
        _ when type.HoldsOwn || !type.HoldsMemory => Text(type, from),
        ComponentValueKind.String => "&str",
        ComponentValueKind.List when type.Length is null => $"&[{Text(type.Element!, from)}]",
        ComponentValueKind.Option => $"Option<{Nested(type.Cases[1].Type!, from)}>",
        ComponentValueKind.Result => $"Result<{NestedOptional(type.Cases[0].Type, from)}, {NestedOptional(type.Cases[1].Type, from)}>",
        _ => "&" + Text(type, from),
    };

    public string Path(PlannedResource resource, PlannedScope from) => PathTo(resource.Scope, from) + Name(resource);

    public static bool HasBorrow(PlannedType type) => Has(type, part => part.Kind == ComponentValueKind.Borrow);

    /// <summary>Whether a type or one that it is built of is as asked.</summary>
    public static bool Has(PlannedType type, Func<PlannedType, bool> condition) =>
        condition(type)
        || type.Fields.Any(field => Has(field.Type, condition))
        || type.Cases.Any(item => item.Type is not null && Has(item.Type, condition))
        || (type.Element is not null && Has(type.Element, condition));

    public static string Tuple(IEnumerable<string> items)
    {
        string[] all = [.. items];
        return all.Length == 1 ? $"({all[0]},)" : $"({string.Join(", ", all)})";
    }

    /// <summary>A name in kebab case as one of a function, field or parameter.</summary>
    public static string Snake(string name) => Escape(Identifiers.Snake(name));

    /// <summary>A name in kebab case as one of a type or case.</summary>
    public static string Pascal(string name) => Escape(Identifiers.Pascal(name));

    public static string Take(HashSet<string> taken, string name)
    {
        string result = Escape(name);
        for (int i = 2; !taken.Add(result); i++)
        {
            result = $"{Escape(name)}{i}";
        }

        return result;
    }

    // Two interfaces may have one name: then the package is named too, and then the version.
    private string ModuleName(PlannedScope scope, string parent)
    {
        WitPackageName package = scope.Owner.Package.Name;
        string label = Identifiers.Snake(scope.Label);
        string longer = $"{Identifiers.Snake(package.Name)}_{label}";
        HashSet<string> taken = Taken(parent);
        if (!taken.Contains(label) || !taken.Contains(longer))
        {
            return Take(taken, taken.Contains(label) ? longer : label);
        }

        string version = package.Version?.ToString() ?? "";
        return Take(taken, $"{longer}_{string.Concat(version.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'))}");
    }

    private HashSet<string> Taken(string module)
    {
        if (!_taken.TryGetValue(module, out HashSet<string>? taken))
        {
            _taken.Add(module, taken = [.. ReservedModules, .. ReservedTypes]);
        }

        return taken;
    }

    private string Key(PlannedScope scope) => string.Join("::", Module(scope));

    private string Nested(PlannedType type, PlannedScope from) => type.Kind == ComponentValueKind.Borrow ? Text(type, from) : Argument(type, from);

    private string NestedOptional(PlannedType? type, PlannedScope from) => type is null ? "()" : Nested(type, from);

    private string Optional(PlannedType? type, PlannedScope from, string lifetime) => type is null ? "()" : Text(type, from, lifetime);

    private static string Escape(string name) => Keywords.Contains(name) ? name + "_" : name;
}
