using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>Writes the declarations (<c>.d.ts</c>) of a name space.</summary>
internal sealed class JsDeclarations(BindingPlan plan, JsNames names)
{
    private IndentingWriter _writer = new("  ");

    public GeneratedFile Write(PlannedScope scope, string head)
    {
        _writer = new IndentingWriter("  ");
        Types(scope);
        if (scope.Side == Side.Import)
        {
            Imports(scope);
        }
        else
        {
            Exports(scope);
        }

        string references = string.Concat(
            names.TakeReferences().Select(other => $"import type * as {names.Alias(other)} from '../{names.Module(other)}.js';\n"));
        string library = scope is { Side: Side.Import, Resources.Count: > 0 } ? "/// <reference lib=\"esnext.disposable\" />\n" : "";
        return new GeneratedFile(names.Module(scope) + ".d.ts", $"{head}{library}{references}\n{_writer.ToString().TrimStart('\n')}export {{}};\n");
    }

    /// <summary>The type of all that the world exports.</summary>
    public GeneratedFile WriteGuest(string head)
    {
        _writer = new IndentingWriter("  ");
        _writer.Line("/** What the module `guest` exports. */");
        _writer.Open("export interface Guest");
        PlannedScope? own = plan.Exports.FirstOrDefault(scope => scope.ExternName is null);
        foreach (PlannedFunction function in own?.Functions ?? [])
        {
            Docs(function);
            _writer.Line($"{JsNames.Member(function)}{Signature(function, own!)};");
        }

        List<string> references = [.. names.TakeReferences().Select(Import)];
        foreach (PlannedScope scope in plan.Exports.Where(scope => scope.ExternName is not null))
        {
            references.Add(Import(scope));
            _writer.Line($"{JsNames.Label(scope)}: {names.Alias(scope)}.{InterfaceName(scope)};");
        }

        _writer.Close();
        return new GeneratedFile("guest.d.ts", $"{head}{string.Concat(references.Distinct())}\n{_writer}");

        string Import(PlannedScope scope) => $"import type * as {names.Alias(scope)} from './{names.Module(scope)}.js';\n";
    }

    /// <summary>The name of the type that an exported interface is.</summary>
    public static string InterfaceName(PlannedScope scope)
    {
        string name = Identifiers.Pascal(scope.Label);
        IEnumerable<string> others = scope.Owner.Types.Select(type => Identifiers.Pascal(type.Name));
        return others.Contains(name, StringComparer.Ordinal) ? name + "Interface" : name;
    }

    /// <summary>Parameters and result.</summary>
    public string Signature(PlannedFunction function, PlannedScope from)
    {
        IEnumerable<string> parameters = Parameters(function).Select(
            parameter => $"{JsNames.Local(Identifiers.Camel(parameter.Name))}: {names.Text(parameter.Type, from)}");
        return $"({string.Join(", ", parameters)}): {names.Text(Returned(function.Result), from)}";
    }

    public static IEnumerable<PlannedParameter> Parameters(PlannedFunction function) =>
        function.Parameters.Skip(function.Source.Kind == WitFunctionKind.Method ? 1 : 0);

    /// <summary>What a function returns: a <c>result</c> its value, because the error is thrown.</summary>
    public static PlannedType? Returned(PlannedType? result) => result is { Kind: ComponentValueKind.Result } ? result.Cases[0].Type : result;

    private void Types(PlannedScope scope)
    {
        foreach (WitTypeDefinition definition in scope.Owner.Types.Where(type => type.Body is not WitResource))
        {
            string name = Identifiers.Pascal(definition.Name);
            if (definition.Target.Body is WitResource)
            {
                PlannedResource resource = plan.FindResource(definition, scope.Side);
                Alias(name, names.Qualified(resource.Scope, scope, JsNames.ClassName(resource)));
                continue;
            }

            PlannedType type = plan.Find(new WitNamed(definition), scope.Side);
            if (type.Definition == definition && type.Scope == scope)
            {
                Define(type, name);
            }
            else
            {
                Alias(name, names.Text(type, scope), definition.Annotations.Docs);
            }
        }
    }

    private void Alias(string name, string target, string? docs = null)
    {
        if (name != target)
        {
            _writer.Separate();
            Docs(docs);
            _writer.Line($"export type {name} = {target};");
        }
    }

    private void Define(PlannedType type, string name)
    {
        _writer.Separate();
        Docs(type.Definition!.Annotations.Docs);
        switch (type.Kind)
        {
            case ComponentValueKind.Record:
                _writer.Open($"export interface {name}");
                foreach (PlannedField field in type.Fields)
                {
                    Docs(field.Docs);
                    _writer.Line($"{Identifiers.Camel(field.Name)}: {names.Text(field.Type, type.Scope!)};");
                }

                _writer.Close();
                break;
            case ComponentValueKind.Flags:
                _writer.Open($"export interface {name}");
                foreach (PlannedCase flag in type.Flags)
                {
                    Docs(flag.Docs);
                    _writer.Line($"{Identifiers.Camel(flag.Name)}?: boolean;");
                }

                _writer.Close();
                break;
            default:
                _writer.Line($"export type {name} =");
                for (int i = 0; i < type.Cases.Count; i++)
                {
                    PlannedCase item = type.Cases[i];
                    Docs(item.Docs);
                    string text = type.Kind == ComponentValueKind.Enum ? $"'{item.Name}'" : names.Case(item.Name, item.Type, type.Scope!);
                    _writer.Line($"  | {text}{(i == type.Cases.Count - 1 ? ";" : "")}");
                }

                break;
        }
    }

