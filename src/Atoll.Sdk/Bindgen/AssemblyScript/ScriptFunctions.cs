using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.AssemblyScript;

/// <summary>Writes the functions on either side: those that the guest calls, and those that call the guest.</summary>
internal sealed class ScriptFunctions(ScriptAbi abi, ScriptNames names)
{
    private int _externals;

    /// <summary>Classes of resources and functions of a name space, with what they import before them.</summary>
    public void WriteImports(IndentingWriter writer, PlannedScope scope)
    {
        foreach (PlannedResource resource in scope.Resources)
        {
            WriteResource(writer, resource);
        }

        if (scope.Side == Side.Import)
        {
            foreach (PlannedFunction function in scope.Functions.Where(function => function.Resource is null))
            {
                writer.Separate();
                string core = Declare(writer, function);
                ScriptTypes.Docs(writer, function.Source.Annotations.Docs);
                WriteImport(writer, function, core, "export function ");
            }
        }
    }

    public void WriteExports(IndentingWriter writer, PlannedScope scope)
    {
        foreach (PlannedResource resource in scope.Resources)
        {
            writer.Separate();
            writer.Open($"export function {ScriptModule.Identifier(resource.DestructorName)}(p: usize): void");
            writer.Lines("changetype<world.Exported>(p).dropped();", "__unpin(p);");
            writer.Close();
        }

        foreach (PlannedFunction function in scope.Functions)
        {
            writer.Separate();
            WriteExport(writer, function);
        }
    }

    private void WriteResource(IndentingWriter writer, PlannedResource resource)
    {
        string name = names.Simple(resource);
        writer.Separate();
        string drop = Declare(writer, resource.CoreModule, resource.DropName, "handle: i32", "void");
        string? make = resource.IsExported ? Declare(writer, resource.CoreModule, resource.NewName, "rep: i32", "i32") : null;
        string? rep = resource.IsExported ? Declare(writer, resource.CoreModule, resource.RepName, "handle: i32", "i32") : null;
        PlannedFunction[] functions = resource.IsExported ? [] : [.. resource.Functions];
        string[] cores = [.. functions.Select(function => Declare(writer, function))];
        ScriptTypes.Docs(writer, resource.Definition.Annotations.Docs);
        writer.Open($"export class {name}");
        writer.Line("constructor(public handle: i32) {}");
        if (resource.IsExported)
        {
            string guest = ScriptNames.GuestClass(resource);
            writer.Line("/** A handle of an object, for the caller; one for each object. */");
            writer.Line($"static make(value: {guest}): {name} {{ return new {name}({make}(<i32>__pin(changetype<usize>(value)))); }}");
            writer.Line("/** The object. */");
            writer.Line($"get value(): {guest} {{ return changetype<{guest}>(<usize>{rep}(this.handle)); }}");
        }

        writer.Line("/** The handle, which is no longer this object's. */");
        writer.Line("take(): i32 { const handle = this.handle; this.handle = 0; return handle; }");
        writer.Line("/** Gives the handle back: the resource is gone, or no longer the guest's. */");
        writer.Line($"drop(): void {{ if (this.handle != 0) {drop}(this.take()); }}");
        for (int i = 0; i < functions.Length; i++)
        {
            ScriptTypes.Docs(writer, functions[i].Source.Annotations.Docs);
            WriteImport(writer, functions[i], cores[i], functions[i].Source.Kind == WitFunctionKind.Method ? "" : "static ");
        }

        writer.Close();
    }

    private string Declare(IndentingWriter writer, PlannedFunction function) => Declare(
        writer,
        function.Scope.ImportModule,
        function.ImportName,
        string.Join(", ", function.CoreParameters.Select((type, i) => $"p{i.ToString(CultureInfo.InvariantCulture)}: {ScriptFlat.CoreType(type)}")),
        function.CoreResult is { } result ? ScriptFlat.CoreType(result) : "void");

    private string Declare(IndentingWriter writer, string module, string name, string parameters, string result)
    {
        string core = "$core" + (_externals++).ToString(CultureInfo.InvariantCulture);
        writer.Line("// @ts-ignore: a decorator of a function");
        writer.Line($"@external(\"{module}\", \"{name}\")");
        writer.Line($"declare function {core}({parameters}): {result};");
        return core;
    }

