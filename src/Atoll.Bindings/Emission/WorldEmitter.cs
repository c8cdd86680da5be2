using System.Collections.Generic;
using System.Linq;
using Atoll.Bindings.Naming;
using Atoll.Bindings.Planning;
using Atoll.Wit;

namespace Atoll.Bindings.Emission;

/// <summary>Writes the files of a world: one for the world, and one for each interface, with types, imports and exports.</summary>
internal static class WorldEmitter
{
    private static readonly string[] Reserved = [.. Identifiers.OfObject, "AddTo", "Check", "Instance", "Instantiate", "Load", "Of"];

    public static IEnumerable<GeneratedFile> Emit(WorldPlan plan)
    {
        string stem = $"{plan.Namespace}.{plan.ClassName}";
        yield return new GeneratedFile($"{stem}.g.cs", World(plan));
        IEnumerable<PlannedType> types = plan.Types.Where(type => type.Definition.Body is not WitResource);
        foreach (IGrouping<WitItemOwner, PlannedType> owner in types.GroupBy(type => type.Definition.Owner))
        {
            CodeWriter code = new(Describe(owner.Key, plan), owner.First().Namespace);
            TypeEmitter emitter = new(plan, code);
            foreach (PlannedType type in owner)
            {
                emitter.Emit(type);
            }

            yield return new GeneratedFile($"{stem}.{Hint(owner.Key, plan)}.Types.g.cs", code.ToString());
        }

        foreach (FunctionGroup group in plan.AllImports)
        {
            CodeWriter code = new(group.ExternName ?? plan.World.QualifiedName!, group.Namespace);
            new ImportEmitter(plan).EmitInterface(code, group);
            yield return new GeneratedFile($"{stem}.{Hint(group)}.Imports.g.cs", code.ToString());
        }

        foreach (FunctionGroup group in plan.Exports)
        {
            CodeWriter code = new(group.ExternName!, group.Namespace);
            new ExportEmitter(plan).EmitClass(code, group);
            yield return new GeneratedFile($"{stem}.{Hint(group)}.Exports.g.cs", code.ToString());
        }
    }

    /// <summary>How the world's file names the type of a group.</summary>
    public static string Reference(WorldPlan plan, FunctionGroup group) =>
        group.Namespace == plan.Namespace ? group.TypeName : $"global::{group.Namespace}.{group.TypeName}";

    private static string World(WorldPlan plan)
    {
        CodeWriter code = new(plan.World.QualifiedName!, plan.Namespace);
        ExportEmitter exports = new(plan);
        ImportEmitter imports = new(plan);
        NameScope names = new([.. Reserved, plan.ClassName]);
        foreach (FunctionGroup group in plan.Exports)
        {
            group.MemberName = names.Take(group.Label, "Interface");
        }

        List<ExportEmitter.Method> methods = exports.Methods(
            plan.WorldExports, [.. Reserved, plan.ClassName, .. plan.Exports.Select(group => group.MemberName)], ["_contract"]);
        code.Line();
        code.Docs(plan.World.Annotations.Docs ?? $"A component of the world {plan.World.QualifiedName}.", plan.ClassName);
        if (!(plan.World.Annotations.Docs ?? "").Contains("\n\n"))
        {
            code.Element(
                "remarks",
                "Used by one thread at a time, like its store. Calls throw what <see cref=\"global::Atoll.Components.ComponentFunction.Invoke\"/> does; they end",
                "when the token of the store is cancelled. A value of failure is a result, not an exception.");
        }

        code.Open($"public sealed class {plan.ClassName}");
        EmitContract(code, plan);
        ExportEmitter.EmitFields(code, methods);
        EmitConstructor(code, plan);
        EmitLoading(code, plan);
        foreach (FunctionGroup group in plan.AllImports)
        {
            imports.EmitAddTo(code, group);
        }

        EmitInstantiate(code, plan);
        ExportEmitter.EmitMethods(code, plan.WorldExports, methods, "Instance");
        ExportEmitter.EmitDelegates(code, methods);
        code.Close();
        return code.ToString();
    }

    private static void EmitContract(CodeWriter code, WorldPlan plan)
    {
        code.Line("private static readonly global::Atoll.Components.WorldContract _contract = new(");
        IReadOnlyList<string> lines = new ContractWriter(plan).Write();
        code.Indented([$"\"{plan.World.QualifiedName}\",", "\"\"\"", .. lines, "\"\"\");"]);
    }

    private static void EmitConstructor(CodeWriter code, WorldPlan plan)
    {
        code.Line();
        code.Open($"private {plan.ClassName}(global::Atoll.Components.ComponentInstance instance)");
        code.Line("Instance = instance;");
        foreach (FunctionGroup group in plan.Exports)
        {
            code.Line($"{group.MemberName} = new {Reference(plan, group)}(instance);");
        }

        code.Close();
        code.Line();
        code.Line("/// <summary>The instance without types of its own.</summary>");
        code.Line("public global::Atoll.Components.ComponentInstance Instance { get; }");
        foreach (FunctionGroup group in plan.Exports)
        {
            code.Line();
            code.Line($"/// <summary>The functions of <c>{group.ExternName}</c>.</summary>");
            code.Line($"public {Reference(plan, group)} {group.MemberName} {{ get; }}");
        }

        code.Line();
    }