    private void Imports(PlannedScope scope)
    {
        foreach (PlannedResource resource in scope.Resources)
        {
            _writer.Separate();
            Docs(resource.Definition.Annotations.Docs);
            _writer.Open($"export class {JsNames.ClassName(resource)}");
            if (!resource.Functions.Any(function => function.Source.Kind == WitFunctionKind.Constructor))
            {
                _writer.Line("private constructor();");
            }

            Members(resource, scope);
            _writer.Line("/** Drops the resource: it cannot be used after that. */");
            _writer.Line("[Symbol.dispose](): void;");
            _writer.Close();
        }

        foreach (PlannedFunction function in scope.Functions.Where(function => function.Resource is null))
        {
            string name = JsNames.Member(function);
            _writer.Separate();
            Docs(function);
            _writer.Line($"{(JsNames.IsKeyword(name) ? "declare" : "export")} function {JsNames.Local(name)}{Signature(function, scope)};");
            if (JsNames.IsKeyword(name))
            {
                _writer.Line($"export {{ {JsNames.Local(name)} as {name} }};");
            }
        }
    }

    private void Members(PlannedResource resource, PlannedScope scope)
    {
        foreach (PlannedFunction function in resource.Functions)
        {
            Docs(function);
            string signature = Signature(function, scope);
            _writer.Line(function.Source.Kind switch
            {
                WitFunctionKind.Constructor => $"constructor{signature[..(signature.LastIndexOf("): ", StringComparison.Ordinal) + 1)]};",
                WitFunctionKind.Static => $"static {JsNames.Member(function)}{signature};",
                _ => $"{JsNames.Member(function)}{signature};",
            });
        }
    }

    private void Exports(PlannedScope scope)
    {
        if (scope.ExternName is null)
        {
            return;
        }

        foreach (PlannedResource resource in scope.Resources)
        {
            string name = JsNames.ClassName(resource);
            _writer.Separate();
            Docs(resource.Definition.Annotations.Docs);
            _writer.Open($"export interface {name}");
            foreach (PlannedFunction function in resource.Functions.Where(function => function.Source.Kind == WitFunctionKind.Method))
            {
                Docs(function);
                _writer.Line($"{JsNames.Member(function)}{Signature(function, scope)};");
            }

            _writer.Close();
            _writer.Separate();
            _writer.Line($"/** The class of {name}. */");
            _writer.Open($"export interface {name}Class");
            foreach (PlannedFunction function in resource.Functions.Where(function => function.Source.Kind != WitFunctionKind.Method))
            {
                Docs(function);
                _writer.Line($"{(function.Source.Kind == WitFunctionKind.Constructor ? "new " : JsNames.Member(function))}{Signature(function, scope)};");
            }

            _writer.Close();
        }

        _writer.Separate();
        Docs(scope.Docs);
        _writer.Open($"export interface {InterfaceName(scope)}");
        foreach (PlannedResource resource in scope.Resources)
        {
            _writer.Line($"{JsNames.ClassName(resource)}: {JsNames.ClassName(resource)}Class;");
        }

        foreach (PlannedFunction function in scope.Functions.Where(function => function.Resource is null))
        {
            Docs(function);
            _writer.Line($"{JsNames.Member(function)}{Signature(function, scope)};");
        }

        _writer.Close();
    }

    private void Docs(PlannedFunction function)
    {
        List<string> lines = [.. IndentingWriter.DocLines(function.Source.Annotations.Docs)];
        if (function.Result is { Kind: ComponentValueKind.Result } result)
        {
            string error = result.Cases[1].Type is { } type ? $"`{names.Text(type, function.Scope)}`" : "nothing";
            bool isImport = function.Scope.Side == Side.Import;
            lines.Add(isImport ? $"@throws an Error whose `payload` is {error}" : $"@throws {error}, or an Error whose `payload` is that");
        }

        Docs(string.Join('\n', lines));
    }

    private void Docs(string? docs)
    {
        string[] lines = [.. IndentingWriter.DocLines(docs).Select(line => line.Replace("*/", "*\\/", StringComparison.Ordinal))];
        if (lines.Length == 1)
        {
            _writer.Line($"/** {lines[0]} */");
        }
        else if (lines.Length > 1)
        {
            _writer.Line("/**");
            _writer.Lines(lines.Select(line => line.Length == 0 ? " *" : $" * {line}"));
            _writer.Line(" */");
        }
    }
}
