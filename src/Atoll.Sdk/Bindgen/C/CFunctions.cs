using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen.C;

/// <summary>Writes the functions on either side: those that the guest calls, and those that the host calls and the guest defines.</summary>
internal sealed class CFunctions(BindingPlan plan, CNames names)
{
    public void Declare(IndentingWriter writer)
    {
        foreach (PlannedScope scope in plan.All.Where(scope => scope.Functions.Count + scope.Resources.Count > 0))
        {
            writer.Separate();
            string what = scope.Side == Side.Import ? "Imported: call these." : "Exported: define these.";
            writer.Line($"// {scope.ExternName ?? "The world itself"}. {what}");
            CTypes.Docs(writer, scope.Docs);
            foreach (PlannedResource resource in scope.Resources)
            {
                DeclareResource(writer, resource);
            }

            foreach (PlannedFunction function in scope.Functions)
            {
                CTypes.Docs(writer, function.Source.Annotations.Docs);
                if (IsExportedItself(function))
                {
                    writer.Line(Export(function.ExportName));
                }

                writer.Line(Signature(function) + ";");
            }
        }
    }

    public void Define(IndentingWriter writer)
    {
        foreach (PlannedScope scope in plan.All)
        {
            foreach (PlannedResource resource in scope.Resources)
            {
                DefineResource(writer, resource);
            }

            foreach (PlannedFunction function in scope.Functions.Where(function => !IsExportedItself(function)))
            {
                writer.Separate();
                if (scope.Side == Side.Import)
                {
                    DefineImport(writer, function);
                }
                else
                {
                    DefineExport(writer, function);
                }
            }
        }
    }

    /// <summary>Values of many parts go by pointer: to what stays the caller's in imports, to what is the function's own in exports.</summary>
    private string Signature(PlannedFunction function)
    {
        string pointed = function.Scope.Side == Side.Import ? "const " : "";
        List<string> parameters = [.. function.Parameters.Select(parameter => CTypes.IsScalar(parameter.Type)
            ? $"{names.Type(parameter.Type)} {CNames.Local(parameter.Name)}"
            : $"{pointed}{names.Type(parameter.Type)} *{CNames.Local(parameter.Name)}")];
        bool returns = function.Result is not null && CTypes.IsScalar(function.Result);
        if (function.Result is not null && !returns)
        {
            parameters.Add($"{names.Type(function.Result)} *ret");
        }

        string result = returns ? names.Type(function.Result!) : "void";
        return $"{result} {names.Function(function)}({(parameters.Count == 0 ? "void" : string.Join(", ", parameters))})";
    }

    /// <summary>
    /// Whether what the guest defines has the core type that the host calls: C passes small integers and structs of one integer as the canonical ABI does. Then nothing
    /// stands between, unless there is a handle to give back.
    /// </summary>
    private static bool IsExportedItself(PlannedFunction function) =>
        function.Scope.Side == Side.Export && !function.ParametersSpill && (function.Result is null || CTypes.IsScalar(function.Result))
        && function.Parameters.All(parameter => CTypes.IsScalar(parameter.Type) && parameter.Type is not { Kind: ComponentValueKind.Borrow, Resource.IsExported: false });

    private void DeclareResource(IndentingWriter writer, PlannedResource resource)
    {
        string name = names.Resource(resource);
        string own = names.Type(resource.Own);
        writer.Line("/** Gives the handle back: the resource is gone, or no longer yours. */");
        writer.Line($"void {name}_drop({own} self);");
        if (!resource.IsExported)
        {
            writer.Line("/** Lends the handle, for parameters. */");
            writer.Line($"{names.Type(resource.Borrow)} {name}_borrow({own} self);");
            writer.Line("/** Gives back a handle that was lent inside a list or another value; call it before the exported function returns. */");
            writer.Line($"void {name}_drop_borrow({names.Type(resource.Borrow)} self);");
            return;
        }

        writer.Line("/** Makes a handle of what you have. It is the caller's when a function returns it. */");
        writer.Line($"{own} {name}_new({name}_t *self);");
        writer.Line("/** What you have behind a handle. */");
        writer.Line($"{name}_t *{name}_rep({own} self);");
        writer.Line("/** Define it: called when the last handle is gone. */");
        writer.Line($"void {name}_destructor({name}_t *self);");
    }

