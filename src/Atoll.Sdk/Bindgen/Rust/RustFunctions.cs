using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Sdk.Bindgen.Rust;

/// <summary>A core function that the macro <c>component!</c> exports.</summary>
/// <param name="Name">Name of the export.</param>
/// <param name="Path">The function of the generated module that does the work, with what it needs of type arguments.</param>
/// <param name="Parameters">Core parameters.</param>
/// <param name="Result">Core result.</param>
internal sealed record RustExport(string Name, string Path, IReadOnlyList<ValueType> Parameters, ValueType? Result);

/// <summary>Writes the functions and resources of a name space.</summary>
/// <remarks>Local names end with an underscore: no name of a parameter does, but for those of keywords, and no keyword is used here.</remarks>
internal sealed class RustFunctions(RustNames names, RustTypes types, IndentingWriter writer)
{
    private readonly List<RustExport> _exports = [];

    /// <summary>All that <c>component!</c> has to export.</summary>
    public IReadOnlyList<RustExport> Exports => _exports;

    public void WriteImports(PlannedScope scope)
    {
        foreach (PlannedResource resource in scope.Resources)
        {
            Handle(resource);
            writer.Open($"impl {names.Name(resource)}");
            HashSet<string> taken = [];
            foreach (PlannedFunction function in resource.Functions.OrderBy(function => function.Source.Kind != WitFunctionKind.Constructor))
            {
                Import(function, taken);
            }

            writer.Close();
        }

        HashSet<string> functions = [];
        foreach (PlannedFunction function in scope.Functions.Where(function => function.Resource is null))
        {
            Import(function, functions);
        }
    }

    public void WriteExports(PlannedScope scope)
    {
        string prefix = string.Concat(names.Module(scope).Select(name => name + "::"));
        foreach (PlannedResource resource in scope.Resources)
        {
            Handle(resource);
            ExportedResource(resource);
            _exports.Add(new RustExport(resource.DestructorName, $"{prefix}{names.Name(resource)}::drop_value", [ValueType.I32], null));
        }

        Dictionary<PlannedFunction, string> methods = [];
        foreach (PlannedResource resource in scope.Resources)
        {
            writer.Separate();
            types.Docs(resource.Definition.Annotations.Docs);
            writer.Open($"pub trait Guest{names.Name(resource)}: Sized + 'static");
            Methods(resource.Functions.OrderBy(function => function.Source.Kind != WitFunctionKind.Constructor), methods);
            writer.Close();
        }

        writer.Separate();
        types.Docs(scope.Docs);
        writer.Open("pub trait Guest");
        foreach (PlannedResource resource in scope.Resources)
        {
            writer.Line($"type {names.Name(resource)}: Guest{names.Name(resource)};");
        }

        Methods(scope.Functions.Where(function => function.Resource is null), methods);
        writer.Close();
        int number = 0;
        foreach (PlannedFunction function in scope.Functions)
        {
            Export(function, methods[function], prefix, number++);
        }
    }

    private void Methods(IEnumerable<PlannedFunction> functions, Dictionary<PlannedFunction, string> methods)
    {
        HashSet<string> taken = [];
        foreach (PlannedFunction function in functions)
        {
            methods.Add(function, RustNames.Take(taken, NameOf(function)));
            types.Docs(function.Source.Annotations.Docs);
            bool isMethod = function.Source.Kind == WitFunctionKind.Method;
            IEnumerable<string> parameters = function.Parameters.Skip(isMethod ? 1 : 0)
                .Select(parameter => $"{RustNames.Snake(parameter.Name)}: {Received(parameter.Type, function.Scope)}");
            writer.Line($"fn {methods[function]}({string.Join(", ", isMethod ? parameters.Prepend("&self") : parameters)}){Arrow(Implemented(function))};");
        }
    }

    // What the user's function gives back: a constructor the value itself.
    private string? Implemented(PlannedFunction function)
    {
        if (function.Result is null)
        {
            return null;
        }

        if (function.Source.Kind != WitFunctionKind.Constructor)
        {
            return names.Text(function.Result, function.Scope, "'static");
        }

        return function.Result.Kind == ComponentValueKind.Own ? "Self"
            : $"Result<Self, {(function.Result.Cases[1].Type is { } error ? names.Text(error, function.Scope) : "()")}>";
    }

