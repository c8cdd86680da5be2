namespace Atoll.Wasm;

/// <summary>A table of references.</summary>
/// <remarks>Used by one thread at a time, like its store. Functions in the table keep their instances alive.</remarks>
public sealed class Table : Extern
{
    private readonly uint _maximum;

    // Read by generated code; its length is the table's length, so that .NET's bounds check is the table's.
    internal object?[] Elements;

    /// <summary>Makes a table.</summary>
    /// <param name="store">The store that owns it and whose limits bind it.</param>
    /// <param name="type">Its type.</param>
    /// <param name="initial">First value of all elements.</param>
    /// <exception cref="ArgumentException">The value is of another type, or a function of another store; the type of indices is neither i32 nor i64.</exception>
    /// <exception cref="LimitExceededException">The minimum is over a limit of the store or engine.</exception>
    public Table(Store store, TableType type, Value initial)
        : base(store)
    {
        store.CheckValue(initial, type.Element);
        if (type.IndexType != ValueType.I32 && !type.Is64)
        {
            throw new ArgumentException($"a table cannot have indices of type {type.IndexType}");
        }

        uint limit = Math.Min(store.Engine.Options.MaxTableElements, store.MaxTableElements);
        _maximum = (uint)Math.Min(type.Maximum ?? uint.MaxValue, limit);
        Type = type;
        if (type.Minimum > limit)
        {
            throw new LimitExceededException(LimitKind.Table, $"a table of {type.Minimum} elements is over the limit of {limit}");
        }

        Elements = new object?[type.Minimum];
        if (initial.Reference is not null)
        {
            Array.Fill(Elements, initial.Reference);
        }
    }

    /// <inheritdoc/>
    public override ExternKind Kind => ExternKind.Table;

    /// <summary>The type, with the current length as its minimum.</summary>
    public TableType Type
    {
        get => field with { Minimum = Elements is null ? field.Minimum : (ulong)Elements.Length };
    }

    /// <summary>Number of elements.</summary>
    public ulong Length => (ulong)Elements.Length;

    /// <summary>One element.</summary>
    /// <param name="index">Its index.</param>
    /// <exception cref="TrapException">The index lies outside of the table (<see cref="TrapKind.TableOutOfBounds"/>).</exception>
    /// <exception cref="ArgumentException">Set: the value is of another type, or a function of another store.</exception>
    public Value this[ulong index]
    {
        get => new(Type.Element, 0, 0, Get(index));
        set
        {
            Store.CheckValue(value, Type.Element);
            Set(index, value.Reference);
        }
    }

    /// <summary>Adds elements.</summary>
    /// <param name="count">Number of elements to add.</param>
    /// <param name="value">Their value.</param>
    /// <returns>The length before; -1 when a limit or the system does not allow it.</returns>
    /// <exception cref="LimitExceededException">The system has no memory, and the engine is deterministic (<see cref="WasmEngineOptions.Deterministic"/>).</exception>
    /// <exception cref="ArgumentException">The value is of another type, or a function of another store.</exception>
    public long Grow(ulong count, Value value)
    {
        Store.CheckValue(value, Type.Element);
        return Grow(count, value.Reference);
    }

    internal object? Get(ulong index) =>
        index < (ulong)Elements.Length ? Elements[index] : throw new TrapException(TrapKind.TableOutOfBounds);

    internal void Set(ulong index, object? value)
    {
        if (index >= (ulong)Elements.Length)
        {
            throw new TrapException(TrapKind.TableOutOfBounds);
        }

        Elements[index] = value;
    }

    /// <summary>Grows by copying: linear in the new length.</summary>
    internal long Grow(ulong count, object? value)
    {
        int old = Elements.Length;
        if (count > _maximum || (ulong)old + count > _maximum)
        {
            return -1;
        }

        if (count == 0)
        {
            return old;
        }

        object?[] grown;
        try
        {
            grown = new object?[old + (int)count];
        }
        catch (OutOfMemoryException)
        {
            return Store.GrowthFailed(isWithinLimits: true);
        }

        Elements.CopyTo(grown, 0);
        if (value is not null)
        {
            Array.Fill(grown, value, old, (int)count);
        }

        Elements = grown;
        return old;
    }
}
