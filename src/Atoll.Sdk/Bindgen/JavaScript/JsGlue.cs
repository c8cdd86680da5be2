using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>Writes the modules between the guest and QuickJS.</summary>
internal sealed class JsGlue(BindingPlan plan, JsNames names, JsConversions conversions)
{
    /// <summary>Says what the runtime can do.</summary>
    public const string RuntimeModule = "runtime.js";

    /// <summary>The module that is componentized.</summary>
    public GeneratedFile Component(string head)
    {
        IndentingWriter writer = new("  ");
        writer.Line("import * as $guest from '../guest.js';");
        if (plan.Exports.Any(scope => scope.Functions.Any(conversions.Needs)))
        {
            writer.Line("import * as $convert from './convert.js';");
        }

        writer.Separate();
        writer.Open("const $check = (place, what, members) =>");
        writer.Open("for (const member of members)");
        writer.Line("if (typeof what?.[member] !== 'function') throw new TypeError(`guest.js does not export the function ${place}${member}`);");
        writer.Close();
        writer.Close("};");
        if (plan.Exports.Any(scope => scope.Functions.Any(TakesExported)))
        {
            writer.Line("import { takesOwned as $takesOwned } from './runtime.js';");
            writer.Lines(
                "// The runtime of componentize-qjs 0.4.5 mixes up the objects behind owned handles of resources that the guest exports: rather none than another one.",
                "const $refuse = (name) => () => {",
                "  throw new Error(`${name} takes an owned resource of the guest, which the runtime of componentize-qjs mixes up: let it take a borrow, or use atoll build`);",
                "};");
        }

        foreach (PlannedScope scope in plan.Exports)
        {
            writer.Separate();
            if (scope.ExternName is null)
            {
                Own(scope, writer);
            }
            else
            {
                Interface(scope, writer);
            }
        }

        return new GeneratedFile("component.js", head + writer);
    }

    /// <summary>Whether a function takes an owned handle of a resource that the guest exports.</summary>
    public static bool TakesExported(PlannedFunction function) => function.Parameters.Any(parameter => TakesExported(parameter.Type));

    /// <summary>The module that says what the runtime can do; a build with another runtime replaces it. Null where nothing depends on that.</summary>
    public GeneratedFile? Runtime(string head) => plan.Exports.Any(scope => scope.Functions.Any(TakesExported))
        ? new GeneratedFile(RuntimeModule, head + "export const takesOwned = false;\n")
        : null;

    /// <summary>The module of what is imported.</summary>
    public GeneratedFile Import(PlannedScope scope, string head)
    {
        IndentingWriter writer = new("  ");
        if (scope.ExternName is not null)
        {
            writer.Line($"import * as $host from '{scope.ExternName}';");
        }

        if (scope.Functions.Any(conversions.Needs))
        {
            writer.Line("import * as $convert from '../convert.js';");
        }

        foreach (PlannedResource resource in scope.Resources)
        {
            Class(resource, writer);
        }

        foreach (PlannedFunction function in scope.Functions.Where(function => function.Resource is null))
        {
            writer.Separate();
            string member = JsNames.Member(function);
            string callee = scope.ExternName is null ? $"globalThis.{member}" : $"$host.{member}";
            bool isKeyword = JsNames.IsKeyword(member);
            string value = conversions.Needs(function) || scope.ExternName is null ? Wrapper(function, callee, true) : callee;
            writer.Line($"{(isKeyword ? "" : "export ")}const {JsNames.Local(member)} = {value};");
            if (isKeyword)
            {
                writer.Line($"export {{ {JsNames.Local(member)} as {member} }};");
            }
        }

        return new GeneratedFile(names.Module(scope) + ".js", head + writer);
    }

    // The class stays the host's, because handles that come in are of it; only its functions are replaced.
    private void Class(PlannedResource resource, IndentingWriter writer)
    {
        string name = JsNames.ClassName(resource);
        writer.Separate();
        if (resource.Functions.Any(function => function.Source.Kind == WitFunctionKind.Constructor && conversions.Needs(function)))
        {
            PlannedFunction constructor = resource.Functions.First(function => function.Source.Kind == WitFunctionKind.Constructor);
            string[] parameters = ParameterNames(constructor);
            writer.Open($"export const {name} = function ({string.Join(", ", parameters)})");
            writer.Line($"return {Call(constructor, parameters, $"new $host.{name}", true)};");
            writer.Close("};");
            writer.Line($"Object.setPrototypeOf({name}, $host.{name});");
            writer.Line($"{name}.prototype = $host.{name}.prototype;");
        }
        else
        {
            writer.Line($"export const {name} = $host.{name};");
        }

        IEnumerable<PlannedFunction> others = resource.Functions.Where(function => function.Source.Kind != WitFunctionKind.Constructor);
        foreach (PlannedFunction function in others.Where(conversions.Needs))
        {
            string member = JsNames.Member(function);
            string target = function.Source.Kind == WitFunctionKind.Method ? $"{name}.prototype" : name;
            string[] parameters = ParameterNames(function);
            writer.Open("");
            writer.Line($"const call = {target}.{member};");
            writer.Open($"{target}.{member} = function ({string.Join(", ", parameters)})");
            writer.Line($"return {Call(function, parameters.Prepend("this"), "call.call", true, hasThis: true)};");
            writer.Close("};");
            writer.Close();
        }
    }