    private string Received(PlannedType type, PlannedScope scope) =>
        type is { Kind: ComponentValueKind.Borrow, Resource.IsExported: false } ? "&" + names.Path(type.Resource, scope) : names.Text(type, scope);

    private void Import(PlannedFunction function, HashSet<string> taken)
    {
        PlannedScope scope = function.Scope;
        writer.Separate();
        types.Docs(function.Source.Annotations.Docs);
        bool isMethod = function.Source.Kind == WitFunctionKind.Method;
        string[] parameters = [.. function.Parameters.Select((parameter, i) => isMethod && i == 0 ? "self" : RustNames.Snake(parameter.Name))];
        IEnumerable<string> signature = function.Parameters.Select(
            (parameter, i) => isMethod && i == 0 ? "&self" : $"{parameters[i]}: {names.Argument(parameter.Type, scope)}");
        string? result = function.Result is null ? null : names.Text(function.Result, scope);
        writer.Open($"pub fn {RustNames.Take(taken, NameOf(function))}({string.Join(", ", signature)}){Arrow(result)}");
        Extern("import_", scope.ImportModule, function.ImportName, function.CoreParameters, function.CoreResult);
        writer.Open("unsafe");
        string[] values = [.. function.Parameters.Select(
            (parameter, i) => parameter.Type.Kind == ComponentValueKind.Borrow ? $"rt::Borrow::of({parameters[i]})" : parameters[i])];
        List<string> arguments = LowerArguments(function, values);
        if (function.ResultSpills)
        {
            writer.Line($"let area_ = rt::Area::<{function.Result!.Size}>::new();");
            arguments.Add("area_.at() as usize as i32");
        }

        string call = $"import_({string.Join(", ", arguments)})";
        if (function.Result is null)
        {
            writer.Line(call + ";");
        }
        else if (function.ResultSpills)
        {
            writer.Line(call + ";");
            writer.Line("rt::Lift::load(area_.at())");
        }
        else if (function.CoreResult is { } core)
        {
            writer.Line($"let result_ = {call};");
            writer.Line($"rt::Lift::lift(&{Flat("result_", core)})");
        }

        writer.Close();
        writer.Close();
    }

    private List<string> LowerArguments(PlannedFunction function, string[] values)
    {
        if (function.Parameters.Count == 0)
        {
            return [];
        }

        writer.Line("let mut temps_ = rt::Temps::new();");
        if (function.ParametersSpill)
        {
            writer.Line($"let spilled_ = rt::Area::<{function.SpillSize}>::new();");
            for (int i = 0; i < values.Length; i++)
            {
                writer.Line($"rt::Lower::store(&{values[i]}, spilled_.at().add({function.Parameters[i].Offset}), &mut temps_);");
            }

            return ["spilled_.at() as usize as i32"];
        }

        int count = function.Parameters.Sum(parameter => parameter.Type.Flat.Length);
        writer.Line($"let mut flat_ = [0u64; {count}];");
        int at = 0;
        for (int i = 0; i < values.Length; i++)
        {
            writer.Line($"rt::Lower::lower(&{values[i]}, flat_.as_mut_ptr(){(at == 0 ? "" : $".add({at})")}, &mut temps_);");
            at += function.Parameters[i].Type.Flat.Length;
        }

        return [.. Enumerable.Range(0, count).Select(i => Core($"flat_[{i}]", function.CoreParameters[i]))];
    }

