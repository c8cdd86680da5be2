using System.Buffers.Binary;

namespace Atoll.Wasm.Compilation;

/// <summary>
/// A growing run of IL with labels. Branches are written long and shortened at the end, because the JIT gives up optimising
/// a method past 60,000 bytes of IL: size is a performance figure.
/// </summary>
internal sealed partial class IlBuffer
{
    private readonly List<Fixup> _fixups = [];
    private readonly List<(int Position, int Fixups)> _labels = [];
    private readonly List<HandlerLabels> _handlers = [];
    private byte[] _bytes = new byte[1024];
    private int[] _saved = [];
    private int _length;

    /// <param name="Position">Offset of the opcode.</param>
    /// <param name="Label">Target.</param>
    /// <param name="SwitchEnd">Offset behind the whole switch instruction when the fixup is one of its targets, else 0.</param>
    private readonly record struct Fixup(int Position, int Label, int SwitchEnd);

    /// <summary>A try region with its filter and handler, as labels; the filter ends where the handler begins.</summary>
    private readonly record struct HandlerLabels(int Try, int TryEnd, int Filter, int Handler, int HandlerEnd);

    /// <summary>A try region with its filter and handler, as offsets into the finished IL.</summary>
    public readonly record struct HandlerOffsets(int Try, int TryEnd, int Filter, int Handler, int HandlerEnd);

    public int Length => _length;

    public void Clear()
    {
        _fixups.Clear();
        _labels.Clear();
        _handlers.Clear();
        _length = 0;
        Instructions = 0;
        References = 0;
        Array.Clear(_localReferences, 0, _referenced);
        _referenced = 0;
        Placement = null;
    }

    public int DefineLabel()
    {
        _labels.Add((-1, 0));
        return _labels.Count - 1;
    }

    /// <summary>The label stands here, behind all branches so far.</summary>
    public void MarkLabel(int label) => _labels[label] = (_length, _fixups.Count);

    /// <summary>Adds a try region, after those inside of it (ECMA-335, II.19, has them in this order).</summary>
    public void AddHandler(int start, int end, int filter, int handler, int handlerEnd) =>
        _handlers.Add(new HandlerLabels(start, end, filter, handler, handlerEnd));

    /// <summary>The try regions, once the IL is finished.</summary>
    /// <param name="prologue">Bytes of IL that were put before this buffer.</param>
    public HandlerOffsets[] Handlers(int prologue) => [.. _handlers.Select(h => new HandlerOffsets(
        prologue + OffsetOf(h.Try), prologue + OffsetOf(h.TryEnd), prologue + OffsetOf(h.Filter), prologue + OffsetOf(h.Handler), prologue + OffsetOf(h.HandlerEnd)))];

    /// <summary>Where a label lies in the finished IL, prologues not counted.</summary>
    public int OffsetOf(int label) => _labels[label].Position - (_fixups.Count == 0 ? 0 : _saved[_labels[label].Fixups]);

    public void Emit(Il opcode)
    {
        Instructions++;
        Ensure(2);
        if ((ushort)opcode > 0xFF)
        {
            _bytes[_length++] = 0xFE;
        }

        _bytes[_length++] = (byte)opcode;
    }

    /// <summary>
    /// Prefixes of a load from memory that other threads write: read once, where the code says so. Unaligned, because such loads of ARM
    /// processors would fault on an address that is no multiple of the size.
    /// </summary>
    public void EmitSharedPrefix()
    {
        Emit(Il.Unaligned);
        Ensure(1);
        _bytes[_length++] = 1;
        Emit(Il.Volatile);
    }

    public void Emit(Il opcode, int token)
    {
        Emit(opcode);
        EmitInt32(token);
    }

    public void Branch(Il opcode, int label)
    {
        _fixups.Add(new Fixup(_length, label, 0));
        Emit(opcode);
        EmitInt32(0);
    }

