using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Reference;

/// <content>Structures and arrays (specification, "Execution / Instructions / Aggregate Instructions").</content>
internal sealed partial class Interpreter
{
    private const uint MaxArrayLength = 1_000_000;

    private bool TryHeap(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.StructNew:
                DefinedType type = TypeAt(step.First);
                Slot[] fields = _stack.PopMany(type.Fields.Length);
                _stack.Push(Slot.Ref(new StructObject(type, [.. fields.Select((field, i) => Pack(field, type.Fields[i].Storage))])));
                return true;
            case Opcode.StructNewDefault:
                DefinedType plain = TypeAt(step.First);
                _stack.Push(Slot.Ref(new StructObject(plain, [.. plain.Fields.Select(field => Slot.Default(field.Storage.Unpacked))])));
                return true;
            case Opcode.StructGet or Opcode.StructGetS or Opcode.StructGetU:
                StructObject from = (StructObject)PopNotNull();
                _stack.Push(Unpack(from.Fields[step.Second], from.Type.Fields[step.Second].Storage, step.Opcode == Opcode.StructGetS));
                return true;
            case Opcode.StructSet:
                Slot value = _stack.Pop();
                StructObject target = (StructObject)PopNotNull();
                target.Fields[step.Second] = Pack(value, target.Type.Fields[step.Second].Storage);
                return true;
            default:
                return TryArray(step) || TryArrayBulk(step);
        }
    }

    private bool TryArray(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.ArrayNew:
                uint count = _stack.PopI32();
                MakeArray(TypeAt(step.First), count, _stack.Pop());
                return true;
            case Opcode.ArrayNewDefault:
                MakeArray(TypeAt(step.First), _stack.PopI32(), Slot.Default(TypeAt(step.First).Element.Storage.Unpacked));
                return true;
            case Opcode.ArrayNewFixed:
                DefinedType type = TypeAt(step.First);
                Slot[] elements = _stack.PopMany(step.Second);
                _stack.Push(Slot.Ref(new ArrayObject(type, Array.ConvertAll(elements, element => Pack(element, type.Element.Storage)))));
                return true;
            case Opcode.ArrayNewData:
                NewFromData(TypeAt(step.First), _frame.Module.Data[step.Second]);
                return true;
            case Opcode.ArrayNewElem:
                NewFromElements(TypeAt(step.First), _frame.Module.Elements[step.Second]);
                return true;
            case Opcode.ArrayLen:
                _stack.PushI32((uint)((ArrayObject)PopNotNull()).Elements.Length);
                return true;
            case Opcode.ArrayGet or Opcode.ArrayGetS or Opcode.ArrayGetU:
                uint index = _stack.PopI32();
                ArrayObject from = (ArrayObject)PopNotNull();
                CheckArray(from, index, 1);
                _stack.Push(Unpack(from.Elements[index], from.Type.Element.Storage, step.Opcode == Opcode.ArrayGetS));
                return true;
            case Opcode.ArraySet:
                Slot value = _stack.Pop();
                uint at = _stack.PopI32();
                ArrayObject to = (ArrayObject)PopNotNull();
                CheckArray(to, at, 1);
                to.Elements[at] = Pack(value, to.Type.Element.Storage);
                return true;
            default:
                return false;
        }
    }

    private bool TryArrayBulk(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.ArrayFill:
                uint filled = _stack.PopI32();
                Slot value = _stack.Pop();
                uint start = _stack.PopI32();
                ArrayObject array = (ArrayObject)PopNotNull();
                CheckArray(array, start, filled);
                Spend(filled);
                Array.Fill(array.Elements, Pack(value, array.Type.Element.Storage), (int)start, (int)filled);
                return true;
            case Opcode.ArrayCopy:
                ArrayCopy();
                return true;
            case Opcode.ArrayInitData:
                InitFromData(_frame.Module.Data[step.Second]);
                return true;
            case Opcode.ArrayInitElem:
                InitFromElements(_frame.Module.Elements[step.Second]);
                return true;
            default:
                return false;
        }
    }

    private DefinedType TypeAt(int index) => _frame.Module.Definition.Types[index];

    private static void CheckArray(ArrayObject array, uint index, uint count) =>
        Check((ulong)index + count <= (ulong)array.Elements.Length, TrapKind.ArrayOutOfBounds);

    private void MakeArray(DefinedType type, uint length, Slot value)
    {
        SpendOnArray(length);
        Slot[] elements = new Slot[length];
        Array.Fill(elements, Pack(value, type.Element.Storage));
        _stack.Push(Slot.Ref(new ArrayObject(type, elements)));
    }

    private void SpendOnArray(uint length)
    {
        if (length > MaxArrayLength)
        {
            throw new ReferenceLimitException($"an array of {length} elements is too large");
        }

        Spend(length);
    }

    private void NewFromData(DefinedType type, byte[] data)
    {
        uint count = _stack.PopI32();
        uint source = _stack.PopI32();
        int bytes = BytesOf(type.Element.Storage);
        Check(source + ((ulong)count * (uint)bytes) <= (ulong)data.Length, TrapKind.MemoryOutOfBounds);
        SpendOnArray(count);
        Slot[] elements = new Slot[count];
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = FromBytes(type.Element.Storage, data, (int)source + (i * bytes));
        }

        _stack.Push(Slot.Ref(new ArrayObject(type, elements)));
    }

    private void NewFromElements(DefinedType type, object?[] segment)
    {
        uint count = _stack.PopI32();
        uint source = _stack.PopI32();
        Check((ulong)source + count <= (ulong)segment.Length, TrapKind.TableOutOfBounds);
        SpendOnArray(count);
        _stack.Push(Slot.Ref(new ArrayObject(type, Array.ConvertAll(segment[(int)source..(int)(source + count)], Slot.Ref))));
    }

    private void InitFromData(byte[] data)
    {
        uint count = _stack.PopI32();
        uint source = _stack.PopI32();
        uint destination = _stack.PopI32();
        ArrayObject array = (ArrayObject)PopNotNull();
        ValueType storage = array.Type.Element.Storage;
        int bytes = BytesOf(storage);
        CheckArray(array, destination, count);
        Check(source + ((ulong)count * (uint)bytes) <= (ulong)data.Length, TrapKind.MemoryOutOfBounds);
        Spend(count);
        for (int i = 0; i < (int)count; i++)
        {
            array.Elements[destination + i] = FromBytes(storage, data, (int)source + (i * bytes));
        }
    }

    private void InitFromElements(object?[] segment)
    {
        uint count = _stack.PopI32();
        uint source = _stack.PopI32();
        uint destination = _stack.PopI32();
        ArrayObject array = (ArrayObject)PopNotNull();
        CheckArray(array, destination, count);
        Check((ulong)source + count <= (ulong)segment.Length, TrapKind.TableOutOfBounds);
        Spend(count);
        for (int i = 0; i < (int)count; i++)
        {
            array.Elements[destination + i] = Slot.Ref(segment[source + i]);
        }
    }

    private void ArrayCopy()
    {
        uint count = _stack.PopI32();
        uint source = _stack.PopI32();
        object? from = _stack.PopReference();
        uint destination = _stack.PopI32();
        object? to = _stack.PopReference();
        Check(from is not null && to is not null, TrapKind.NullReference);
        CheckArray((ArrayObject)to!, destination, count);
        CheckArray((ArrayObject)from!, source, count);
        Spend(count);
        Slot[] copied = ((ArrayObject)from!).Elements[(int)source..(int)(source + count)];
        copied.CopyTo(((ArrayObject)to!).Elements, destination);
    }

    private static Slot Pack(Slot value, ValueType storage) =>
        storage.IsPacked ? Slot.I32(value.AsI32 & (uint)Numerics.Integers.Mask(8 * BytesOf(storage))) : value;

    private static Slot Unpack(Slot value, ValueType storage, bool isSigned) =>
        storage.IsPacked && isSigned ? Slot.I32((uint)Numerics.Integers.Signed(value.AsI32, 8 * BytesOf(storage))) : value;

    private static int BytesOf(ValueType storage) =>
        storage == ValueType.I8 ? 1 : storage == ValueType.I16 ? 2 : storage == ValueType.I32 || storage == ValueType.F32 ? 4 : storage == ValueType.V128 ? 16 : 8;

    private static Slot FromBytes(ValueType storage, byte[] data, int at)
    {
        UInt128 bits = 0;
        for (int i = BytesOf(storage) - 1; i >= 0; i--)
        {
            bits = (bits << 8) | data[at + i];
        }

        return new Slot(Slot.KindOf(storage.Unpacked), bits);
    }
}
