namespace Atoll.Components;

/// <summary>
/// A value or nothing, where <c>T?</c> cannot tell: <c>option&lt;option&lt;T&gt;&gt;</c> is <c>Optional&lt;T?&gt;</c>. Any <c>option</c> may be one.
/// </summary>
/// <typeparam name="T">Type of the value.</typeparam>
/// <remarks>The default value is nothing.</remarks>
public readonly struct Optional<T> : IEquatable<Optional<T>>
{
    private readonly T _value;

    private Optional(T value)
    {
        HasValue = true;
        _value = value;
    }

    /// <summary>Nothing.</summary>
    public static Optional<T> None => default;

    /// <summary>Whether there is a value.</summary>
    public bool HasValue { get; }

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public T Value => HasValue ? _value : throw new InvalidOperationException("the option has no value");

    /// <summary>Makes an option with a value.</summary>
    /// <param name="value">The value.</param>
    public static Optional<T> Some(T value) => new(value);

    /// <inheritdoc/>
    public bool Equals(Optional<T> other) => HasValue == other.HasValue && EqualityComparer<T>.Default.Equals(_value, other._value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Optional<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(HasValue, _value);

    /// <summary>Whether two options are equal.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Optional<T> left, Optional<T> right) => left.Equals(right);

    /// <summary>Whether two options differ.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Optional<T> left, Optional<T> right) => !left.Equals(right);

    /// <summary><c>some(…)</c> or <c>none</c></summary>
    public override string ToString() => HasValue ? $"some({_value})" : "none";
}
