using System.Collections.Generic;
using System.Linq;
using Atoll.Bindings.Naming;
using Atoll.Wit;

namespace Atoll.Bindings.Planning;

/// <summary>
/// Gives every type of a plan its namespace and name: types of WIT first, then groups of functions, then the world. Types of two interfaces with one name
/// both get the interface's name before their own.
/// </summary>
internal sealed class NamePlanner(WorldPlan plan)
{
    private const int MaxParameters = 256;

    private readonly Dictionary<string, NameScope> _scopes = new(StringComparer.Ordinal);
    private HashSet<string> _packagesWithVersions = [];

    public void Run()
    {
        IEnumerable<WitPackage> packages = plan.Types.Select(type => type.Definition.Owner.Package)
            .Concat(plan.Imports.Concat(plan.Exports).Select(group => group.Interface!.Package)).Distinct();
        _packagesWithVersions = [.. packages.GroupBy(Name).Where(group => group.Count() > 1).Select(group => group.Key)];
        foreach (PlannedType type in plan.Types)
        {
            type.Namespace = NamespaceOf(type.Definition.Owner.Package);
        }

        foreach (IGrouping<(string Namespace, string Name), PlannedType> same in plan.Types.GroupBy(type => (type.Namespace, Preferred(type, ""))))
        {
            bool isShared = same.Count() > 1;
            foreach (PlannedType type in same)
            {
                string name = isShared ? Preferred(type, plan.LabelOf(type.Definition.Owner)) : same.Key.Name;
                type.Name = Scope(type.Namespace).Take(name, "Type");
            }
        }

        NameGroups();
    }

    private void NameGroups()
    {
        foreach (FunctionGroup group in plan.Imports.Concat(plan.Exports))
        {
            group.Namespace = NamespaceOf(group.Interface!.Package);
        }

        plan.WorldImports.Namespace = plan.WorldExports.Namespace = plan.Namespace;
        foreach (FunctionGroup group in plan.Imports)
        {
            group.TypeName = Scope(group.Namespace).Take("I" + group.Label, "Functions");
        }

        plan.WorldImports.TypeName = plan.WorldImports.IsEmpty ? "" : Scope(plan.Namespace).Take($"I{plan.WorldImports.Label}Imports", "Functions");
        foreach (FunctionGroup group in plan.Exports)
        {
            group.TypeName = Scope(group.Namespace).Take(group.Label + "Exports", "Functions");
        }

        plan.ClassName = Scope(plan.Namespace).Take(Identifiers.Pascal(plan.World.Name!), "World");
        plan.WorldExports.TypeName = plan.ClassName;
        NameScope parameters = new(["linker", "store", "component", "caller", "self", "definitions", .. Enumerable.Range(0, MaxParameters).Select(Emission.Signature.Placeholder)]);
        foreach (FunctionGroup group in plan.AllImports)
        {
            group.MemberName = parameters.Take(group.ExternName is null ? "imports" : Identifiers.Camel(group.Label), "Import");
        }
    }

    private string NamespaceOf(WitPackage package)
    {
        if (package == plan.World.Package)
        {
            return plan.Namespace;
        }

        string version = package.Name.Version is { } known && _packagesWithVersions.Contains(Name(package))
            ? ".V" + new string([.. known.ToString().Select(character => char.IsLetterOrDigit(character) ? character : '_')])
            : "";
        return $"{plan.Namespace}.{Identifiers.Pascal(package.Name.Namespace)}.{Identifiers.Pascal(package.Name.Name)}{version}";
    }

    private string Preferred(PlannedType type, string before)
    {
        string prefix = type.Direction == Direction.Export ? ""
            : type.Definition.Body is WitResource ? "I"
            : plan.IsSplit(type.Definition) ? "Imported" : "";
        return prefix + before + Identifiers.Pascal(type.Definition.Name);
    }

    private NameScope Scope(string space)
    {
        if (!_scopes.TryGetValue(space, out NameScope? scope))
        {
            // A type that is called as its namespace cannot be named from outside without the whole of both.
            _scopes.Add(space, scope = new NameScope([space.Substring(space.LastIndexOf('.') + 1)]));
        }

        return scope;
    }

    private static string Name(WitPackage package) => $"{package.Name.Namespace}:{package.Name.Name}";
}
