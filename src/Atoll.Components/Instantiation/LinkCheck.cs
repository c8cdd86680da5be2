using Atoll.Components.Abi;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Wasm;

namespace Atoll.Components.Instantiation;

/// <summary>
/// Whether what the host has defined satisfies the imports of a component. Functions of the host have no types: those that import them say what they are.
/// Everything else is compared, resources by what they are at run time.
/// </summary>
internal sealed class LinkCheck(ComponentLimits limits)
{
    private readonly Dictionary<ResourceIdentity, ResourceKind> _kinds = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _problems = [];

    /// <summary>One line for each import that is missing or of another type.</summary>
    /// <param name="type">The component's type.</param>
    /// <param name="find">Gives what is defined for the name of an import, or null.</param>
    public static IReadOnlyList<string> Run(ComponentType type, Func<string, object?> find)
    {
        LinkCheck check = new(ComponentLimits.Default);
        foreach (ComponentItem import in type.Imports)
        {
            check.Check(import.Type, find(import.Name), import.Name);
        }

        return check._problems;
    }

    private void Check(ComponentExternType wanted, object? given, string name)
    {
        switch (wanted.Kind, given)
        {
            case (ComponentExternKind.Type, _):
                CheckType(wanted.Type, given, name);
                break;
            case (ComponentExternKind.Instance, RuntimeInstance or null) when given is not null || IsEmpty((InstanceType)wanted.Type):
                foreach (ComponentItem export in ((InstanceType)wanted.Type).Exports)
                {
                    Check(export.Type, ((RuntimeInstance?)given)?.Exports.GetValueOrDefault(export.Name), $"{name}#{export.Name}");
                }

                break;
            case (ComponentExternKind.Function, LiftedFunction function):
                if (!IsSame((ComponentFunctionType)wanted.Type, function))
                {
                    _problems.Add($"func {name} is of another type");
                }

                break;
            case (ComponentExternKind.Function, HostFunction):
                break;
            case (ComponentExternKind.CoreModule, WasmModule module):
                Match(new ComponentExternType(ComponentExternKind.CoreModule, CoreModuleType.Of(module.Definition)), wanted, name);
                break;
            case (ComponentExternKind.Component, ComponentClosure component):
                Match(new ComponentExternType(ComponentExternKind.Component, component.Definition.Type!), wanted, name);
                break;
            default:
                string kind = wanted.Kind == ComponentExternKind.Function ? "func" : wanted.Kind.ToString().ToLowerInvariant();
                _problems.Add(given is null ? $"{kind} {name}" : $"{name}: expected {kind}, found something else");
                break;
        }
    }

    /// <summary>An instance from which nothing is wanted but types that say what they are need not be there.</summary>
    private bool IsEmpty(InstanceType type) => type.Exports.All(export => export.Type.Kind switch
    {
        ComponentExternKind.Instance => IsEmpty((InstanceType)export.Type.Type),
        ComponentExternKind.Type => export.Type.Type is not ResourceType resource || _kinds.ContainsKey(resource.Identity),
        _ => false,
    });

    private void CheckType(TypeNode wanted, object? given, string name)
    {
        if (wanted is not ResourceType resource)
        {
            return;
        }

        if (_kinds.TryGetValue(resource.Identity, out ResourceKind? known))
        {
            // It says that it is a type that is known already; then it need not be there.
            if (given is not null && given != known)
            {
                _problems.Add($"type {name}: mismatched resource types");
            }
        }
        else if (given is ResourceKind kind)
        {
            _kinds.Add(resource.Identity, kind);
        }
        else
        {
            _problems.Add($"type {name}");
        }
    }

    private void Match(ComponentExternType given, ComponentExternType wanted, string name)
    {
        if (new TypeMatcher(new TypeMapping(), [], new TypeBudget(limits.MaxTypeWork)).Match(given, wanted) is { } problem)
        {
            _problems.Add($"{name}: {problem}");
        }
    }

    private bool IsSame(ComponentFunctionType wanted, LiftedFunction given)
    {
        ComponentFunctionType type = given.Type;
        return wanted.IsAsync == type.IsAsync
            && wanted.Parameters.Length == type.Parameters.Length
            && wanted.Parameters.Zip(type.Parameters).All(pair => pair.First.Name == pair.Second.Name && IsSame(pair.First.Type, pair.Second.Type, given.Environment))
            && IsSame(wanted.Result, type.Result, given.Environment);
    }

    private bool IsSame(ComponentValueType? wanted, ComponentValueType? given, Environment environment)
    {
        if (wanted is null || given is null || wanted.Kind != given.Kind)
        {
            return wanted is null && given is null;
        }

        return (wanted, given) switch
        {
            (RecordType a, RecordType b) => a.Fields.Length == b.Fields.Length
                && a.Fields.Zip(b.Fields).All(pair => pair.First.Name == pair.Second.Name && IsSame(pair.First.Type, pair.Second.Type, environment)),
            (VariantType a, VariantType b) => a.Cases.Length == b.Cases.Length
                && a.Cases.Zip(b.Cases).All(pair => pair.First.Name == pair.Second.Name && IsSame(pair.First.Type, pair.Second.Type, environment)),
            (TupleType a, TupleType b) => a.Elements.Length == b.Elements.Length
                && a.Elements.Zip(b.Elements).All(pair => IsSame(pair.First, pair.Second, environment)),
            (ListType a, ListType b) => a.Length == b.Length && IsSame(a.Element, b.Element, environment),
            (MapType a, MapType b) => IsSame(a.Entry, b.Entry, environment),
            (FlagsType a, FlagsType b) => a.Names.AsSpan().SequenceEqual(b.Names.AsSpan()),
            (EnumType a, EnumType b) => a.Names.AsSpan().SequenceEqual(b.Names.AsSpan()),
            (OptionType a, OptionType b) => IsSame(a.Value, b.Value, environment),
            (ResultType a, ResultType b) => IsSame(a.Ok, b.Ok, environment) && IsSame(a.Error, b.Error, environment),
            (OwnType a, OwnType b) => IsSame(a.Resource, b.Resource, environment),
            (BorrowType a, BorrowType b) => IsSame(a.Resource, b.Resource, environment),
            (StreamType a, StreamType b) => IsSame(a.Element, b.Element, environment),
            (FutureType a, FutureType b) => IsSame(a.Element, b.Element, environment),
            _ => true,
        };
    }

    private bool IsSame(ResourceType wanted, ResourceType given, Environment environment) =>
        _kinds.GetValueOrDefault(wanted.Identity) is { } kind && kind == environment.KindOf(given.Identity);
}