    private void DefineResource(IndentingWriter writer, PlannedResource resource)
    {
        string name = names.Resource(resource);
        string own = names.Type(resource.Own);
        writer.Separate();
        writer.Line(Import(resource.CoreModule, resource.DropName));
        writer.Line($"extern void core_drop_{name}(int32_t);");
        writer.Line($"void {name}_drop({own} self) {{ core_drop_{name}(self.handle); }}");
        if (!resource.IsExported)
        {
            string borrow = names.Type(resource.Borrow);
            writer.Line($"{borrow} {name}_borrow({own} self) {{ return ({borrow}){{ self.handle }}; }}");
            writer.Line($"void {name}_drop_borrow({borrow} self) {{ core_drop_{name}(self.handle); }}");
            return;
        }

        writer.Separate();
        writer.Line(Import(resource.CoreModule, resource.NewName));
        writer.Line($"extern int32_t core_new_{name}(int32_t);");
        writer.Line($"{own} {name}_new({name}_t *self) {{ return ({own}){{ core_new_{name}((int32_t)(uintptr_t)self) }}; }}");
        writer.Separate();
        writer.Line(Import(resource.CoreModule, resource.RepName));
        writer.Line($"extern int32_t core_rep_{name}(int32_t);");
        writer.Line($"{name}_t *{name}_rep({own} self) {{ return ({name}_t *)(uintptr_t)core_rep_{name}(self.handle); }}");
        writer.Separate();
        writer.Line(Export(resource.DestructorName));
        writer.Line($"void core_destructor_{name}(int32_t self) {{ {name}_destructor(({name}_t *)(uintptr_t)self); }}");
    }

    private void DefineImport(IndentingWriter writer, PlannedFunction function)
    {
        string core = "core_" + names.Function(function);
        string coreParameters = function.CoreParameters.IsEmpty ? "void" : string.Join(", ", function.CoreParameters.Select(CFlat.CoreType));
        string coreResult = function.CoreResult is { } type ? CFlat.CoreType(type) : "void";
        writer.Line(Import(function.Scope.ImportModule, function.ImportName));
        writer.Line($"extern {coreResult} {core}({coreParameters});");
        writer.Open(Signature(function));
        CFlat flat = new(names, writer);
        List<string> arguments = [];
        if (function.ParametersSpill)
        {
            writer.Line(Spilled(function) + " args;");
            foreach (PlannedParameter parameter in function.Parameters)
            {
                writer.Line($"args.{CNames.Local(parameter.Name)} = {Value(parameter)};");
            }

            arguments.Add("(int32_t)(uintptr_t)&args");
        }
        else
        {
            arguments.AddRange(function.Parameters.SelectMany(parameter => flat.Lower(parameter.Type, CTypes.IsScalar(parameter.Type) ? Value(parameter) : $"({Value(parameter)})")));
        }

        if (function.ResultSpills)
        {
            arguments.Add("(int32_t)(uintptr_t)ret");
        }

        string call = $"{core}({string.Join(", ", arguments)})";
        if (function.Result is null || function.ResultSpills)
        {
            writer.Line(call + ";");
        }
        else if (CTypes.IsScalar(function.Result))
        {
            writer.Line($"return {flat.Scalar(function.Result, call)};");
        }
        else
        {
            writer.Line($"{coreResult} core_ret = {call};");
            flat.Lift(function.Result, "(*ret)", ["core_ret"]);
        }

        writer.Close();
    }

