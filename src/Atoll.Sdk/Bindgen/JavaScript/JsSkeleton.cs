using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>Writes a guest to begin with: all that it must export, with nothing in it.</summary>
internal sealed class JsSkeleton(BindingPlan plan, JsNames names)
{
    private readonly IndentingWriter _writer = new("  ");

    public GeneratedFile Write(bool isTypeScript)
    {
        string extension = isTypeScript ? "ts" : "js";
        _writer.Line($"// A beginning, written by `atoll bindgen {extension}`: copy it to `../guest.{extension}` and fill it in.");
        _writer.Line("// `guest.d.ts` and `imports/*.d.ts` have the types; the folder of all that is called `bindings` here.");
        if (!isTypeScript)
        {
            _writer.Line("// @ts-check");
        }

        foreach (PlannedScope scope in plan.Imports.Where(scope => scope.Functions.Count > 0))
        {
            _writer.Line($"import * as {names.Alias(scope)[1..]} from './bindings/{names.Module(scope)}.js';");
        }

        if (isTypeScript)
        {
            _writer.Line("import type { Guest } from './bindings/guest.js';");
        }

        foreach (PlannedScope scope in plan.Exports)
        {
            _writer.Separate();
            if (scope.ExternName is null)
            {
                Functions(scope, isTypeScript);
            }
            else
            {
                Interface(scope, isTypeScript);
            }
        }

        // Not a module where it lies: compilers that are given the folder leave it alone.
        return new GeneratedFile($"guest.{extension}.example", _writer.ToString());
    }

    private void Functions(PlannedScope scope, bool isTypeScript)
    {
        foreach (PlannedFunction function in scope.Functions)
        {
            string member = JsNames.Member(function);
            string local = JsNames.Local(member);
            string export = local == member ? "export " : "";
            string type = $"Guest['{member}']";
            if (!isTypeScript)
            {
                _writer.Line($"/** @type {{import('./bindings/guest.js').{type}}} */");
            }

            string declared = isTypeScript ? $"{local}: {type}" : local;
            _writer.Line($"{export}const {declared} = ({Parameters(function)}) => {{ throw new Error('not written yet'); }};");
            if (local != member)
            {
                _writer.Line($"export {{ {local} as {member} }};");
            }
        }
    }

    private void Interface(PlannedScope scope, bool isTypeScript)
    {
        string label = JsNames.Label(scope);
        string local = JsNames.Local(label);
        if (!isTypeScript)
        {
            _writer.Line($"/** @type {{import('./bindings/guest.js').Guest['{label}']}} */");
        }

        _writer.Open($"{(local == label ? "export " : "")}const {local}{(isTypeScript ? $": Guest['{label}']" : "")} =");
        foreach (PlannedResource resource in scope.Resources)
        {
            _writer.Open($"{JsNames.ClassName(resource)}: class");
            foreach (PlannedFunction function in resource.Functions)
            {
                string head = function.Source.Kind switch
                {
                    WitFunctionKind.Constructor => "constructor",
                    WitFunctionKind.Static => "static " + JsNames.Member(function),
                    _ => JsNames.Member(function),
                };
                string parameters = isTypeScript ? TypedParameters(function) : Parameters(function);
                string returns = isTypeScript && function.Source.Kind != WitFunctionKind.Constructor ? ": never" : "";
                _writer.Line($"{head}({parameters}){returns} {{ throw new Error('not written yet'); }}");
            }

            _writer.Close("},");
        }

        foreach (PlannedFunction function in scope.Functions.Where(function => function.Resource is null))
        {
            _writer.Line($"{JsNames.Member(function)}({Parameters(function)}) {{ throw new Error('not written yet'); }},");
        }

        _writer.Close("};");
        if (local != label)
        {
            _writer.Line($"export {{ {local} as {label} }};");
        }
    }

    private static string Parameters(PlannedFunction function) =>
        string.Join(", ", JsDeclarations.Parameters(function).Select(parameter => JsNames.Local(Identifiers.Camel(parameter.Name))));

    // A class expression gets no types from its context.
    private static string TypedParameters(PlannedFunction function) =>
        string.Join(", ", JsDeclarations.Parameters(function).Select(parameter => JsNames.Local(Identifiers.Camel(parameter.Name)) + ": any"));
}