    private void Export(PlannedFunction function, string method, string prefix, int number)
    {
        PlannedScope scope = function.Scope;
        bool isMethod = function.Source.Kind == WitFunctionKind.Method;
        string[] core = [.. Enumerable.Range(0, function.CoreParameters.Length).Select(i => $"p{i}_")];
        if (function.ResultSpills)
        {
            writer.Line($"static AREA_{number}: rt::Area<{function.Result!.Size}> = rt::Area::new();");
        }

        if (function.NeedsPostReturn)
        {
            writer.Line($"static KEPT_{number}: rt::Kept<{names.Text(function.Result!, scope, "'static")}> = rt::Kept::new();");
        }

        writer.Line("#[doc(hidden)]");
        string signature = string.Join(", ", core.Select((name, i) => $"{name}: {Text(function.CoreParameters[i])}"));
        writer.Open($"pub unsafe fn export_{number}<T: Guest>({signature}){Arrow(function.CoreResult is { } type ? Text(type) : null)}");
        LiftParameters(function, core);
        string target = function.Resource is null ? "T" : $"<T::{names.Name(function.Resource)} as Guest{names.Name(function.Resource)}>";
        IEnumerable<string> arguments = function.Parameters.Select((parameter, i) =>
            isMethod && i == 0 ? "a0_.get()"
            : parameter.Type is { Kind: ComponentValueKind.Borrow, Resource.IsExported: false } ? $"&a{i}_" : $"a{i}_");
        string call = $"{target}::{method}({string.Join(", ", arguments)})";
        if (function is { Source.Kind: WitFunctionKind.Constructor, Result: { } made })
        {
            string make = $"{names.Name(function.Resource!)}::new";
            call = made.Kind == ComponentValueKind.Own ? $"{make}({call})" : $"{call}.map({make})";
        }

        WriteResult(function, call, number);
        writer.Close();
        _exports.Add(new RustExport(function.ExportName, $"{prefix}export_{number}::<$component>", function.CoreParameters, function.CoreResult));
        if (function.NeedsPostReturn)
        {
            writer.Line("#[doc(hidden)]");
            writer.Open($"pub unsafe fn free_{number}(_: {Text(function.CoreResult!.Value)})");
            writer.Line($"KEPT_{number}.free()");
            writer.Close();
            _exports.Add(new RustExport(function.PostReturnName, $"{prefix}free_{number}", [function.CoreResult.Value], null));
        }
    }

    private void LiftParameters(PlannedFunction function, string[] core)
    {
        if (function.ParametersSpill)
        {
            writer.Line($"let spilled_ = {core[0]} as usize as *mut u8;");
            for (int i = 0; i < function.Parameters.Count; i++)
            {
                PlannedParameter parameter = function.Parameters[i];
                writer.Line($"let a{i}_ = <{LiftType(function, i)} as rt::Lift>::load(spilled_.add({parameter.Offset}));");
            }

            writer.Line($"rt::release(spilled_, {function.SpillSize}, {function.SpillAlignment});");
            return;
        }

        if (function.Parameters.Count > 0)
        {
            writer.Line($"let flat_ = [{string.Join(", ", core.Select((name, i) => Flat(name, function.CoreParameters[i])))}];");
        }

        int at = 0;
        for (int i = 0; i < function.Parameters.Count; i++)
        {
            writer.Line($"let a{i}_ = <{LiftType(function, i)} as rt::Lift>::lift(flat_.as_ptr(){(at == 0 ? "" : $".add({at})")});");
            at += function.Parameters[i].Type.Flat.Length;
        }
    }

    private string LiftType(PlannedFunction function, int i) => names.Text(function.Parameters[i].Type, function.Scope);

    private void WriteResult(PlannedFunction function, string call, int number)
    {
        if (function.Result is null)
        {
            writer.Line(call + ";");
            return;
        }

        writer.Line($"let result_ = {call};");
        if (!function.ResultSpills && function.CoreResult is { } core)
        {
            writer.Line("let mut flat_ = [0u64; 1];");
            writer.Line("rt::Lower::lower(&result_, flat_.as_mut_ptr(), &mut rt::Temps::new());");
            writer.Line(Core("flat_[0]", core));
            return;
        }

        writer.Line("let mut temps_ = rt::Temps::new();");
        writer.Line($"rt::Lower::store(&result_, AREA_{number}.at(), &mut temps_);");
        if (function.NeedsPostReturn)
        {
            writer.Line($"KEPT_{number}.set(result_, temps_);");
        }

        writer.Line($"AREA_{number}.at() as usize as i32");
    }

    private void Handle(PlannedResource resource)
    {
        string name = names.Name(resource);
        writer.Separate();
        types.Docs(resource.Definition.Annotations.Docs);
        writer.Line("#[derive(Debug)]");
        writer.Open($"pub struct {name}");
        writer.Line("handle: core::cell::Cell<u32>,");
        writer.Close();
        writer.Open($"impl rt::Resource for {name}");
        writer.Open("unsafe fn from_handle(handle: u32) -> Self");
        writer.Line($"{name} {{ handle: core::cell::Cell::new(handle) }}");
        writer.Close();
        writer.Open("fn handle(&self) -> u32");
        writer.Line("self.handle.get()");
        writer.Close();
        writer.Open("fn take(&self) -> u32");
        writer.Line("self.handle.replace(0)");
        writer.Close();
        writer.Close();
        writer.Open($"impl Drop for {name}");
        writer.Open("fn drop(&mut self)");
        Extern("drop_", resource.CoreModule, resource.DropName, [ValueType.I32], null);
        writer.Open("if self.handle.get() != 0");
        writer.Line("unsafe { drop_(self.handle.get() as i32) }");
        writer.Close();
        writer.Close();
        writer.Close();
        writer.Line($"rt::handles!([] {name}, this => rt::Resource::take(this), handle => rt::Resource::from_handle(handle));");
    }

    private void ExportedResource(PlannedResource resource)
    {
        string name = names.Name(resource);
        writer.Open($"impl {name}");
        writer.Line("/// Makes a resource of a value.");
        writer.Open($"pub fn new<T: Guest{name}>(value: T) -> Self");
        Extern("new_", resource.CoreModule, resource.NewName, [ValueType.I32], ValueType.I32);
        writer.Line("unsafe { rt::Resource::from_handle(new_(rt::boxed(value) as usize as i32) as u32) }");
        writer.Close();
        writer.Line("/// The value. Panics when it has another type.");
        writer.Open($"pub fn get<T: Guest{name}>(&self) -> &T");
        Extern("rep_", resource.CoreModule, resource.RepName, [ValueType.I32], ValueType.I32);
        writer.Line("unsafe { rt::value(rep_(self.handle.get() as i32) as usize as *mut u8) }");
        writer.Close();
        writer.Line("#[doc(hidden)]");
        writer.Open("pub unsafe fn drop_value(value: i32)");
        writer.Line("rt::drop_boxed(value as usize as *mut u8)");
        writer.Close();
        writer.Close();
        writer.Line("/// A resource that is lent for a call.");
        writer.Line("#[derive(Debug)]");
        writer.Open($"pub struct {name}Borrow<'a>");
        writer.Line("value: u32,");
        writer.Line("owner: core::marker::PhantomData<&'a u8>,");
        writer.Close();
        writer.Open($"impl<'a> {name}Borrow<'a>");
        writer.Line("/// The value. Panics when it has another type.");
        writer.Open($"pub fn get<T: Guest{name}>(&self) -> &T");
        writer.Line("unsafe { rt::value(self.value as usize as *mut u8) }");
        writer.Close();
        writer.Close();
        writer.Line($"rt::handles!(['a] {name}Borrow<'a>, this => this.value, value => {name}Borrow {{ value, owner: core::marker::PhantomData }});");
    }

    // Elsewhere than in WebAssembly there is no host: code that does not call it can be tested there.
    private void Extern(string local, string module, string import, IReadOnlyList<ValueType> parameters, ValueType? result)
    {
        string arrow = Arrow(result is { } type ? Text(type) : null);
        string types = string.Join(", ", parameters.Select(parameter => $"_: {Text(parameter)}"));
        writer.Line("#[cfg(target_arch = \"wasm32\")]");
        writer.Line($"#[link(wasm_import_module = \"{module}\")]");
        writer.Open("extern \"C\"");
        writer.Line($"#[link_name = \"{import}\"]");
        writer.Line($"fn {local}({types}){arrow};");
        writer.Close();
        writer.Line("#[cfg(not(target_arch = \"wasm32\"))]");
        writer.Open($"unsafe fn {local}({types}){arrow}");
        writer.Line("unimplemented!(\"there is a host only in WebAssembly\")");
        writer.Close();
    }

    private static string NameOf(PlannedFunction function) =>
        function.Source.Kind == WitFunctionKind.Constructor ? "new" : Identifiers.Snake(function.Source.Name);

    private static string Arrow(string? result) => result is null ? "" : " -> " + result;

    public static string Text(ValueType type) => type == ValueType.I32 ? "i32" : type == ValueType.I64 ? "i64" : type == ValueType.F32 ? "f32" : "f64";

    // A flat value out of the 64 bits that it is kept in.
    private static string Core(string bits, ValueType type) =>
        type == ValueType.I32 ? $"{bits} as i32"
        : type == ValueType.I64 ? $"{bits} as i64"
        : type == ValueType.F32 ? $"f32::from_bits({bits} as u32)"
        : $"f64::from_bits({bits})";

    private static string Flat(string value, ValueType type) =>
        type == ValueType.I32 ? $"({value} as u32 as u64)"
        : type == ValueType.I64 ? $"({value} as u64)"
        : type == ValueType.F32 ? $"({value}.to_bits() as u64)"
        : $"{value}.to_bits()";
}
