using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen.AssemblyScript;

/// <summary>
/// The names that AssemblyScript sees. Types and imports stand in one namespace for each interface, in the file of the world; the guest's own functions and classes
/// in namespaces of the same names in <c>guest.ts</c>.
/// </summary>
internal sealed class ScriptNames
{
    private const int MaxTypeLength = 4096;

    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "abstract", "any", "as", "async", "await", "bool", "boolean", "break", "case", "catch", "class", "const", "constructor", "continue", "debugger", "declare", "default",
        "delete", "do", "else", "enum", "export", "extends", "f32", "f64", "false", "finally", "for", "from", "function", "get", "i16", "i32", "i64", "i8", "if",
        "implements", "import", "in", "instanceof", "interface", "is", "isize", "keyof", "let", "module", "namespace", "never", "new", "null", "number", "of", "override",
        "package", "private", "protected", "public", "readonly", "return", "set", "static", "string", "super", "switch", "symbol", "this", "throw", "true", "try", "type",
        "typeof", "u16", "u32", "u64", "u8", "undefined", "usize", "v128", "var", "void", "while", "with", "yield",

        // What generated code itself speaks of.
        "abi", "guest", "world", "dropped", "unreachable", "load", "store", "heap", "memory", "changetype", "reinterpret",
    };

    private static readonly HashSet<string> Globals = new(StringComparer.Ordinal)
    {
        "Array", "ArrayBuffer", "Boolean", "DataView", "Date", "Error", "Exported", "Function", "Map", "Math", "Nothing", "Number", "Object", "Option", "Reflect", "Result",
        "Set", "StaticArray", "String", "Symbol", "Uint8Array",
    };

    private readonly Dictionary<PlannedScope, string> _scopes = [];
    private readonly Dictionary<PlannedType, string> _types = [];
    private readonly Dictionary<PlannedResource, string> _resources = [];
    private readonly Dictionary<PlannedFunction, string> _functions = [];
    private readonly Dictionary<PlannedType, string> _written = [];
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public ScriptNames(BindingPlan plan, string prefix)
    {
        Prefix = prefix;
        foreach (PlannedScope scope in plan.All)
        {
            string label = scope.ExternName is null ? prefix : scope.Label;
            bool isShared = plan.All.Count(other => other.Side == scope.Side && other.ExternName is not null && other.Label == scope.Label) > 1;
            string name = isShared && scope.ExternName is not null
                ? $"{scope.Owner.Package.Name.Namespace}-{scope.Owner.Package.Name.Name}-{label}"
                : label;
            _scopes.Add(scope, Take("", Local(scope.Side == Side.Import ? name : $"exports-{name}")));
        }

        foreach (PlannedResource resource in plan.Resources)
        {
            _resources.Add(resource, Take(_scopes[resource.Scope], Class(resource.Name + (resource.IsExported ? "-handle" : ""))));
        }

        foreach (PlannedResource resource in plan.Resources.Where(resource => !resource.IsExported))
        {
            // What the class of a resource has anyway.
            _taken.UnionWith(new[] { "handle", "take", "drop" }.Select(member => $"{_scopes[resource.Scope]}.{resource.Name}.{Wit.WitFunctionKind.Method} {member}"));
        }

        foreach (PlannedType type in plan.Types.Where(type => type.Definition is not null))
        {
            _types.Add(type, Take(_scopes[type.Scope!], Class(type.Definition!.Name)));
        }

        foreach (PlannedScope scope in plan.All)
        {
            foreach (PlannedFunction function in scope.Functions)
            {
                string place = function.Resource is null ? _scopes[scope] : $"{_scopes[scope]}.{function.Resource.Name}.{function.Source.Kind}";
                string name = function.Source.Kind == Wit.WitFunctionKind.Constructor ? "create" : Local(function.Source.Name);
                _functions.Add(function, Take(place, name));
            }
        }
    }

    public string Prefix { get; }

    public string Scope(PlannedScope scope) => _scopes[scope];

    /// <summary>The namespace of an exported interface in <c>guest.ts</c>, with a dot behind it; nothing for the world itself.</summary>
    public static string GuestScope(PlannedScope scope) => scope.ExternName is null ? "guest." : $"guest.{Local(scope.Label)}.";

    public string Function(PlannedFunction function) => _functions[function];

    /// <summary>The name of a type's class within its namespace.</summary>
    public string Simple(PlannedType type) => _types[type];

    public string Simple(PlannedResource resource) => _resources[resource];

    /// <summary>The class that the guest defines for an exported resource.</summary>
    public static string GuestClass(PlannedResource resource) => GuestScope(resource.Scope) + Class(resource.Name);

    /// <summary>A type as generated files write it.</summary>
    /// <exception cref="GuestBindingsException">It is too long: generic types repeat what they are built of.</exception>
    public string Type(PlannedType? type)
    {
        if (type is null)
        {
            return "world.Nothing";
        }

        if (!_written.TryGetValue(type, out string? text))
        {
            text = Write(type);
            if (text.Length > MaxTypeLength)
            {
                throw new GuestBindingsException($"the type `{type}` is too long to be written in AssemblyScript: give a name to its parts with records");
            }

            _written.Add(type, text);
        }

        return text;
    }

    private string Write(PlannedType type) => type.Kind switch
    {
        ComponentValueKind.Bool => "bool",
        ComponentValueKind.S8 => "i8",
        ComponentValueKind.U8 => "u8",
        ComponentValueKind.S16 => "i16",
        ComponentValueKind.U16 => "u16",
        ComponentValueKind.S32 => "i32",
        ComponentValueKind.U32 or ComponentValueKind.Char => "u32",
        ComponentValueKind.S64 => "i64",
        ComponentValueKind.U64 => "u64",
        ComponentValueKind.F32 => "f32",
        ComponentValueKind.F64 => "f64",
        ComponentValueKind.String => "string",
        ComponentValueKind.List when type.Element!.Kind == ComponentValueKind.U8 => "Uint8Array",
        ComponentValueKind.List => $"Array<{Type(type.Element)}>",
        ComponentValueKind.Option => $"world.Option<{Type(type.Cases[1].Type)}>",
        ComponentValueKind.Result => $"world.Result<{Type(type.Cases[0].Type)}, {Type(type.Cases[1].Type)}>",
        ComponentValueKind.Tuple => $"world.Tuple{type.Fields.Count.ToString(CultureInfo.InvariantCulture)}<{string.Join(", ", type.Fields.Select(field => Type(field.Type)))}>",
        ComponentValueKind.Flags => $"u{(type.Size * 8).ToString(CultureInfo.InvariantCulture)}",
        ComponentValueKind.Borrow when type.Resource!.IsExported => GuestClass(type.Resource),
        ComponentValueKind.Own or ComponentValueKind.Borrow => $"world.{_scopes[type.Resource!.Scope]}.{_resources[type.Resource]}",
        _ => $"world.{_scopes[type.Scope!]}.{_types[type]}",
    };

    /// <summary>A member, parameter or function.</summary>
    public static string Local(string name)
    {
        string camel = Identifiers.Camel(name);
        return char.IsAsciiDigit(camel[0]) ? "f" + camel : Keywords.Contains(camel) ? camel + "_" : camel;
    }

    public static string Class(string name) => Identifiers.Pascal(name) is var pascal && (Globals.Contains(pascal) || pascal.StartsWith("Tuple", StringComparison.Ordinal)) ? pascal + "_" : pascal;

    private string Take(string place, string name)
    {
        while (!_taken.Add($"{place} {name}"))
        {
            name += "_";
        }

        return name;
    }
}
