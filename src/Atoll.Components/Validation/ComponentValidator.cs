using System.Diagnostics.CodeAnalysis;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Validation;

namespace Atoll.Components.Validation;

/// <summary>Checks a decoded component and writes into its definitions what they resolve to ("Explainer" and the notes of "Binary Format").</summary>
/// <remarks>One pass in the order of the definitions: each can only use what stands before it.</remarks>
internal sealed partial class ComponentValidator(ComponentLoadOptions options, CancellationToken cancellationToken, Predicate<ModuleDefinition>? isKnown = null)
{
    private readonly ComponentLimits _limits = options.Limits;
    private readonly TypeBudget _budget = new(options.Limits.MaxTypeWork);

    /// <exception cref="InvalidComponentException">A rule of validation is broken.</exception>
    /// <exception cref="MalformedComponentException">A function body within does not follow the format.</exception>
    public void Validate(ComponentDefinition component) => ValidateComponent(component, null);

    private ComponentType ValidateComponent(ComponentDefinition component, Scope? parent)
    {
        Scope scope = new(ScopeKind.Component, parent, options.Features);
        foreach (Definition definition in component.Definitions)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _budget.Offset = definition.Offset;
            Visit(scope, definition);
        }

        if (scope.Values.FindIndex(v => !v.IsUsed) is >= 0 and int unused)
        {
            throw Invalid($"value index {unused} was not used as part of an instantiation, start function, or export", component.Start);
        }

