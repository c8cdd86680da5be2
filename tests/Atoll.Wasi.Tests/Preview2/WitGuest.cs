using System.Text;
using Atoll.Wit;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary>
/// The text of a component that imports interfaces of WIT and exports each of their functions again under a plain name, so that a test calls what the host
/// defines as a guest does.
/// </summary>
internal sealed class WitGuest
{
    private readonly StringBuilder _text = new();
    private readonly Dictionary<WitTypeDefinition, string> _names = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, string> _exports = new(StringComparer.Ordinal);
    private readonly List<string> _types = [];

    /// <param name="interfaces">What it imports; an interface after those that it uses.</param>
    public WitGuest(IEnumerable<WitInterface> interfaces)
    {
        _text.AppendLine("""
            (component
              (core module $libc
                (memory (export "memory") 64)
                (global $next (mut i32) (i32.const 4096))
                (func (export "realloc") (param i32 i32 i32) (param $size i32) (result i32)
                  (local $at i32)
                  (if (i32.gt_u (i32.add (global.get $next) (local.get $size)) (i32.const 4100000)) (then (global.set $next (i32.const 4096))))
                  (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
                  (global.set $next (i32.add (local.get $at) (local.get $size)))
                  (local.get $at)))
              (core instance $libc (instantiate $libc))
            """);
        foreach (WitInterface item in interfaces)
        {
            Import(item);
        }

        _text.Append(')');
    }

    public string Text => _text.ToString();

    /// <summary>Name under which a function is exported: <c>io/poll#poll</c> is <c>f7</c>; <c>io/poll#drop pollable</c> drops a resource.</summary>
    public string Export(string function) => _exports[function];

    private void Import(WitInterface item)
    {
        string instance = $"$i{_names.Count}x{_exports.Count}";
        string path = item.QualifiedName!.Split(':')[1].Split('@')[0];
        Dictionary<WitTypeDefinition, string> inner = new(ReferenceEqualityComparer.Instance);
        _text.AppendLine($"(import \"{item.QualifiedName}\" (instance {instance}");
        foreach (WitTypeDefinition type in Ordered(item.Types))
        {
            string name = $"$t{inner.Count}";
            inner.Add(type, name);
            string body = type.Body switch
            {
                WitResource => "(sub resource)",
                WitUse use => $"(eq {Outer(name, use.Definition)})",
                _ => $"(eq {Define(name, type.Body, inner)})",
            };
            _text.AppendLine($"  (export \"{type.Name}\" (type {name} {body}))");
        }

        foreach (WitFunction function in item.AllFunctions)
        {
            _text.AppendLine($"  (export \"{function.ExternName}\" (func {Signature(function, inner)}))");
        }

        _text.AppendLine("))");
        foreach (WitTypeDefinition type in item.Types)
        {
            string name = $"$o{_names.Count}";
            _names.Add(type, name);
            _text.AppendLine($"(alias export {instance} \"{type.Name}\" (type {name}))");
            if (type.Body is WitResource)
            {
                string export = $"drop{_exports.Count}";
                _exports.Add($"{path}#drop {type.Name}", export);
                _text.AppendLine($"(core func $c{export} (canon resource.drop {name}))");
                Forward(export, $"(param \"it\" (own {name}))", ["i32"], [], "", "");
            }
        }

        foreach (WitFunction function in item.AllFunctions)
        {
            string export = $"f{_exports.Count}";
            _exports.Add($"{path}#{function.ExternName}", export);
            _text.AppendLine($"(core func $c{export} (canon lower (func {instance} \"{function.ExternName}\") (memory $libc \"memory\") (realloc (func $libc \"realloc\"))))");
            string[] parameters = [.. function.Parameters.SelectMany(parameter => Flatten(parameter.Type))];
            Forward(
                export, Signature(function, _names), parameters, function.Result is null ? [] : Flatten(function.Result), Drops(function, out string needed), needed);
        }
    }

