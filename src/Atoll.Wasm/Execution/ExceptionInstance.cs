using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>An exception of WebAssembly, as <c>exnref</c> refers to it: a tag and values (specification, "Exception Instances").</summary>
/// <remarks>
/// Immutable. It is not what .NET throws: that is a <see cref="GuestThrownException"/>, which holds one of these. A guest that keeps many references
/// would otherwise keep as many stack traces.
/// </remarks>
public sealed class ExceptionInstance
{
    // Read by generated code.
    internal readonly Tag Identity;
    internal readonly Value[] Payload;

    // Holds the charge on the store's heap for as long as somebody holds the exception.
    private readonly HeapToken _token;

    /// <summary>Makes an exception.</summary>
    /// <param name="tag">Its tag.</param>
    /// <param name="values">Its values, of the types of the tag's type.</param>
    /// <exception cref="ArgumentException">Number or types of the values are wrong, or one belongs to another store.</exception>
    /// <exception cref="LimitExceededException">The store's guests hold as much as they may (<see cref="LimitKind.Heap"/>).</exception>
    public ExceptionInstance(Tag tag, params ReadOnlySpan<Value> values)
    {
        ArgumentNullException.ThrowIfNull(tag);
        ImmutableArray<ValueType> types = tag.Type.Function.Parameters;
        if (values.Length != types.Length)
        {
            throw new ArgumentException($"an exception of this tag has {types.Length} values, not {values.Length}");
        }

        for (int i = 0; i < types.Length; i++)
        {
            tag.Store.CheckValue(values[i], types[i]);
        }

        Identity = tag;
        _token = tag.Charge(values.Length);
        Payload = values.ToArray();
    }

    /// <summary>The array becomes the exception's own; its values are of the right types.</summary>
    internal ExceptionInstance(Tag tag, Value[] payload)
    {
        Identity = tag;
        _token = tag.Charge(payload.Length);
        Payload = payload;
    }

    /// <summary>The tag.</summary>
    public Tag Tag => Identity;

    /// <summary>The values.</summary>
    public ImmutableArray<Value> Values => ImmutableCollectionsMarshal.AsImmutableArray(Payload);

    /// <summary>For example <c>exception (i32:42)</c>. References are shown by their type: what is behind them may be an exception again, and so on.</summary>
    public override string ToString()
    {
        const int Shown = 8;
        IEnumerable<string> values = Payload.Take(Shown).Select(v => v.Type.IsReference ? $"{v.Type}:{(v.Reference is null ? "null" : "…")}" : v.ToString());
        return $"exception ({string.Join(", ", values)}{(Payload.Length > Shown ? ", …" : "")})";
    }
}
