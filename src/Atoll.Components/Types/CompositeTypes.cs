using System.Collections.Immutable;

namespace Atoll.Components.Types;

/// <summary>A name with a type: a field or a parameter.</summary>
/// <param name="Name">Its name in kebab case.</param>
/// <param name="Type">Its type.</param>
public sealed record LabeledType(string Name, ComponentValueType Type);

/// <summary>One case of a variant.</summary>
/// <param name="Name">Its name in kebab case.</param>
/// <param name="Type">Type of the value that comes with it, or null.</param>
public sealed record VariantCase(string Name, ComponentValueType? Type);

/// <summary>Fields with names.</summary>
public sealed class RecordType : ComponentValueType
{
    internal RecordType(ImmutableArray<LabeledType> fields)
        : base(ComponentValueKind.Record)
    {
        Fields = fields;
        Include(TypeTraits.Named);
        foreach (LabeledType field in fields)
        {
            Include(field.Type);
        }
    }

    /// <summary>The fields in order; at least one.</summary>
    public ImmutableArray<LabeledType> Fields { get; }
}

/// <summary>One of several cases.</summary>
public sealed class VariantType : ComponentValueType
{
    internal VariantType(ImmutableArray<VariantCase> cases)
        : base(ComponentValueKind.Variant)
    {
        Cases = cases;
        Include(TypeTraits.Named);
        IncludeNames(cases.Length);
        foreach (VariantCase item in cases)
        {
            Include(item.Type);
        }
    }

    /// <summary>The cases in order; at least one.</summary>
    public ImmutableArray<VariantCase> Cases { get; }
}

/// <summary>Values of one type.</summary>
public sealed class ListType : ComponentValueType
{
    internal ListType(ComponentValueType element, uint? length)
        : base(ComponentValueKind.List)
    {
        Element = element;
        Length = length;
        Include(element);
        Include(length is null ? TypeTraits.Pointer : TypeTraits.None);
    }

    /// <summary>Type of the elements.</summary>
    public ComponentValueType Element { get; }

    /// <summary>Number of elements of every list of the type, at least one; null where lists differ in length.</summary>
    public uint? Length { get; }
}

/// <summary>Fields without names.</summary>
public sealed class TupleType : ComponentValueType
{
    internal TupleType(ImmutableArray<ComponentValueType> elements)
        : base(ComponentValueKind.Tuple)
    {
        Elements = elements;
        foreach (ComponentValueType element in elements)
        {
            Include(element);
        }
    }

    /// <summary>Types of the fields in order; at least one.</summary>
    public ImmutableArray<ComponentValueType> Elements { get; }
}

/// <summary>Named bits.</summary>
public sealed class FlagsType : ComponentValueType
{
    internal FlagsType(ImmutableArray<string> names)
        : base(ComponentValueKind.Flags)
    {
        Names = names;
        Include(TypeTraits.Named);
        IncludeNames(names.Length);
    }

    /// <summary>Names of the bits, lowest first; 1 to 32.</summary>
    public ImmutableArray<string> Names { get; }
}

/// <summary>One of several names.</summary>
public sealed class EnumType : ComponentValueType
{
    internal EnumType(ImmutableArray<string> names)
        : base(ComponentValueKind.Enum)
    {
        Names = names;
        Include(TypeTraits.Named);
        IncludeNames(names.Length);
    }

    /// <summary>The names in order; at least one.</summary>
    public ImmutableArray<string> Names { get; }
}

/// <summary>A value or nothing.</summary>
public sealed class OptionType : ComponentValueType
{
    internal OptionType(ComponentValueType value)
        : base(ComponentValueKind.Option)
    {
        Value = value;
        Include(value);
    }

    /// <summary>Type of the value.</summary>
    public ComponentValueType Value { get; }
}

/// <summary>Success or failure.</summary>
public sealed class ResultType : ComponentValueType
{
    internal ResultType(ComponentValueType? ok, ComponentValueType? error)
        : base(ComponentValueKind.Result)
    {
        Ok = ok;
        Error = error;
        Include(ok);
        Include(error);
    }

    /// <summary>Type of the value that comes with success, or null.</summary>
    public ComponentValueType? Ok { get; }

    /// <summary>Type of the value that comes with failure, or null.</summary>
    public ComponentValueType? Error { get; }
}

/// <summary>A handle that owns a resource.</summary>
public sealed class OwnType : ComponentValueType
{
    internal OwnType(ResourceType resource)
        : base(ComponentValueKind.Own)
    {
        Resource = resource;
        Include(resource);
    }

    /// <summary>Type of the resource.</summary>
    public ResourceType Resource { get; }
}

/// <summary>A handle that is lent for the time of a call.</summary>
public sealed class BorrowType : ComponentValueType
{
    internal BorrowType(ResourceType resource)
        : base(ComponentValueKind.Borrow)
    {
        Resource = resource;
        Include(resource);
        Include(TypeTraits.Borrow);
    }

    /// <summary>Type of the resource.</summary>
    public ResourceType Resource { get; }
}

/// <summary>Values that arrive over time.</summary>
public sealed class StreamType : ComponentValueType
{
    internal StreamType(ComponentValueType? element)
        : base(ComponentValueKind.Stream)
    {
        Element = element;
        IncludeRemote(element);
        Include(TypeTraits.Waitable);
    }

    /// <summary>Type of the values; null where only their number counts.</summary>
    public ComponentValueType? Element { get; }
}

/// <summary>A value that arrives later.</summary>
public sealed class FutureType : ComponentValueType
{
    internal FutureType(ComponentValueType? element)
        : base(ComponentValueKind.Future)
    {
        Element = element;
        IncludeRemote(element);
        Include(TypeTraits.Waitable);
    }

    /// <summary>Type of the value; null where only its arrival counts.</summary>
    public ComponentValueType? Element { get; }
}

/// <summary>Values by key.</summary>
public sealed class MapType : ComponentValueType
{
    internal MapType(ComponentValueType key, ComponentValueType value)
        : base(ComponentValueKind.Map)
    {
        Key = key;
        Value = value;
        Include(key);
        Include(value);
        Include(TypeTraits.Pointer);
        Entry = new TupleType([key, value]);
    }

    /// <summary>Type of the keys: a number, a character, a string or a truth value.</summary>
    public ComponentValueType Key { get; }

    /// <summary>Type of the values.</summary>
    public ComponentValueType Value { get; }

    /// <summary>A map is passed as a list of these.</summary>
    internal TupleType Entry { get; }
}