    /// <summary>Types after those that they speak of, which WIT does not ask for.</summary>
    private static List<WitTypeDefinition> Ordered(IReadOnlyList<WitTypeDefinition> types)
    {
        List<WitTypeDefinition> ordered = [];
        void Visit(WitTypeDefinition type)
        {
            if (types.Contains(type) && !ordered.Contains(type))
            {
                foreach (WitTypeDefinition other in Parts(type.Body).SelectMany(Names))
                {
                    Visit(other);
                }

                ordered.Add(type);
            }
        }

        foreach (WitTypeDefinition type in types)
        {
            Visit(type);
        }

        return ordered;
    }

    private static IEnumerable<WitType?> Parts(WitTypeBody body) => body switch
    {
        WitAlias alias => [alias.Type],
        WitRecord record => record.Fields.Select(field => field.Type),
        WitVariant variant => variant.Cases.Select(item => item.Type),
        _ => [],
    };

    private static IEnumerable<WitTypeDefinition> Names(WitType? type) => type switch
    {
        WitNamed named => [named.Definition],
        WitHandle handle => [handle.Resource],
        WitList list => Names(list.Element),
        WitOption option => Names(option.Element),
        WitTuple tuple => tuple.Items.SelectMany(Names),
        WitResult result => Names(result.Ok).Concat(Names(result.Error)),
        _ => [],
    };

    /// <summary>Code that drops what the guest was lent, and the functions that it calls.</summary>
    private string Drops(WitFunction function, out string needed)
    {
        StringBuilder code = new();
        List<string> drops = [];
        int slot = 0;
        foreach (WitParameter parameter in function.Parameters)
        {
            if ((parameter.Type as WitList)?.Element is WitHandle { IsBorrowed: true } element)
            {
                drops.Add(_names[element.Resource]);
                code.Append($$"""
                    (block $end (loop $next
                      (br_if $end (i32.eqz (local.get {{slot + 1}})))
                      (call $drop{{drops.Count}} (i32.load (local.get {{slot}})))
                      (local.set {{slot}} (i32.add (local.get {{slot}}) (i32.const 4)))
                      (local.set {{slot + 1}} (i32.sub (local.get {{slot + 1}}) (i32.const 1)))
                      (br $next)))
                    """);
            }
            else if (parameter.Type is WitHandle { IsBorrowed: true } handle)
            {
                drops.Add(_names[handle.Resource]);
                code.Append($"(call $drop{drops.Count} (local.get {slot}))");
            }

            slot += Flatten(parameter.Type).Length;
        }

        needed = string.Concat(drops.Select((name, i) => $"(core func $drop{i + 1}{_exports.Count} (canon resource.drop {name}))\n"));
        _text.Append(needed);
        needed = string.Join(' ', drops.Select((_, i) => $"{i + 1}"));
        return code.ToString();
    }

    /// <summary>A core function that calls another with its arguments, lifted.</summary>
    private void Forward(string export, string signature, string[] parameters, string[] results, string drops, string needed)
    {
        string[] numbers = needed.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string dropImports = string.Join(' ', numbers.Select(number => $"(import \"\" \"drop{number}\" (func $drop{number} (param i32)))"));
        string dropArguments = string.Join(' ', numbers.Select(number => $"(export \"drop{number}\" (func $drop{number}{_exports.Count}))"));
        parameters = parameters.Length > 16 ? ["i32"] : parameters;
        bool isInMemory = results.Length > 1;
        string arguments = string.Join(' ', parameters.Select((_, i) => $"(local.get {i})"));
        string types = string.Join(' ', parameters.Select(type => $"(param {type})"));
        string result = isInMemory ? "(result i32)" : string.Join(' ', results.Select(type => $"(result {type})"));
        _text.AppendLine($"""
            (core module $m{export}
              (import "" "f" (func $f {types} {(isInMemory ? "(param i32)" : result)}))
              {dropImports}
              (import "" "memory" (memory 1))
              (func (export "f") {types} {result}
                {(isInMemory ? $"(call $f {arguments} (i32.const 64)) (i32.const 64)" : $"(call $f {arguments})")}
                {drops}))
            (core instance $m{export} (instantiate $m{export} (with "" (instance (export "f" (func $c{export})) (export "memory" (memory $libc "memory")) {dropArguments}))))
            (func (export "{export}") {signature} (canon lift (core func $m{export} "f") (memory $libc "memory") (realloc (func $libc "realloc"))))
            """);
    }