    private void Own(PlannedScope scope, IndentingWriter writer)
    {
        writer.Line($"$check('', $guest, [{string.Join(", ", scope.Functions.Select(function => $"'{JsNames.Member(function)}'"))}]);");
        foreach (PlannedFunction function in scope.Functions)
        {
            string member = JsNames.Member(function);
            string value = conversions.Needs(function) ? Wrapper(function, $"$guest.{member}", false) : $"$guest.{member}";
            bool isKeyword = JsNames.IsKeyword(member);
            writer.Line($"{(isKeyword ? "" : "export ")}const {JsNames.Local(member)} = {value};");
            if (isKeyword)
            {
                writer.Line($"export {{ {JsNames.Local(member)} as {member} }};");
            }
        }
    }

    private void Interface(PlannedScope scope, IndentingWriter writer)
    {
        string label = JsNames.Label(scope);
        IEnumerable<string> members = scope.Resources.Select(JsNames.ClassName)
            .Concat(scope.Functions.Where(function => function.Resource is null).Select(JsNames.Member));
        writer.Line($"$check('{label}.', $guest.{label}, [{string.Join(", ", members.Select(member => $"'{member}'"))}]);");
        string name = JsNames.Local(label);
        string export = name == label ? "export " : "";
        if (!scope.Functions.Any(function => conversions.Needs(function) || TakesExported(function)))
        {
            writer.Line($"{export}const {name} = $guest.{label};");
        }
        else
        {
            writer.Open($"{export}const {name} =");
            foreach (PlannedResource resource in scope.Resources)
            {
                string own = JsNames.ClassName(resource);
                string[] refused = [.. resource.Functions.Where(TakesExported).Select(
                    function => $"static {JsNames.Member(function)} = $takesOwned ? super.{JsNames.Member(function)} : $refuse('{label}.{own}.{JsNames.Member(function)}');")];
                writer.Line(refused.Length == 0 ? $"{own}: $guest.{label}.{own}," : $"{own}: class extends $guest.{label}.{own} {{ {string.Join(' ', refused)} }},");
            }

            foreach (PlannedFunction function in scope.Functions.Where(function => function.Resource is null))
            {
                string member = JsNames.Member(function);
                string callee = $"$guest.{label}.{member}";
                string value = conversions.Needs(function) ? Wrapper(function, callee, false) : $"(...all) => {callee}(...all)";
                writer.Line($"{member}: {(TakesExported(function) ? $"$takesOwned ? {value} : $refuse('{label}.{member}')" : value)},");
            }

            writer.Close("};");
        }

        if (name != label)
        {
            writer.Line($"export {{ {name} as {label} }};");
        }
    }

    private static bool TakesExported(PlannedType type) =>
        type is { Kind: ComponentValueKind.Own, Resource.IsExported: true }
        || type.Fields.Any(field => TakesExported(field.Type))
        || type.Cases.Any(item => item.Type is not null && TakesExported(item.Type))
        || (type.Element is not null && TakesExported(type.Element));

    private string Wrapper(PlannedFunction function, string callee, bool isImport)
    {
        string[] parameters = ParameterNames(function);
        return $"({string.Join(", ", parameters)}) => {Call(function, parameters, callee, isImport)}";
    }

    private static string[] ParameterNames(PlannedFunction function) =>
        [.. JsDeclarations.Parameters(function).Select(parameter => JsNames.Local(Identifiers.Camel(parameter.Name)) + "_")];

    // What goes out of the guest are arguments of imports and results of exports.
    private string Call(PlannedFunction function, IEnumerable<string> parameters, string callee, bool isImport, bool hasThis = false)
    {
        PlannedParameter[] types = [.. JsDeclarations.Parameters(function)];
        IEnumerable<string> arguments = parameters.Select((parameter, i) =>
        {
            int index = hasThis ? i - 1 : i;
            return index < 0 || !conversions.Needs(types[index].Type) ? parameter : $"$convert.{conversions.Name(types[index].Type, !isImport)}({parameter})";
        });
        string call = $"{callee}({string.Join(", ", arguments)})";
        if (!conversions.Needs(function.Result))
        {
            return call;
        }

        if (function.Result!.Kind != ComponentValueKind.Result)
        {
            return $"$convert.{conversions.Name(function.Result, isImport)}({call})";
        }

        string value = conversions.Name(function.Result.Cases[0].Type, isImport);
        string error = conversions.Name(function.Result.Cases[1].Type, isImport);
        return $"$convert.{(isImport ? "imported" : "exported")}(() => {call}, $convert.{value}, $convert.{error})";
    }
}
