namespace Atoll.Components.Types;

/// <summary>What a type contains, at whatever depth. Known when it is made, so that no rule needs a walk of its own.</summary>
[Flags]
internal enum TypeTraits
{
    None = 0,

    /// <summary>A resource type, or a handle to one.</summary>
    Resource = 1,

    /// <summary>A borrowed handle.</summary>
    Borrow = 2,

    /// <summary>A string or list: something that lies in memory.</summary>
    Pointer = 4,

    /// <summary>A type that must have a name where it is seen from outside: a record, variant, enum, flags or resource.</summary>
    Named = 8,

    /// <summary>A stream or future.</summary>
    Waitable = 16,
}

/// <summary>A type of the Component Model. Immutable once made.</summary>
/// <remarks>
/// Identity matters: an import or export gives a type a name, and the object of the named type is not the one that it was made of. Matching, in contrast,
/// goes by structure, and by identity only for resources.
/// </remarks>
public abstract class TypeNode
{
    private protected TypeNode()
    {
    }

    /// <summary>Number of parts, each counted as often as it would be written out; ends at the largest number.</summary>
    internal int Size { get; private set; } = 1;

    /// <summary>Types within types.</summary>
    internal int Depth { get; private set; } = 1;

    internal TypeTraits Traits { get; private set; }

    internal bool Has(TypeTraits trait) => (Traits & trait) != 0;

    /// <summary>Takes a part into account; for constructors.</summary>
    private protected void Include(TypeNode? part)
    {
        if (part is not null)
        {
            Size = (int)Math.Min((long)Size + part.Size, int.MaxValue);
            Depth = Math.Max(Depth, part.Depth + 1);
            Traits |= part.Traits;
        }
    }

    /// <summary>A part whose values do not pass with those of the type: the handle of a stream lies in no memory, whatever the stream is of.</summary>
    private protected void IncludeRemote(TypeNode? part)
    {
        Include(part);
        Traits &= ~TypeTraits.Pointer;
    }

    private protected void Include(TypeTraits traits) => Traits |= traits;

    /// <summary>Names count: hundreds of flags are more than one.</summary>
    private protected void IncludeNames(int count) => Size = (int)Math.Min((long)Size + count, int.MaxValue);
}

/// <summary>What the type index space of a component can hold: value, resource, function, instance and component types.</summary>
public abstract class DefinableType : TypeNode
{
    private protected DefinableType()
    {
    }
}