    private string Outer(string name, WitTypeDefinition type)
    {
        string alias = $"{name}u";
        _text.AppendLine($"  (alias outer 1 {_names[type]} (type {alias}))");
        return alias;
    }

    private string Define(string name, WitTypeBody body, Dictionary<WitTypeDefinition, string> scope)
    {
        string text = body switch
        {
            WitAlias alias => Type(alias.Type, scope),
            WitRecord record => $"(record {string.Concat(record.Fields.Select(field => $"(field \"{field.Name}\" {Type(field.Type, scope)})"))})",
            WitVariant variant => $"(variant {string.Concat(variant.Cases.Select(item => $"(case \"{item.Name}\" {Type(item.Type, scope)})"))})",
            WitEnum names => $"(enum {string.Join(' ', names.Cases.Select(item => $"\"{item.Name}\""))})",
            WitFlags flags => $"(flags {string.Join(' ', flags.Flags.Select(item => $"\"{item.Name}\""))})",
            _ => throw new NotSupportedException(body.GetType().Name),
        };
        _text.AppendLine($"  (type {name}d {text})");
        return $"{name}d";
    }

    private static string Signature(WitFunction function, Dictionary<WitTypeDefinition, string> scope) =>
        string.Concat(function.Parameters.Select(parameter => $"(param \"{parameter.Name}\" {Type(parameter.Type, scope)})"))
        + (function.Result is null ? "" : $" (result {Type(function.Result, scope)})");

    private static string Type(WitType? type, Dictionary<WitTypeDefinition, string> scope) => type switch
    {
        null => "",
        WitPrimitive primitive => primitive.Kind.ToString().ToLowerInvariant(),
        WitNamed named when named.Definition.Target.Body is WitResource => $"(own {scope[named.Definition]})",
        WitNamed named => scope[named.Definition],
        WitHandle handle => $"({(handle.IsBorrowed ? "borrow" : "own")} {scope[handle.Resource]})",
        WitList list => $"(list {Type(list.Element, scope)})",
        WitOption option => $"(option {Type(option.Element, scope)})",
        WitTuple tuple => $"(tuple {string.Join(' ', tuple.Items.Select(item => Type(item, scope)))})",
        WitResult result => $"(result {Type(result.Ok, scope)} {(result.Error is null ? "" : $"(error {Type(result.Error, scope)})")})",
        _ => throw new NotSupportedException(type.GetType().Name),
    };

    /// <summary>CanonicalABI.md, "Flattening".</summary>
    private static string[] Flatten(WitType type) => type switch
    {
        WitPrimitive { Kind: WitPrimitiveKind.String } or WitList => ["i32", "i32"],
        WitPrimitive { Kind: WitPrimitiveKind.U64 or WitPrimitiveKind.S64 } => ["i64"],
        WitPrimitive { Kind: WitPrimitiveKind.F32 } => ["f32"],
        WitPrimitive { Kind: WitPrimitiveKind.F64 } => ["f64"],
        WitTuple tuple => [.. tuple.Items.SelectMany(Flatten)],
        WitOption option => Join([null, option.Element]),
        WitResult result => Join([result.Ok, result.Error]),
        WitNamed { Definition.Target.Body: WitAlias alias } => Flatten(alias.Type),
        WitNamed { Definition.Target.Body: WitRecord record } => [.. record.Fields.SelectMany(field => Flatten(field.Type))],
        WitNamed { Definition.Target.Body: WitVariant variant } => Join(variant.Cases.Select(item => item.Type)),
        _ => ["i32"],
    };

    private static string[] Join(IEnumerable<WitType?> cases)
    {
        List<string> joined = ["i32"];
        foreach (WitType? type in cases)
        {
            string[] flat = type is null ? [] : Flatten(type);
            for (int i = 0; i < flat.Length; i++)
            {
                if (i + 1 == joined.Count)
                {
                    joined.Add(flat[i]);
                }
                else if (joined[i + 1] != flat[i])
                {
                    joined[i + 1] = flat[i] is "i32" or "f32" && joined[i + 1] is "i32" or "f32" ? "i32" : "i64";
                }
            }
        }

        return [.. joined];
    }
}