    public void Switch(ReadOnlySpan<int> labels)
    {
        Emit(Il.Switch);
        EmitInt32(labels.Length);
        int end = _length + (labels.Length * 4);
        foreach (int label in labels)
        {
            _fixups.Add(new Fixup(_length, label, end));
            EmitInt32(0);
        }
    }

    public void LoadArgument(int index) => Indexed(index, 0x02, 0x0E, 0x09);

    public void StoreArgument(int index) => Indexed(index, -1, 0x10, 0x0B);

    public void LoadLocal(int index)
    {
        if (Placement is { } placement)
        {
            LoadPlaced(placement, placement.PlaceOf(index));
        }
        else
        {
            NoteReference(index);
            Indexed(index, 0x06, 0x11, 0x0C);
        }
    }

    public void StoreLocal(int index)
    {
        if (Placement is { } placement)
        {
            StorePlaced(placement, placement.PlaceOf(index));
        }
        else
        {
            NoteReference(index);
            Indexed(index, 0x0A, 0x13, 0x0E);
        }
    }

    public void LoadLocalAddress(int index)
    {
        if (Placement is { } placement)
        {
            LoadPlacedAddress(placement, placement.PlaceOf(index));
        }
        else
        {
            NoteReference(index);
            Indexed(index, -1, 0x12, 0x0D);
        }
    }

    public void LoadInt32(int value)
    {
        Instructions++;
        Ensure(5);
        if (value is >= -1 and <= 8)
        {
            _bytes[_length++] = (byte)(0x16 + value);
        }
        else if (value is >= sbyte.MinValue and <= sbyte.MaxValue)
        {
            _bytes[_length++] = 0x1F;
            _bytes[_length++] = (byte)value;
        }
        else
        {
            _bytes[_length++] = 0x20;
            EmitInt32(value);
        }
    }

    /// <summary>Loads a number, not negative, that <see cref="Patch"/> may change; returns where.</summary>
    /// <param name="value">The number.</param>
    /// <param name="isWide">Whether there shall be room for any number.</param>
    public int LoadPatchable(int value, bool isWide = false)
    {
        Instructions++;
        Ensure(5);
        int position = _length;
        if (value <= sbyte.MaxValue && !isWide)
        {
            _bytes[_length++] = 0x1F;
            _bytes[_length++] = (byte)value;
        }
        else
        {
            _bytes[_length++] = 0x20;
            EmitInt32(value);
        }

        return position;
    }

    /// <summary>Whether a number, not negative, fits into the place of one that <see cref="LoadPatchable"/> wrote; there may be none (-1).</summary>
    public bool CanPatch(int position, long value) => position >= 0 && value <= (_bytes[position] == 0x1F ? sbyte.MaxValue : int.MaxValue);

