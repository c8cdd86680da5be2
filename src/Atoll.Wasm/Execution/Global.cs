namespace Atoll.Wasm;

/// <summary>A global variable that the host or several instances share.</summary>
/// <remarks>Used by one thread at a time, like its store.</remarks>
public sealed class Global : Extern
{
    // Read and written by generated code.
    internal ulong Low;
    internal ulong High;
    internal object? Reference;

    /// <summary>Makes a global.</summary>
    /// <param name="store">The store that owns it.</param>
    /// <param name="type">Its type.</param>
    /// <param name="value">Its first value.</param>
    /// <exception cref="ArgumentException">The value is of another type.</exception>
    public Global(Store store, GlobalType type, Value value)
        : base(store)
    {
        Type = type;
        Set(value);
    }

    /// <inheritdoc/>
    public override ExternKind Kind => ExternKind.Global;

    /// <summary>The global's type.</summary>
    public GlobalType Type { get; }

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">Set: the global is immutable.</exception>
    /// <exception cref="ArgumentException">Set: the value is of another type, or a function of another store.</exception>
    public Value Value
    {
        get => new(Type.Type, Low, High, Reference);
        set
        {
            if (!Type.IsMutable)
            {
                throw new InvalidOperationException("the global is immutable");
            }

            Set(value);
        }
    }

    /// <summary>Sets a value that the global had before.</summary>
    internal void Restore(Value value)
    {
        Low = value.Low;
        High = value.High;
        Reference = value.Reference;
    }

    private void Set(Value value)
    {
        Store.CheckValue(value, Type.Type);
        Low = value.Low;
        High = value.High;
        Reference = value.Reference;
    }
}
