namespace Atoll.Wasm;

/// <summary>What kind of exception one is: handlers compare tags by identity (specification, "Tag Instances").</summary>
/// <remarks>Immutable. Belongs to one store.</remarks>
public sealed class Tag : Extern
{
    /// <summary>Makes a tag, different from every other.</summary>
    /// <param name="store">The store that owns it.</param>
    /// <param name="type">Its type.</param>
    /// <exception cref="ArgumentException">The type has results.</exception>
    public Tag(Store store, TagType type)
        : base(store)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(type);
        if (!type.Function.Results.IsEmpty)
        {
            throw new ArgumentException($"the type of a tag has no results; {type.Function} has");
        }

        Type = type;
    }

    /// <inheritdoc/>
    public override ExternKind Kind => ExternKind.Tag;

    /// <summary>The types of the values that exceptions with the tag carry.</summary>
    public TagType Type { get; }
}
