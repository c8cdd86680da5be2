namespace Atoll.Reference;

/// <summary>
/// The operand stack. Each pop says what it expects: a module that validation should have refused is found here, not by what it does to the host.
/// </summary>
internal sealed class OperandStack
{
    private Slot[] _slots = new Slot[64];

    /// <summary>Number of values.</summary>
    public int Height { get; private set; }

    public void Push(Slot value)
    {
        if (Height == _slots.Length)
        {
            Array.Resize(ref _slots, 2 * Height);
        }

        _slots[Height++] = value;
    }

    public Slot Pop()
    {
        if (Height == 0)
        {
            throw new ReferenceDefectException("the operand stack is empty");
        }

        Slot value = _slots[--Height];
        _slots[Height] = default;
        return value;
    }

    public Slot Pop(SlotKind kind)
    {
        Slot value = Pop();
        return value.Kind == kind ? value : throw new ReferenceDefectException($"a value of kind {kind} is needed, there is {value}");
    }

    /// <summary>Takes the topmost values; the topmost is the last of the array.</summary>
    public Slot[] PopMany(int count)
    {
        Slot[] values = new Slot[count];
        for (int i = count - 1; i >= 0; i--)
        {
            values[i] = Pop();
        }

        return values;
    }

    public void PushMany(ReadOnlySpan<Slot> values)
    {
        foreach (Slot value in values)
        {
            Push(value);
        }
    }

    /// <summary>Drops values until only so many are left.</summary>
    public void Shrink(int height)
    {
        if (Height < height)
        {
            throw new ReferenceDefectException($"the operand stack has {Height} values where {height} belong to the blocks around");
        }

        Array.Clear(_slots, height, Height - height);
        Height = height;
    }

    public uint PopI32() => Pop(SlotKind.I32).AsI32;

    public ulong PopI64() => Pop(SlotKind.I64).AsI64;

    public float PopF32() => BitConverter.UInt32BitsToSingle(Pop(SlotKind.F32).AsI32);

    public double PopF64() => BitConverter.UInt64BitsToDouble(Pop(SlotKind.F64).AsI64);

    public UInt128 PopV128() => Pop(SlotKind.V128).Bits;

    public object? PopReference() => Pop(SlotKind.Reference).Reference;

    public void PushI32(uint value) => Push(Slot.I32(value));

    public void PushI32(bool value) => Push(Slot.I32(value ? 1u : 0));

    public void PushI64(ulong value) => Push(Slot.I64(value));

    public void PushF32(float value) => Push(Slot.F32(BitConverter.SingleToUInt32Bits(value)));

    public void PushF64(double value) => Push(Slot.F64(BitConverter.DoubleToUInt64Bits(value)));

    public void PushV128(UInt128 value) => Push(Slot.V128(value));
}
