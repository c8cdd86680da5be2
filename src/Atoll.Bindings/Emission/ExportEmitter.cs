using System.Collections.Generic;
using System.Linq;
using Atoll.Bindings.Naming;
using Atoll.Bindings.Planning;
using Atoll.Wit;

namespace Atoll.Bindings.Emission;

/// <summary>Writes what a guest exports: a class for each interface, one for each resource, and the methods of both.</summary>
internal sealed class ExportEmitter(WorldPlan plan)
{
    /// <summary>The class of an interface, and those of its resources.</summary>
    public void EmitClass(CodeWriter code, FunctionGroup group)
    {
        code.Line();
        code.Docs(group.Interface!.Annotations.Docs ?? $"What a component exports as {group.ExternName}.", group.ExternName!);
        code.Open($"public sealed class {group.TypeName}");
        List<Method> methods = Methods(group, [.. Identifiers.OfObject, group.TypeName], ["_component"]);
        code.Line("private readonly global::Atoll.Components.ComponentInstance _component;");
        EmitFields(code, methods);
        code.Line();
        code.Open($"internal {group.TypeName}(global::Atoll.Components.ComponentInstance component)");
        code.Line("_component = component;");
        foreach (WitTypeDefinition resource in group.Resources)
        {
            PlannedType type = plan.Find(resource, Direction.Export)!;
            code.Line($"component.MapResource(\"{group.Path(resource.Name)}\", resource => new {type.Name}(this, resource));");
        }

        code.Close();
        EmitMethods(code, group, methods, "_component");
        EmitDelegates(code, methods);
        code.Close();
        foreach (WitTypeDefinition resource in group.Resources)
        {
            EmitResource(code, group, resource, methods);
        }
    }

    /// <summary>Fields and methods for functions that stand in the world itself.</summary>
    public List<Method> Methods(FunctionGroup group, IEnumerable<string> reserved, IEnumerable<string> reservedFields)
    {
        NameScope names = new(reserved);
        NameScope fields = new(reservedFields);
        List<Method> methods = [];
        foreach (WitFunction function in group.Functions)
        {
            Signature signature = new(plan, Direction.Export, group.Namespace, function);
            string bare = function.Kind == WitFunctionKind.Method ? Identifiers.Pascal(function.Resource!.Name) + signature.BareName : signature.BareName;
            string name = names.Take(bare, "Function");
            methods.Add(new Method(signature, name, fields.Take(Identifiers.Field(name), "Function"), names));
        }

        return methods;
    }

    public static void EmitFields(CodeWriter code, IEnumerable<Method> methods)
    {
        foreach (Method method in methods)
        {
            code.Line($"private {method.Delegate}? {method.Field};");
        }
    }

    public static void EmitMethods(CodeWriter code, FunctionGroup group, IEnumerable<Method> methods, string instance)
    {
        foreach (Method method in methods)
        {
            Signature signature = method.Signature;
            code.Separate();
            if (signature.Self is null)
            {
                signature.Docs(code);
            }

            string visibility = signature.Self is null ? "public" : "internal";
            code.Line($"{visibility} {signature.ResultOrVoid} {method.Name}({signature.ParametersWithSelf}) =>");
            code.Indented(
            [
                $"({method.Field} ??= {instance}.GetFunction(\"{group.Path(signature.Function.ExternName)}\")!",
                $"    .ToDelegate<{method.Delegate}>())({signature.ArgumentsWithSelf});",
            ]);
        }
    }

    public static void EmitDelegates(CodeWriter code, IEnumerable<Method> methods)
    {
        foreach (Method method in methods.Where(method => method.Signature.NeedsDelegateWith(null)))
        {
            method.Signature.EmitDelegate(code, method.Delegate, "public");
        }
    }

    private void EmitResource(CodeWriter code, FunctionGroup group, WitTypeDefinition resource, List<Method> methods)
    {
        PlannedType type = plan.Find(resource, Direction.Export)!;
        NameScope names = new([.. Identifiers.OfObject, "Dispose", "Resource", type.Name]);
        code.Line();
        code.Docs(resource.Annotations.Docs, $"resource {resource.Name}");
        code.Open($"public sealed class {type.Name} : global::Atoll.Components.GuestResource");
        code.Line($"private readonly {group.TypeName} _exports;");
        code.Line();
        code.Line($"internal {type.Name}({group.TypeName} exports, global::Atoll.Components.ComponentResource resource)");
        code.Indented([": base(resource) => _exports = exports;"]);
        foreach (Method method in methods.Where(method => method.Signature.Self is not null && method.Signature.Function.Resource == resource))
        {
            Signature signature = method.Signature;
            code.Line();
            signature.Docs(code);
            string arguments = signature.Arguments.Length == 0 ? "this" : $"this, {signature.Arguments}";
            code.Line($"public {signature.ResultOrVoid} {names.Take(signature.BareName, "Function")}({signature.Parameters}) => _exports.{method.Name}({arguments});");
        }

        code.Close();
    }

    /// <summary>An exported function with the names that it has in a class.</summary>
    public sealed class Method(Signature signature, string name, string field, NameScope names)
    {
        public Signature Signature { get; } = signature;

        public string Name { get; } = name;

        public string Field { get; } = field;

        /// <summary>Type of the delegate that calls it; one of its own stands in the same class.</summary>
        public string Delegate { get; } = signature.NeedsDelegateWith(null) ? names.Take(name + "Delegate", "Type") : signature.DelegateOr("");
    }
}