    private static void EmitLoading(CodeWriter code, WorldPlan plan)
    {
        code.Line("/// <summary>Decodes and validates a component, and sees whether it is of this world.</summary>");
        code.Line("/// <param name=\"engine\">The engine that will run it.</param>");
        code.Line("/// <param name=\"bytes\">The component in the binary format; copied.</param>");
        code.Line("/// <param name=\"cancellationToken\">Stops the work between definitions.</param>");
        code.Line("/// <exception cref=\"global::Atoll.Components.MalformedComponentException\">The bytes do not follow the format, or break a limit.</exception>");
        code.Line("/// <exception cref=\"global::Atoll.Components.InvalidComponentException\">A rule of validation is broken.</exception>");
        code.Line("/// <exception cref=\"global::Atoll.Components.WorldMismatchException\">It is not of this world; the exception lists every difference.</exception>");
        code.Line("public static global::Atoll.Components.Component Load(");
        code.Indented(
        [
            "global::Atoll.Wasm.WasmEngine engine, global::System.ReadOnlyMemory<byte> bytes,",
            "global::System.Threading.CancellationToken cancellationToken = default)",
        ]);
        code.Open("");
        code.Line("global::Atoll.Components.Component component = global::Atoll.Components.Component.Load(engine, bytes, cancellationToken);");
        code.Line("_contract.Check(component);");
        code.Line("return component;");
        code.Close();
        code.Line();
        code.Line("/// <summary>Sees whether a component is of this world.</summary>");
        code.Line("/// <param name=\"component\">The component.</param>");
        code.Line("/// <exception cref=\"global::Atoll.Components.WorldMismatchException\">It is not; the exception lists every difference.</exception>");
        code.Line("public static void Check(global::Atoll.Components.Component component) => _contract.Check(component);");
    }

    private static void EmitInstantiate(CodeWriter code, WorldPlan plan)
    {
        code.Line();
        code.Line("/// <summary>Makes an instance from what a linker defines.</summary>");
        Common();
        code.Line("/// <param name=\"linker\">Defines what the component imports.</param>");
        code.Line("/// <exception cref=\"global::Atoll.Components.WorldMismatchException\">The component is not of this world.</exception>");
        code.Line("/// <exception cref=\"global::Atoll.Wasm.UnlinkableException\">Imports are missing; the exception lists them all.</exception>");
        code.Line($"public static {plan.ClassName} Instantiate(");
        code.Indented(["global::Atoll.Wasm.Store store, global::Atoll.Components.Component component, global::Atoll.Components.ComponentLinker linker)"]);
        code.Open("");
        code.Line("global::System.ArgumentNullException.ThrowIfNull(linker);");
        code.Line("_contract.Check(component);");
        code.Line($"return new {plan.ClassName}(linker.Instantiate(store, component));");
        code.Close();
        code.Line();
        code.Line("/// <summary>The typed form of an instance that was made elsewhere: one that a pool lends, for example.</summary>");
        code.Line("/// <param name=\"instance\">The instance.</param>");
        code.Line("/// <exception cref=\"global::Atoll.Components.WorldMismatchException\">Its component is not of this world.</exception>");
        code.Open($"public static {plan.ClassName} Of(global::Atoll.Components.ComponentInstance instance)");
        code.Line("global::System.ArgumentNullException.ThrowIfNull(instance);");
        code.Line("_contract.Check(instance.Component);");
        code.Line($"return new {plan.ClassName}(instance);");
        code.Close();
        if (plan.HasRuntimeImports)
        {
            return;
        }

        FunctionGroup[] imports = [.. plan.AllImports];
        code.Line();
        code.Line($"/// <summary>Makes an instance{(imports.Length == 0 ? "" : " from implementations of what it imports")}.</summary>");
        Common();
        foreach (FunctionGroup group in imports)
        {
            code.Line($"/// <param name=\"{group.MemberName.TrimStart('@')}\">Implements <c>{group.ExternName ?? plan.World.QualifiedName}</c>.</param>");
        }

        code.Line("/// <exception cref=\"global::Atoll.Components.WorldMismatchException\">The component is not of this world.</exception>");
        string[] parameters = ["global::Atoll.Wasm.Store store", "global::Atoll.Components.Component component",
            .. imports.Select(group => $"{Reference(plan, group)} {group.MemberName}")];
        code.Line($"public static {plan.ClassName} Instantiate(");
        code.Indented(parameters.Select((parameter, i) => parameter + (i + 1 < parameters.Length ? "," : ")")));
        code.Open("");
        code.Line("global::Atoll.Components.ComponentLinker linker = new();");
        foreach (FunctionGroup group in imports)
        {
            code.Line($"AddTo(linker, {group.MemberName});");
        }

        code.Line("return Instantiate(store, component, linker);");
        code.Close();

        void Common()
        {
            code.Line("/// <param name=\"store\">The store that will own it.</param>");
            code.Line("/// <param name=\"component\">The component.</param>");
        }
    }

    private static string Describe(WitItemOwner owner, WorldPlan plan) => owner.QualifiedName ?? $"{plan.World.QualifiedName} ({plan.LabelOf(owner)})";

    private static string Hint(WitItemOwner owner, WorldPlan plan) =>
        owner == plan.World ? "World" : owner.Name is null ? plan.LabelOf(owner) : Package(owner.Package) + Identifiers.Pascal(owner.Name);

    private static string Hint(FunctionGroup group) =>
        group.Interface is null ? "World" : group.Interface.Name is null ? group.Label : Package(group.Interface.Package) + group.Label;

    /// <summary>Two interfaces of different packages may have one name; those of several versions of a package too.</summary>
    private static string Package(WitPackage package) =>
        $"{Identifiers.Pascal(package.Name.Namespace)}{Identifiers.Pascal(package.Name.Name)}{package.Name.Version?.ToString().Replace('+', '-')}.";
}