    private void WriteImport(IndentingWriter writer, PlannedFunction function, string core, string head)
    {
        bool isMethod = function.Source.Kind == WitFunctionKind.Method;
        IEnumerable<string> parameters = function.Parameters.Skip(isMethod ? 1 : 0).Select(parameter => $"{ScriptNames.Local(parameter.Name)}: {names.Type(parameter.Type)}");
        string result = function.Result is null ? "void" : names.Type(function.Result);
        writer.Open($"{head}{names.Function(function)}({string.Join(", ", parameters)}): {result}");
        ScriptFlat flat = new(abi, names, writer);
        bool usesArena = function.ParametersSpill || function.Parameters.Any(parameter => parameter.Type.HoldsMemory);
        if (usesArena)
        {
            writer.Line("const $before = abi.mark();");
        }

        List<string> arguments = [];
        string Value(int i) => isMethod && i == 0 ? "this" : ScriptNames.Local(function.Parameters[i].Name);
        if (function.ParametersSpill)
        {
            writer.Line($"const $spilled = abi.alloc({function.SpillSize.ToString(CultureInfo.InvariantCulture)});");
            writer.Lines(function.Parameters.Select((parameter, i) => abi.Store(parameter.Type, ScriptAbi.At("$spilled", parameter.Offset), Value(i), "abi.")));
            arguments.Add("<i32>$spilled");
        }
        else
        {
            arguments.AddRange(function.Parameters.SelectMany((parameter, i) => flat.Lower(parameter.Type, Value(i))));
        }

        if (function.ResultSpills)
        {
            arguments.Add("<i32>abi.area");
        }

        writer.Line($"{(function.CoreResult is null ? "" : "const $answer = ")}{core}({string.Join(", ", arguments)});");
        if (usesArena)
        {
            writer.Line("abi.release($before);");
        }

        if (function.Result is not null)
        {
            writer.Line($"return {(function.ResultSpills ? abi.Load(function.Result, "abi.area", "abi.") : flat.Lift(function.Result, ["$answer"]))};");
        }

        writer.Close();
    }

    private void WriteExport(IndentingWriter writer, PlannedFunction function)
    {
        string result = function.CoreResult is { } core ? ScriptFlat.CoreType(core) : "void";
        IEnumerable<string> parameters = function.CoreParameters.Select((type, i) => $"p{i.ToString(CultureInfo.InvariantCulture)}: {ScriptFlat.CoreType(type)}");
        writer.Open($"export function {ScriptModule.Identifier(function.ExportName)}({string.Join(", ", parameters)}): {result}");
        ScriptFlat flat = new(abi, names, writer);
        int at = 0;
        for (int i = 0; i < function.Parameters.Count; i++)
        {
            PlannedParameter parameter = function.Parameters[i];
            string[] values = function.ParametersSpill ? [] : [.. Enumerable.Range(at, parameter.Type.Flat.Length).Select(j => "p" + j.ToString(CultureInfo.InvariantCulture))];
            at += values.Length;
            string value = function.ParametersSpill ? abi.Load(parameter.Type, ScriptAbi.At("<usize>p0", parameter.Offset), "abi.") : flat.Lift(parameter.Type, values);
            writer.Line($"const a{i.ToString(CultureInfo.InvariantCulture)} = {value};");
        }

        if (function.ParametersSpill)
        {
            writer.Line("heap.free(<usize>p0);");
        }

        writer.Line($"{(function.Result is null ? "" : "const $answer = ")}{Call(function)};");
        for (int i = 0; i < function.Parameters.Count; i++)
        {
            // Lent handles must be gone when the function returns ("Canonical ABI", borrow scopes).
            if (function.Parameters[i].Type is { Kind: ComponentValueKind.Borrow, Resource.IsExported: false })
            {
                writer.Line($"a{i.ToString(CultureInfo.InvariantCulture)}.drop();");
            }
        }

        if (function.ResultSpills)
        {
            writer.Line(abi.Store(function.Result!, "abi.area", "$answer", "abi."));
            writer.Line("return <i32>abi.area;");
        }
        else if (function.Result is not null)
        {
            writer.Line($"return {flat.Lower(function.Result, "$answer")[0]};");
        }

        writer.Close();
        if (function.NeedsPostReturn)
        {
            writer.Line($"export function {ScriptModule.Identifier(function.PostReturnName)}(p: usize): void {{ abi.release(0); }}");
        }
    }

    private string Call(PlannedFunction function)
    {
        IEnumerable<string> arguments = Enumerable.Range(0, function.Parameters.Count).Select(i => "a" + i.ToString(CultureInfo.InvariantCulture));
        string all = string.Join(", ", arguments);
        string name = ScriptNames.Local(function.Source.Name);
        return function.Source.Kind switch
        {
            WitFunctionKind.Method => $"a0.{name}({string.Join(", ", arguments.Skip(1))})",
            WitFunctionKind.Constructor when function.Result!.Kind == ComponentValueKind.Own =>
                $"world.{names.Scope(function.Scope)}.{names.Simple(function.Resource!)}.make(new {ScriptNames.GuestClass(function.Resource!)}({all}))",
            WitFunctionKind.Constructor => $"{ScriptNames.GuestClass(function.Resource!)}.create({all})",
            WitFunctionKind.Static => $"{ScriptNames.GuestClass(function.Resource!)}.{name}({all})",
            _ => $"{ScriptNames.GuestScope(function.Scope)}{name}({all})",
        };
    }
}
