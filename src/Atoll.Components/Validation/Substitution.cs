using System.Collections.Immutable;
using Atoll.Components.Types;

namespace Atoll.Components.Validation;

/// <summary>Copies types with a mapping applied ("Explainer", the substitution at instantiation). What does not change is not copied.</summary>
/// <remarks>The mapping must be complete: each type is looked at once.</remarks>
internal sealed class Substitution(TypeMapping mapping, TypeBudget budget)
{
    // What a copied type, or a part of it, takes of the budget: a hundred bytes and more.
    private const int CopyCost = 10;
    private readonly Dictionary<DefinableType, DefinableType> _done = new(ReferenceEqualityComparer.Instance);

    public ComponentItem Apply(ComponentItem item)
    {
        ComponentExternType type = Apply(item.Type);
        return ReferenceEquals(type, item.Type) ? item : item with { Type = type };
    }

    public ComponentExternType Apply(ComponentExternType type)
    {
        if (type.Type is not DefinableType definable)
        {
            return type;
        }

        DefinableType applied = Apply(definable);
        return ReferenceEquals(applied, definable) ? type : type with { Type = applied };
    }

    public T Apply<T>(T type)
        where T : DefinableType
    {
        if (mapping.IsEmpty || !type.Has(TypeTraits.Named))
        {
            return type;
        }

        if (_done.TryGetValue(type, out DefinableType? done))
        {
            return (T)done;
        }

        budget.Spend(CopyCost);
        DefinableType result = mapping.Find(type) ?? CopyNamed(type);
        _done.Add(type, result);
        return (T)result;
    }

    public ImmutableArray<ComponentItem> Apply(ImmutableArray<ComponentItem> items)
    {
        budget.Spend(items.Length * CopyCost);
        return Map(items, Apply);
    }

    /// <summary>A copy that is another name of what the type is another name of.</summary>
    private DefinableType CopyNamed(DefinableType type)
    {
        DefinableType result = Copy(type);
        if (result is ComponentValueType copy && type is ComponentValueType { Origin: { } origin } && !ReferenceEquals(result, type))
        {
            // Not by recursion: names of names can follow one another without a limit.
            copy.Origin = (_done.GetValueOrDefault(origin) ?? mapping.Find(origin) ?? origin) as ComponentValueType;
        }

        return result;
    }

    private DefinableType Copy(DefinableType type) => type switch
    {
        ResourceType resource => mapping.Find(resource.Identity) is { } replacement ? new ResourceType(replacement.Identity) : resource,
        ComponentValueType value => Copy(value),
        ComponentFunctionType function => Copy(function),
        InstanceType instance => Apply(instance.Exports) is var exports && exports == instance.Exports ? instance : new InstanceType(exports, instance.Resources),
        ComponentType component => Copy(component),
        _ => throw new InvalidOperationException($"no substitution in {type.GetType().Name}"),
    };

    private ComponentFunctionType Copy(ComponentFunctionType function)
    {
        ImmutableArray<LabeledType> parameters = Apply(function.Parameters);
        ComponentValueType? result = Optional(function.Result);
        return parameters == function.Parameters && ReferenceEquals(result, function.Result) ? function : new ComponentFunctionType(parameters, result, function.IsAsync);
    }

    private ComponentType Copy(ComponentType component)
    {
        ImmutableArray<ComponentItem> imports = Apply(component.Imports);
        ImmutableArray<ComponentItem> exports = Apply(component.Exports);
        return imports == component.Imports && exports == component.Exports
            ? component
            : new ComponentType(imports, exports, component.ImportedResources, component.DefinedResources);
    }

    private ComponentValueType Copy(ComponentValueType type)
    {
        switch (type)
        {
            case RecordType record:
                ImmutableArray<LabeledType> fields = Apply(record.Fields);
                return fields == record.Fields ? record : new RecordType(fields);
            case VariantType variant:
                budget.Spend(variant.Cases.Length * CopyCost);
                ImmutableArray<VariantCase> cases = Map(variant.Cases, c => Optional(c.Type) is var t && ReferenceEquals(t, c.Type) ? c : c with { Type = t });
                return cases == variant.Cases ? variant : new VariantType(cases);
            case TupleType tuple:
                budget.Spend(tuple.Elements.Length * CopyCost);
                ImmutableArray<ComponentValueType> elements = Map(tuple.Elements, Apply);
                return elements == tuple.Elements ? tuple : new TupleType(elements);
            case ListType list:
                return Apply(list.Element) is var element && ReferenceEquals(element, list.Element) ? list : new ListType(element, list.Length);
            case OptionType option:
                return Apply(option.Value) is var value && ReferenceEquals(value, option.Value) ? option : new OptionType(value);
            case ResultType result:
                ComponentValueType? ok = Optional(result.Ok);
                ComponentValueType? error = Optional(result.Error);
                return ReferenceEquals(ok, result.Ok) && ReferenceEquals(error, result.Error) ? result : new ResultType(ok, error);
            case OwnType own:
                return Apply(own.Resource) is var owned && ReferenceEquals(owned, own.Resource) ? own : new OwnType(owned);
            case BorrowType borrow:
                return Apply(borrow.Resource) is var lent && ReferenceEquals(lent, borrow.Resource) ? borrow : new BorrowType(lent);
            case StreamType stream:
                return Optional(stream.Element) is var streamed && ReferenceEquals(streamed, stream.Element) ? stream : new StreamType(streamed);
            case FutureType future:
                return Optional(future.Element) is var awaited && ReferenceEquals(awaited, future.Element) ? future : new FutureType(awaited);
            case MapType map:
                ComponentValueType mapped = Apply(map.Value);
                return ReferenceEquals(mapped, map.Value) ? map : new MapType(map.Key, mapped);
            default:
                return type;
        }
    }

    private ImmutableArray<LabeledType> Apply(ImmutableArray<LabeledType> labels)
    {
        budget.Spend(labels.Length * CopyCost);
        return Map(labels, l => Apply(l.Type) is var t && ReferenceEquals(t, l.Type) ? l : l with { Type = t });
    }

    private ComponentValueType? Optional(ComponentValueType? type) => type is null ? null : Apply(type);

    /// <summary>The same array when nothing changed.</summary>
    private static ImmutableArray<T> Map<T>(ImmutableArray<T> items, Func<T, T> change)
        where T : class
    {
        ImmutableArray<T>.Builder? changed = null;
        for (int i = 0; i < items.Length; i++)
        {
            T item = change(items[i]);
            if (!ReferenceEquals(item, items[i]))
            {
                changed ??= items.ToBuilder();
                changed[i] = item;
            }
        }

        return changed?.MoveToImmutable() ?? items;
    }
}