    private void DefineExport(IndentingWriter writer, PlannedFunction function)
    {
        string coreResult = function.CoreResult is { } core ? CFlat.CoreType(core) : "void";
        string parameters = string.Join(", ", function.CoreParameters.Select((type, i) => $"{CFlat.CoreType(type)} p{i.ToString(CultureInfo.InvariantCulture)}"));
        writer.Line(Export(function.ExportName));
        writer.Open($"{coreResult} core_{names.Function(function)}({(parameters.Length == 0 ? "void" : parameters)})");
        CFlat flat = new(names, writer);
        List<string> arguments = function.ParametersSpill ? SpilledArguments(writer, function) : FlatArguments(writer, flat, function);
        if (function.Result is not null && !CTypes.IsScalar(function.Result))
        {
            writer.Line($"{(function.ResultSpills ? "static " : "")}{names.Type(function.Result)} ret;");
            arguments.Add("&ret");
        }

        string call = $"{names.Function(function)}({string.Join(", ", arguments)})";
        bool returns = function.Result is not null && CTypes.IsScalar(function.Result);
        writer.Line(returns ? $"{names.Type(function.Result!)} ret = {call};" : call + ";");
        for (int i = 0; i < function.Parameters.Count; i++)
        {
            // Lent handles must be gone when the function returns ("Canonical ABI", borrow scopes).
            if (function.Parameters[i].Type is { Kind: ComponentValueKind.Borrow, Resource: { IsExported: false } lent })
            {
                writer.Line($"{names.Resource(lent)}_drop_borrow({arguments[i]});");
            }
        }

        if (function.ParametersSpill)
        {
            writer.Line("free(args);");
        }

        if (function.ResultSpills)
        {
            writer.Line("return (int32_t)(uintptr_t)&ret;");
        }
        else if (function.Result is not null)
        {
            writer.Line($"return {flat.Lower(function.Result, "ret")[0]};");
        }

        writer.Close();
        if (function.NeedsPostReturn)
        {
            writer.Separate();
            writer.Line(Export(function.PostReturnName));
            string type = names.Type(function.Result!);
            writer.Line($"void core_post_{names.Function(function)}(int32_t p0) {{ {names.Release(function.Result!)}(({type} *)(uintptr_t)p0); }}");
        }
    }

    private List<string> SpilledArguments(IndentingWriter writer, PlannedFunction function)
    {
        writer.Line($"{Spilled(function)} *args = (void *)(uintptr_t)p0;");
        return [.. function.Parameters.Select(parameter => $"{(CTypes.IsScalar(parameter.Type) ? "" : "&")}args->{CNames.Local(parameter.Name)}")];
    }

    private List<string> FlatArguments(IndentingWriter writer, CFlat flat, PlannedFunction function)
    {
        List<string> arguments = [];
        int at = 0;
        for (int i = 0; i < function.Parameters.Count; i++)
        {
            PlannedType type = function.Parameters[i].Type;
            string[] values = [.. Enumerable.Range(at, type.Flat.Length).Select(j => "p" + j.ToString(CultureInfo.InvariantCulture))];
            at += values.Length;
            if (CTypes.IsScalar(type))
            {
                arguments.Add(flat.Scalar(type, values[0]));
                continue;
            }

            string local = "a" + i.ToString(CultureInfo.InvariantCulture);
            writer.Line($"{names.Type(type)} {local};");
            flat.Lift(type, local, values);
            arguments.Add("&" + local);
        }

        return arguments;
    }

    private string Spilled(PlannedFunction function) =>
        $"struct {{ {string.Join(' ', function.Parameters.Select(parameter => $"{names.Type(parameter.Type)} {CNames.Local(parameter.Name)};"))} }}";

    private static string Value(PlannedParameter parameter) => (CTypes.IsScalar(parameter.Type) ? "" : "*") + CNames.Local(parameter.Name);

    private static string Import(string module, string name) => $"__attribute__((__import_module__(\"{module}\"), __import_name__(\"{name}\")))";

    private static string Export(string name) => $"__attribute__((__export_name__(\"{name}\")))";
}
