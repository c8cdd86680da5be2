namespace Atoll.Components;

/// <summary>The outcome of something that can fail in an expected way: <c>result&lt;T, E&gt;</c>. A failure is a value here, not an exception.</summary>
/// <typeparam name="T">Type of the value of success; <see cref="Unit"/> where there is none.</typeparam>
/// <typeparam name="TError">Type of the value of failure; <see cref="Unit"/> where there is none.</typeparam>
/// <remarks>The default value is a success with the default value of <typeparamref name="T"/>.</remarks>
public readonly struct Result<T, TError> : IEquatable<Result<T, TError>>
{
    private readonly T _value;
    private readonly TError _error;

    private Result(bool isError, T value, TError error)
    {
        IsError = isError;
        _value = value;
        _error = error;
    }

    /// <summary>Whether it failed.</summary>
    public bool IsError { get; }

    /// <summary>The value of success.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public T Value => IsError ? throw new InvalidOperationException($"the result is a failure: {_error}") : _value;

    /// <summary>The value of failure.</summary>
    /// <exception cref="InvalidOperationException">It did not fail.</exception>
    public TError Error => IsError ? _error : throw new InvalidOperationException("the result is a success");

    /// <summary>Makes a success.</summary>
    /// <param name="value">Its value.</param>
    public static Result<T, TError> Ok(T value) => new(false, value, default!);

    /// <summary>Makes a failure.</summary>
    /// <param name="error">Its value.</param>
    public static Result<T, TError> Fail(TError error) => new(true, default!, error);

    /// <inheritdoc/>
    public bool Equals(Result<T, TError> other) => IsError == other.IsError
        && EqualityComparer<T>.Default.Equals(_value, other._value) && EqualityComparer<TError>.Default.Equals(_error, other._error);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Result<T, TError> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IsError, _value, _error);

    /// <summary>Whether two results are equal.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Result<T, TError> left, Result<T, TError> right) => left.Equals(right);

    /// <summary>Whether two results differ.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Result<T, TError> left, Result<T, TError> right) => !left.Equals(right);

    /// <summary><c>ok(…)</c> or <c>err(…)</c></summary>
    public override string ToString() => IsError ? $"err({_error})" : $"ok({_value})";
}

/// <summary>No value, where a type must stand.</summary>
public readonly record struct Unit;