        HashSet<ResourceIdentity> known = new(scope.ImportedResources, ReferenceEqualityComparer.Instance);
        List<ResourceIdentity> defined = [];
        Resources.CollectExported(scope.Exports, known, defined, _budget);
        return component.Type = Check(new ComponentType([.. scope.Imports], [.. scope.Exports], [.. scope.ImportedResources], [.. defined]), component.Start);
    }

    private void Visit(Scope scope, Definition definition)
    {
        switch (definition)
        {
            case CoreModuleEntry module:
                AddModule(scope, module);
                break;
            case CoreInstanceEntry instance:
                instance.Type = instance.Module >= 0 ? Instantiate(scope, instance) : Collect(scope, instance);
                CheckCount(scope.CoreInstances.Count + scope.Instances.Count, _limits.MaxInstances, "instances", instance.Offset);
                scope.CoreInstances.Add(instance.Type);
                break;
            case CoreTypeEntry type:
                AddCoreTypes(scope, type);
                break;
            case ComponentEntry component:
                CheckCount(scope.Components.Count, _limits.MaxInstances, "components", component.Offset);
                scope.Components.Add(ValidateComponent(component.Component, scope));
                break;
            case InstanceEntry instance:
                instance.Type = Check(instance.Component >= 0 ? Instantiate(scope, instance) : Collect(scope, instance), instance.Offset);
                CheckCount(scope.CoreInstances.Count + scope.Instances.Count, _limits.MaxInstances, "instances", instance.Offset);
                scope.Instances.Add(instance.Type);
                break;
            case AliasEntry alias:
                AddAlias(scope, alias);
                break;
            case TypeEntry type:
                AddType(scope, type);
                break;
            case CanonEntry canon:
                AddCanon(scope, canon);
                break;
            case StartEntry start:
                AddStart(scope, start);
                break;
            case ImportEntry import:
                AddImport(scope, import);
                break;
            case ExportEntry export:
                AddExport(scope, export);
                break;
        }
    }

    private void AddModule(Scope scope, CoreModuleEntry entry)
    {
        CheckCount(scope.CoreModules.Count, _limits.MaxInstances, "modules", entry.Offset);
        ModuleDefinition module = entry.Module;
        try
        {
            if (isKnown?.Invoke(module) != true)
            {
                ModuleValidator.Validate(module, _limits.Modules, cancellationToken);
            }
        }
        catch (InvalidModuleException e)
        {
            throw new InvalidComponentException($"core module {scope.CoreModules.Count}: {e.Message}", entry.Offset, e);
        }
        catch (MalformedModuleException e)
        {
            throw new MalformedComponentException($"core module {scope.CoreModules.Count}: {e.Message}", entry.Offset, e);
        }

        HashSet<(string Module, string Name)> names = [];
        foreach (ImportDefinition import in module.Imports)
        {
            if (!names.Add((import.Module, import.Name)))
            {
                throw Invalid($"duplicate import name `{import.Module}:{import.Name}`", entry.Offset);
            }
        }

        entry.Type = Check(CoreModuleType.Of(module), entry.Offset);
        scope.CoreModules.Add(entry.Type);
    }

    private void AddCoreTypes(Scope scope, CoreTypeEntry entry)
    {
        if (entry.Module is { } module)
        {
            scope.CoreTypes.Add(Check(module, entry.Offset));
        }

        foreach (DefinedType type in entry.Group)
        {
            scope.CoreTypes.Add(type);
        }

        CheckCount(scope.CoreTypes.Count, _limits.MaxDefinitions, "core types", entry.Offset);
    }

    private void AddStart(Scope scope, StartEntry start)
    {
        Require(ComponentFeatures.Values, "start functions", start.Offset);
        if (scope.HasStart)
        {
            throw Invalid("component cannot have more than one start function", start.Offset);
        }

        scope.HasStart = true;
        ComponentFunctionType function = At(scope.Functions, start.Function, "function", start.Offset);
        if (function.Parameters.Length != start.Arguments.Length)
        {
            throw Invalid($"component start function requires {function.Parameters.Length} arguments, it is given {start.Arguments.Length}", start.Offset);
        }

        int results = function.Result is null ? 0 : 1;
        if (start.Results != results)
        {
            throw Invalid($"component start function has a result count of {start.Results} but the function type has {results}", start.Offset);
        }

        TypeMatcher matcher = new(new TypeMapping(), [], _budget);
        for (int i = 0; i < start.Arguments.Length; i++)
        {
            ComponentExternType value = new(ComponentExternKind.Value, UseValue(scope, start.Arguments[i], start.Offset));
            if (matcher.Match(value, new ComponentExternType(ComponentExternKind.Value, function.Parameters[i].Type)) is { } problem)
            {
                throw Invalid($"type mismatch for component start function argument {i}: {problem}", start.Offset);
            }
        }

        start.Type = function;
        if (function.Result is { } result)
        {
            scope.Values.Add(new ValueSlot(result));
        }
    }

    private static ComponentValueType UseValue(Scope scope, int index, int offset)
    {
        ValueSlot value = At(scope.Values, index, "value", offset);
        if (value.IsUsed)
        {
            throw Invalid($"value {index} cannot be used more than once", offset);
        }

        value.IsUsed = true;
        return value.Type;
    }

    /// <summary>Something that an index of a sort denotes, with its type. A value is used up.</summary>
    private static ComponentExternType Find(Scope scope, SortIndex item, int offset) => item.Sort switch
    {
        Sort.CoreModule => new(ComponentExternKind.CoreModule, At(scope.CoreModules, item.Index, "module", offset)),
        Sort.Function => new(ComponentExternKind.Function, At(scope.Functions, item.Index, "function", offset)),
        Sort.Value => new(ComponentExternKind.Value, UseValue(scope, item.Index, offset)),
        Sort.Type => new(ComponentExternKind.Type, At(scope.Types, item.Index, "type", offset)),
        Sort.Component => new(ComponentExternKind.Component, At(scope.Components, item.Index, "component", offset)),
        Sort.Instance => new(ComponentExternKind.Instance, At(scope.Instances, item.Index, "instance", offset)),
        _ => throw Invalid($"{item.Sort} cannot be imported or exported", offset),
    };

    private static T At<T>(List<T> space, int index, string what, int offset) =>
        (uint)index < (uint)space.Count ? space[index] : throw Invalid($"unknown {what} {index}: {what} index out of bounds", offset);

    /// <summary>A type that is within the limits of size and depth.</summary>
    private T Check<T>(T type, int offset)
        where T : TypeNode
    {
        if (type.Size > _limits.MaxTypeSize)
        {
            throw Invalid($"effective type size exceeds the limit of {_limits.MaxTypeSize}", offset);
        }

        return type.Depth <= _limits.MaxTypeDepth ? type : throw Invalid($"type nesting is too deep: the limit is {_limits.MaxTypeDepth}", offset);
    }

    private static void CheckCount(int count, int limit, string what, int offset)
    {
        if (count >= limit)
        {
            throw Invalid($"{what} count exceeds limit of {limit}", offset);
        }
    }

    private bool Has(ComponentFeatures feature) => (options.Features & feature) == feature;

    private void Require(ComponentFeatures feature, string what, int offset)
    {
        if (!Has(feature))
        {
            throw Invalid($"{what} need the feature {feature}, which is not enabled", offset);
        }
    }

    private static InvalidComponentException Invalid(string message, int offset) => new(message, offset);

    [DoesNotReturn]
    private static void Fail(string message, int offset) => throw Invalid(message, offset);
}
