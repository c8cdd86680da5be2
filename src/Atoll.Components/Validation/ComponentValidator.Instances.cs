using System.Collections.Immutable;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Components.Validation;

/// <content>Instances and aliases ("Explainer", "Instance Definitions" and "Alias Definitions").</content>
internal sealed partial class ComponentValidator
{
    private IReadOnlyDictionary<string, CoreItem> Instantiate(Scope scope, CoreInstanceEntry entry)
    {
        CoreModuleType module = At(scope.CoreModules, entry.Module, "module", entry.Offset);
        Dictionary<string, IReadOnlyDictionary<string, CoreItem>> arguments = new(StringComparer.Ordinal);
        foreach (CoreArgument argument in entry.Arguments)
        {
            if (!arguments.TryAdd(argument.Name, At(scope.CoreInstances, argument.Instance, "core instance", entry.Offset)))
            {
                throw Invalid($"duplicate module instantiation argument named `{argument.Name}`", entry.Offset);
            }
        }

        foreach (ImportDefinition import in module.ImportDefinitions)
        {
            _budget.Spend();
            if (!arguments.TryGetValue(import.Module, out IReadOnlyDictionary<string, CoreItem>? argument))
            {
                throw Invalid($"missing module instantiation argument named `{import.Module}`", entry.Offset);
            }

            if (!argument.TryGetValue(import.Name, out CoreItem? item))
            {
                throw Invalid($"module instantiation argument `{import.Module}` does not export an item named `{import.Name}`", entry.Offset);
            }

            if (TypeMatcher.CoreMismatch(import.Type, item.Type) is { } problem)
            {
                throw Invalid($"type mismatch for export `{import.Name}` of module instantiation argument `{import.Module}`: {problem}", entry.Offset);
            }
        }

        return module.ExportsByName;
    }

    private static Dictionary<string, CoreItem> Collect(Scope scope, CoreInstanceEntry entry)
    {
        Dictionary<string, CoreItem> exports = new(StringComparer.Ordinal);
        foreach (CoreInlineExport export in entry.Exports)
        {
            int index = export.Item.Index;
            object type = export.Item.Sort switch
            {
                Sort.CoreFunction => At(scope.CoreFunctionTypes, index, "core function", entry.Offset),
                Sort.CoreTable => At(scope.CoreTables, index, "table", entry.Offset),
                Sort.CoreMemory => At(scope.CoreMemories, index, "memory", entry.Offset),
                Sort.CoreGlobal => At(scope.CoreGlobals, index, "global", entry.Offset),
                _ => At(scope.CoreTags, index, "tag", entry.Offset),
            };
            if (!exports.TryAdd(export.Name, new CoreItem(export.Name, (ExternKind)export.Item.Sort, type)))
            {
                throw Invalid($"export name `{export.Name}` already defined", entry.Offset);
            }
        }

        return exports;
    }

    /// <summary>
    /// Instantiates a component: each argument must match its import, with the types that earlier arguments brought in their places; then the exports are
    /// the component's with all of that in its place, and new resources for those that it defines.
    /// </summary>
    private InstanceType Instantiate(Scope scope, InstanceEntry entry)
    {
        ComponentType component = At(scope.Components, entry.Component, "component", entry.Offset);
        Dictionary<string, ComponentExternType> arguments = new(StringComparer.Ordinal);
        foreach (InstantiationArgument argument in entry.Arguments)
        {
            if (!arguments.TryAdd(argument.Name, Find(scope, argument.Item, entry.Offset)))
            {
                throw Invalid($"instantiation argument `{argument.Name}` conflicts with previous argument `{argument.Name}`", entry.Offset);
            }
        }

        TypeMapping mapping = new();
        TypeMatcher matcher = new(mapping, component.ImportedResources, _budget);
        foreach (ComponentItem import in component.Imports)
        {
            if (!arguments.TryGetValue(import.Name, out ComponentExternType? argument))
            {
                throw Invalid($"missing import named `{import.Name}`", entry.Offset);
            }

            if (matcher.Match(argument, import.Type) is { } problem)
            {
                throw Invalid($"type mismatch for import `{import.Name}`: {problem}", entry.Offset);
            }
        }

        foreach (ResourceIdentity resource in component.DefinedResources)
        {
            _budget.Spend(ResourceCost);
            mapping.Add(resource, new ResourceType(new ResourceIdentity()));
        }

        return new InstanceType(new Substitution(mapping, _budget).Apply(component.Exports), []);
    }