    /// <summary>Changes a number that <see cref="LoadPatchable"/> wrote.</summary>
    public void Patch(int position, long value)
    {
        if (_bytes[position] == 0x1F)
        {
            _bytes[position + 1] = (byte)value;
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(position + 1), (int)value);
        }
    }

    public void LoadInt64(long value)
    {
        if (value is >= int.MinValue and <= int.MaxValue)
        {
            LoadInt32((int)value);
            Emit(Il.ConvI8);
        }
        else if (value is >= 0 and <= uint.MaxValue)
        {
            LoadInt32((int)value);
            Emit(Il.ConvU8);
        }
        else
        {
            Instructions++;
            Ensure(9);
            _bytes[_length++] = 0x21;
            BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(_length), value);
            _length += 8;
        }
    }

    public void LoadFloat32(uint bits)
    {
        Instructions++;
        Ensure(5);
        _bytes[_length++] = 0x22;
        EmitInt32((int)bits);
    }

    public void LoadFloat64(ulong bits)
    {
        Instructions++;
        Ensure(9);
        _bytes[_length++] = 0x23;
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(_length), bits);
        _length += 8;
    }

    /// <summary>
    /// The finished IL, with branches in the short form wherever the target is near. Linear in practice: each pass over the branches shortens some, and two or three passes settle.
    /// </summary>
    public byte[] Finish() => Relax();

    /// <summary>As <see cref="Finish()"/>, behind <paramref name="prologue"/>, whose labels are its own; also gives the prologue's length.</summary>
    public byte[] Finish(IlBuffer prologue, out int prologueLength)
    {
        byte[] body = Relax();
        byte[] head = prologue.Relax();
        prologueLength = head.Length;
        byte[] whole = new byte[head.Length + body.Length];
        head.CopyTo(whole, 0);
        body.CopyTo(whole, head.Length);
        return whole;
    }

    private byte[] Relax()
    {
        int count = _fixups.Count;
        if (count == 0)
        {
            return _bytes.AsSpan(0, _length).ToArray();
        }

        // saved[i] = bytes saved before fixup i; a position p moves down by the saving of all short branches before it.
        bool[] isShort = new bool[count];
        int[] saved = new int[count + 1];
        bool changed = true;
        for (int pass = 0; changed && pass < 4; pass++)
        {
            changed = false;
            for (int i = 0; i < count; i++)
            {
                saved[i + 1] = saved[i] + (isShort[i] ? 3 : 0);
            }

            for (int i = 0; i < count; i++)
            {
                Fixup fixup = _fixups[i];
                if (isShort[i] || fixup.SwitchEnd != 0)
                {
                    continue;
                }

                int from = fixup.Position + 5 - saved[i];
                (int target, int before) = _labels[fixup.Label];
                int to = target - saved[before];
                // Shrinking never moves a target further away, so a branch that fits now fits for good.
                if (to - from is >= -120 and <= 120)
                {
                    isShort[i] = true;
                    changed = true;
                }
            }
        }

        for (int i = 0; i < count; i++)
        {
            saved[i + 1] = saved[i] + (isShort[i] ? 3 : 0);
        }

        _saved = saved;
        return Rewrite(isShort, saved);
    }

    private byte[] Rewrite(bool[] isShort, int[] saved)
    {
        int count = _fixups.Count;
        byte[] result = new byte[_length - saved[count]];
        int source = 0;
        int destination = 0;
        for (int i = 0; i < count; i++)
        {
            Fixup fixup = _fixups[i];
            int run = fixup.Position - source;
            _bytes.AsSpan(source, run).CopyTo(result.AsSpan(destination));
            source += run;
            destination += run;
            (int target, int before) = _labels[fixup.Label];
            int to = target - saved[before];
            if (fixup.SwitchEnd != 0)
            {
                int end = fixup.SwitchEnd - saved[i];
                BinaryPrimitives.WriteInt32LittleEndian(result.AsSpan(destination), to - end);
                source += 4;
                destination += 4;
            }
            else if (isShort[i])
            {
                result[destination] = _bytes[source] == (byte)Il.Leave ? (byte)0xDE : (byte)(_bytes[source] - 0x38 + 0x2B);
                result[destination + 1] = (byte)(sbyte)(to - (destination + 2));
                source += 5;
                destination += 2;
            }
            else
            {
                result[destination] = _bytes[source];
                BinaryPrimitives.WriteInt32LittleEndian(result.AsSpan(destination + 1), to - (destination + 5));
                source += 5;
                destination += 5;
            }
        }

        _bytes.AsSpan(source, _length - source).CopyTo(result.AsSpan(destination));
        return result;
    }

    private void Indexed(int index, int shortest, byte shortForm, byte longForm)
    {
        Instructions++;
        References++;
        Ensure(4);
        if (shortest >= 0 && index < 4)
        {
            _bytes[_length++] = (byte)(shortest + index);
        }
        else if (index <= 255)
        {
            _bytes[_length++] = shortForm;
            _bytes[_length++] = (byte)index;
        }
        else
        {
            _bytes[_length++] = 0xFE;
            _bytes[_length++] = longForm;
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length), checked((ushort)index));
            _length += 2;
        }
    }

    private void EmitInt32(int value)
    {
        Ensure(4);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_length), value);
        _length += 4;
    }

    private void Ensure(int count)
    {
        if (_length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }
    }
}
