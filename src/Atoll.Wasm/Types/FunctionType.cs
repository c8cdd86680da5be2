using System.Collections.Immutable;

namespace Atoll.Wasm;

/// <summary>The parameters and results of a function (specification, "Function Types").</summary>
/// <remarks>Immutable and thread-safe; equality is structural.</remarks>
public sealed class FunctionType : IEquatable<FunctionType>
{
    private readonly int _hash;

    /// <summary>Makes a function type.</summary>
    /// <param name="parameters">Types of the parameters, first to last.</param>
    /// <param name="results">Types of the results, first to last; empty for none.</param>
    public FunctionType(ImmutableArray<ValueType> parameters, ImmutableArray<ValueType> results)
    {
        Parameters = parameters.IsDefault ? [] : parameters;
        Results = results.IsDefault ? [] : results;
        HashCode hash = default;
        foreach (ValueType type in Parameters)
        {
            hash.Add(type.Code);
        }

        hash.Add(-1);
        foreach (ValueType type in Results)
        {
            hash.Add(type.Code);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>Types of the parameters, first to last.</summary>
    public ImmutableArray<ValueType> Parameters { get; }

    /// <summary>Types of the results, first to last.</summary>
    public ImmutableArray<ValueType> Results { get; }

    /// <summary>The defined type that consists of this one; found at the first use.</summary>
    internal DefinedType? Defined { get; set; }

    /// <inheritdoc/>
    public bool Equals(FunctionType? other) =>
        ReferenceEquals(this, other)
        || (other is not null && _hash == other._hash
            && Parameters.AsSpan().SequenceEqual(other.Parameters.AsSpan())
            && Results.AsSpan().SequenceEqual(other.Results.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FunctionType);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>For example <c>(i32, i32) -> (i64)</c>.</summary>
    public override string ToString() => $"({string.Join(", ", Parameters)}) -> ({string.Join(", ", Results)})";
}
