using System.Collections.Generic;
using System.Linq;
using Atoll.Bindings.Naming;
using Atoll.Bindings.Planning;
using Atoll.Wit;

namespace Atoll.Bindings.Emission;

/// <summary>Writes what the host implements: an interface for each imported one, with those of its resources, and the code that offers them to guests.</summary>
internal sealed class ImportEmitter(WorldPlan plan)
{
    private const string Caller = "global::Atoll.Components.ComponentCaller";

    /// <summary>The interface, and those of its resources.</summary>
    public void EmitInterface(CodeWriter code, FunctionGroup group)
    {
        code.Line();
        code.Docs(
            group.Interface?.Annotations.Docs ?? $"What the host implements of {group.ExternName ?? plan.World.QualifiedName}.", group.ExternName ?? "");
        code.Open($"public interface {group.TypeName}");
        foreach ((string name, Signature signature) in Members(group))
        {
            code.Separate();
            signature.Docs(code);
            code.Line($"{signature.ResultOrVoid} {name}({signature.Parameters});");
        }

        code.Close();
        foreach (WitTypeDefinition resource in group.Resources)
        {
            EmitResource(code, group, resource);
        }
    }

    /// <summary>The method that defines a group's functions in a linker.</summary>
    public void EmitAddTo(CodeWriter code, FunctionGroup group)
    {
        TypeNames names = new(plan, Direction.Import, plan.Namespace);
        Dictionary<WitFunction, string> members = Members(group).Concat(group.Resources.SelectMany(resource => Methods(group, resource))).ToDictionary(member => member.Signature.Function, member => member.Name);
        List<(string Name, Signature Signature)> delegates = [];
        string type = WorldEmitter.Reference(plan, group);
        string given = group.MemberName;
        EmitShared(code, group, type);
        code.Line();
        code.Line($"/// <summary>Offers implementations of <c>{group.ExternName ?? plan.World.QualifiedName}</c> to guests: one for each store, for example.</summary>");
        code.Line("/// <param name=\"linker\">Takes the definitions.</param>");
        code.Line($"/// <param name=\"{given.TrimStart('@')}\">Gives the implementation for a call; it is asked at every call.</param>");
        code.Line("/// <returns>The linker.</returns>");
        code.Line("public static global::Atoll.Components.ComponentLinker AddTo(");
        code.Indented([$"global::Atoll.Components.ComponentLinker linker, global::System.Func<{Caller}, {type}> {given})"]);
        code.Open("");
        code.Line("global::System.ArgumentNullException.ThrowIfNull(linker);");
        code.Line($"global::System.ArgumentNullException.ThrowIfNull({given});");
        string target = group.ExternName is null ? "linker" : "definitions";
        if (group.ExternName is not null)
        {
            code.Line($"global::Atoll.Components.ComponentLinkerInstance definitions = linker.Instance(\"{group.ExternName}\");");
        }

        foreach (WitTypeDefinition resource in group.Resources)
        {
            code.Line($"definitions.DefineResource<{names.Of(resource)}>(\"{resource.Name}\", static resource => resource.Dispose());");
        }

        foreach (WitFunction function in group.Functions)
        {
            Signature signature = new(plan, Direction.Import, plan.Namespace, function);
            string own = $"{group.TypeName}{signature.BareName}Function";
            if (signature.NeedsDelegateWith(Caller))
            {
                delegates.Add((own, signature));
            }

            string body = function.Kind == WitFunctionKind.Method
                ? $"static ({signature.Placeholders("self")}) => self.{members[function]}({signature.Placeholders(null)})"
                : $"({signature.Placeholders("caller")}) => {given}(caller).{members[function]}({signature.Placeholders(null)})";
            string definition = $"{target}.DefineFunction(\"{function.ExternName}\", new {signature.DelegateOr(own, Caller)}({body}));";
            if (definition.Length < 150)
            {
                code.Line(definition);
            }
            else
            {
                code.Line($"{target}.DefineFunction(");
                code.Indented([$"\"{function.ExternName}\",", $"new {signature.DelegateOr(own, Caller)}({body}));"]);
            }
        }

        code.Line("return linker;");
        code.Close();
        foreach ((string name, Signature signature) in delegates)
        {
            signature.EmitDelegate(code, name, "public", Caller);
        }
    }

    private void EmitShared(CodeWriter code, FunctionGroup group, string type)
    {
        string given = group.MemberName;
        code.Separate();
        code.Line($"/// <summary>Offers an implementation of <c>{group.ExternName ?? plan.World.QualifiedName}</c> to guests.</summary>");
        code.Line("/// <param name=\"linker\">Takes the definitions.</param>");
        code.Line($"/// <param name=\"{given.TrimStart('@')}\">The implementation; all instances that are made from the linker share it.</param>");
        code.Line("/// <returns>The linker.</returns>");
        code.Open($"public static global::Atoll.Components.ComponentLinker AddTo(global::Atoll.Components.ComponentLinker linker, {type} {given})");
        code.Line($"global::System.ArgumentNullException.ThrowIfNull({given});");
        code.Line($"return AddTo(linker, _ => {given});");
        code.Close();
    }

    private void EmitResource(CodeWriter code, FunctionGroup group, WitTypeDefinition resource)
    {
        PlannedType type = plan.Find(resource, Direction.Import)!;
        code.Line();
        code.Docs(resource.Annotations.Docs, $"resource {resource.Name}");
        code.Open($"public interface {type.Name} : global::System.IDisposable");
        foreach ((string name, Signature signature) in Methods(group, resource))
        {
            code.Separate();
            signature.Docs(code);
            code.Line($"{signature.ResultOrVoid} {name}({signature.Parameters});");
        }

        code.Close();
    }

    /// <summary>Functions, and the constructors and static functions of resources.</summary>
    private List<(string Name, Signature Signature)> Members(FunctionGroup group) => Named(
        group,
        group.Functions.Where(function => function.Kind != WitFunctionKind.Method), [.. Identifiers.OfObject, group.TypeName]);

    private List<(string Name, Signature Signature)> Methods(FunctionGroup group, WitTypeDefinition resource) => Named(
        group,
        ((WitResource)resource.Body).Functions.Where(function => function.Kind == WitFunctionKind.Method),
        [.. Identifiers.OfObject, "Dispose", plan.Find(resource, Direction.Import)!.Name]);

    private List<(string Name, Signature Signature)> Named(FunctionGroup group, IEnumerable<WitFunction> functions, string[] reserved)
    {
        NameScope scope = new(reserved);
        return [.. functions.Select(function => new Signature(plan, Direction.Import, group.Namespace, function)).Select(signature => (scope.Take(signature.BareName, "Function"), signature))];
    }
}
