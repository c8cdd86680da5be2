using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>What kind of exception one is: handlers compare tags by identity (specification, "Tag Instances").</summary>
/// <remarks>Immutable. Belongs to one store.</remarks>
public sealed class Tag : Extern
{
    private HeapToken? _token;

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

    /// <summary>Charges an exception with so many values to the store's heap; the charge lasts as long as somebody holds the token.</summary>
    internal HeapToken Charge(int values)
    {
        const int InstanceBytes = 64;
        const int ValueBytes = 32;
        int bytes = InstanceBytes + (ValueBytes * values);
        HeapToken? token = _token;
        if (token is null || token.Left < bytes)
        {
            _token = token = Store.Heap.NewToken(Type.Defined, bytes);
        }

        token.Left -= bytes;
        return token;
    }
}
