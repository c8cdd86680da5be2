using System.Text;
using Atoll.Components;
using Atoll.Components.Binary;
using Atoll.Components.Text;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Wasm;
using Atoll.Wasm.Text;
using Atoll.Wit;

namespace Atoll.Bindings.Tests.Running;

/// <summary>
/// A component that imports an interface and exports it again: each function passes its arguments to the import and returns what that returns. So every
/// value goes from the host through a guest's memory back to the host, and all the way back.
/// </summary>
internal sealed class EchoComponent
{
    private const string Options = "(memory $libc \"memory\") (realloc (func $libc \"realloc\"))";

    private const string Memory = """
        (core module $libc
          (memory (export "memory") 4)
          (global $next (mut i32) (i32.const 1024))
          (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
            (global.set $next (i32.add (local.get $at) (local.get $new)))
            (local.get $at)))
        (core instance $libc (instantiate $libc))
        """;

    /// <summary>A function of the world itself: it calls an import as often as it is told to.</summary>
    private const string Runner = """
        (import "tick" (func $tick))
        (core func $tick-lowered (canon lower (func $tick)))
        (core module $runner
          (import "" "tick" (func $tick))
          (func (export "run") (param i32) (result i32)
            (local $left i32)
            (local.set $left (local.get 0))
            (block $done
              (loop $next
                (br_if $done (i32.eqz (local.get $left)))
                (call $tick)
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br $next)))
            (local.get 0)))
        (core instance $runner (instantiate $runner (with "" (instance (export "tick" (func $tick-lowered))))))
        (func (export "run") (param "times" u32) (result u32) (canon lift (core func $runner "run")))
        """;

    private readonly WasmEngine _engine;
    private readonly WitInterface _source;
    private readonly StringBuilder _lowered = new();
    private readonly StringBuilder _imports = new();
    private readonly StringBuilder _bodies = new();
    private readonly StringBuilder _links = new();
    private readonly StringBuilder _lifted = new();

    private EchoComponent(WasmEngine engine, WitInterface source)
    {
        _engine = engine;
        _source = source;
    }

    public static Component Make(WasmEngine engine, string wit, string name) =>
        new EchoComponent(engine, WitModel.Parse(wit).Root.Interfaces.Single(item => item.Name == name)).Make();

    private Component Make()
    {
        string types = string.Concat(_source.Types.Select(type => $"(type ${type.Name}' {Define(type.Body)}) (export \"{type.Name}\" (type ${type.Name} (eq ${type.Name}')))\n"));
        string functions = string.Concat(_source.Functions.Select(function => $"(export \"{function.Name}\" (func {Signature(function)}))\n"));
        string import = $"(import \"{_source.QualifiedName}\" (instance $host {types} {functions}))";
        InstanceType known = (InstanceType)Load($"(component {import})").Type.Imports[0].Type.Type;
        foreach (WitFunction function in _source.Functions)
        {
            Append(function, (ComponentFunctionType)known.Find(function.Name)!.Type.Type);
        }

        return Load($"""
            (component
              {import}
              {string.Concat(_source.Types.Select(type => $"(alias export $host \"{type.Name}\" (type ${type.Name}))\n"))}
              {Memory}
              {_lowered}
              (core module $code {_imports} {_bodies})
              (core instance $code (instantiate $code (with "" (instance {_links}))))
              {_lifted}
              (instance $out
                {string.Concat(_source.Types.Select(type => $"(export \"{type.Name}\" (type ${type.Name}))\n"))}
                {string.Concat(_source.Functions.Select(function => $"(export \"{function.Name}\" (func $out-{function.Name}))\n"))})
              (export "{_source.QualifiedName}" (instance $out))
              {Runner})
            """);
    }

    private Component Load(string text) => Component.Load(
        _engine, ComponentText.Assemble(TextSource.Read(text)), new ComponentLoadOptions { Features = ComponentFeatures.All }, CancellationToken.None);

    private void Append(WitFunction function, ComponentFunctionType type)
    {
        string name = function.Name;
        string[] flat = [.. type.Parameters.SelectMany(parameter => Flattening.Flatten(parameter.Type, is64: false)).Select(core => core.ToString())];
        flat = flat.Length > Flattening.MaxParameters ? ["i32"] : flat;
        string[] results = type.Result is null ? [] : [.. Flattening.Flatten(type.Result, is64: false).Select(core => core.ToString())];
        bool isInMemory = results.Length > 1;
        string parameters = string.Concat(flat.Select(core => $"(param {core})"));
        string arguments = string.Concat(flat.Select((_, i) => $"(local.get {i})"));
        string result = string.Concat(results.Select(core => $"(result {core})"));
        _lowered.AppendLine($"(alias export $host \"{name}\" (func $in-{name}))");
        _lowered.AppendLine($"(core func $lowered-{name} (canon lower (func $in-{name}) {Options}))");
        _links.AppendLine($"(export \"{name}\" (func $lowered-{name}))");
        _imports.AppendLine($"(import \"\" \"{name}\" (func ${name} {parameters} {(isInMemory ? "(param i32)" : result)}))");
        _bodies.AppendLine(isInMemory
            ? $"(func (export \"{name}\") {parameters} (result i32) (call ${name} {arguments} (i32.const 64)) (i32.const 64))"
            : $"(func (export \"{name}\") {parameters} {result} (call ${name} {arguments}))");
        _lifted.AppendLine($"(func $out-{name} {Signature(function)} (canon lift (core func $code \"{name}\") {Options}))");
    }

    private static string Signature(WitFunction function) =>
        string.Concat(function.Parameters.Select(parameter => $"(param \"{parameter.Name}\" {Of(parameter.Type)})"))
        + (function.Result is null ? "" : $"(result {Of(function.Result)})");

    private static string Define(WitTypeBody body) => body switch
    {
        WitAlias alias => Of(alias.Type),
        WitRecord record => $"(record {string.Concat(record.Fields.Select(field => $"(field \"{field.Name}\" {Of(field.Type)})"))})",
        WitVariant variant => $"(variant {string.Concat(variant.Cases.Select(item => $"(case \"{item.Name}\" {(item.Type is null ? "" : Of(item.Type))})"))})",
        WitEnum cases => $"(enum {string.Join(' ', cases.Cases.Select(item => $"\"{item.Name}\""))})",
        WitFlags flags => $"(flags {string.Join(' ', flags.Flags.Select(item => $"\"{item.Name}\""))})",
        _ => throw new ArgumentException(body.GetType().Name),
    };

    private static string Of(WitType type) => type switch
    {
        WitList { Length: null } list => $"(list {Of(list.Element)})",
        WitList list => $"(list {Of(list.Element)} {list.Length})",
        WitMap map => $"(map {Of(map.Key)} {Of(map.Value)})",
        WitOption option => $"(option {Of(option.Element)})",
        WitResult result => $"(result {(result.Ok is null ? "" : Of(result.Ok))} {(result.Error is null ? "" : $"(error {Of(result.Error)})")})",
        WitTuple tuple => $"(tuple {string.Join(' ', tuple.Items.Select(Of))})",
        WitNamed named => $"${named.Definition.Name}",
        _ => type.ToString(),
    };
}