    private InstanceType Collect(Scope scope, InstanceEntry entry)
    {
        NameContext names = new("instance export", options.Features, namesResources: false);
        ImmutableArray<ComponentItem>.Builder exports = ImmutableArray.CreateBuilder<ComponentItem>(entry.Exports.Length);
        foreach (InlineExport export in entry.Exports)
        {
            exports.Add(names.Add(export.Name, Find(scope, export.Item, entry.Offset)));
        }

        return new InstanceType(exports.MoveToImmutable(), []);
    }

    private void AddAlias(Scope scope, AliasEntry alias)
    {
        switch (alias.Target)
        {
            case AliasTarget.CoreExport:
                AddCoreAlias(scope, alias);
                break;
            case AliasTarget.Export:
                AddExportAlias(scope, alias);
                break;
            default:
                AddOuterAlias(scope, alias);
                break;
        }
    }

    private static void AddCoreAlias(Scope scope, AliasEntry alias)
    {
        IReadOnlyDictionary<string, CoreItem> instance = At(scope.CoreInstances, alias.Instance, "core instance", alias.Offset);
        if (!instance.TryGetValue(alias.Name, out CoreItem? item))
        {
            throw Invalid($"core instance {alias.Instance} has no export named `{alias.Name}`", alias.Offset);
        }

        if (item.Kind != (ExternKind)alias.Sort)
        {
            throw Invalid($"export `{alias.Name}` for core instance {alias.Instance} is not a {(ExternKind)alias.Sort}", alias.Offset);
        }

        alias.Type = item.Type;
        scope.Add(item.Type);
    }

    private void AddExportAlias(Scope scope, AliasEntry alias)
    {
        InstanceType instance = At(scope.Instances, alias.Instance, "instance", alias.Offset);
        ComponentItem item = instance.Find(alias.Name) ?? throw Invalid($"instance {alias.Instance} has no export named `{alias.Name}`", alias.Offset);
        ComponentExternKind wanted = KindOf(alias.Sort);
        if (item.Type.Kind != wanted)
        {
            throw Invalid($"export `{alias.Name}` for instance {alias.Instance} is not a {wanted}", alias.Offset);
        }

        if (wanted == ComponentExternKind.Value)
        {
            Require(ComponentFeatures.Values, "values", alias.Offset);
        }

        alias.Type = item.Type.Type;
        scope.Add(item.Type);
    }

    private static ComponentExternKind KindOf(Sort sort) => sort switch
    {
        Sort.CoreModule => ComponentExternKind.CoreModule,
        Sort.Function => ComponentExternKind.Function,
        Sort.Value => ComponentExternKind.Value,
        Sort.Type => ComponentExternKind.Type,
        Sort.Component => ComponentExternKind.Component,
        _ => ComponentExternKind.Instance,
    };

    private void AddOuterAlias(Scope scope, AliasEntry alias)
    {
        Scope? outer = scope;
        bool leavesComponent = false;
        for (int i = 0; i < alias.Instance && outer is not null; i++)
        {
            leavesComponent |= outer.Kind == ScopeKind.Component;
            outer = outer.Parent;
        }

        if (outer is null)
        {
            throw Invalid($"invalid outer alias count of {alias.Instance}", alias.Offset);
        }

        switch (alias.Sort)
        {
            case Sort.CoreType:
                alias.Type = alias.CoreType;
                scope.CoreTypes.Add(alias.CoreType!);
                break;
            case Sort.CoreModule:
                CoreModuleType module = At(outer.CoreModules, alias.Index, "module", alias.Offset);
                alias.Type = module;
                CheckCount(scope.CoreModules.Count, _limits.MaxInstances, "modules", alias.Offset);
                scope.CoreModules.Add(module);
                break;
            case Sort.Component:
                ComponentType component = At(outer.Components, alias.Index, "component", alias.Offset);
                alias.Type = component;
                CheckCount(scope.Components.Count, _limits.MaxInstances, "components", alias.Offset);
                scope.Components.Add(component);
                break;
            default:
                DefinableType type = At(outer.Types, alias.Index, "type", alias.Offset);
                if (leavesComponent && Resources.HasFree(type, _budget))
                {
                    throw Invalid("cannot alias outer type which transitively refers to resources not defined in the current component", alias.Offset);
                }

                alias.Type = type;
                scope.Types.Add(type);
                break;
        }
    }
}
