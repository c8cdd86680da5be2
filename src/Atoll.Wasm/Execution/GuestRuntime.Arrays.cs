using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Execution;

/// <content>Arrays of guests. Indices and lengths are unsigned. Reads and writes are inlined into guest code; the name ends with the storage.</content>
internal static unsafe partial class GuestRuntime
{
    [MethodImpl(Inline)]
    public static int ArrayLength(object? array) => Unsafe.As<HeapArray>(NotNullArray(array)).Length;

    public static HeapArray NewArrayDefault(InstanceContext context, int length, int type)
    {
        ValueType storage = context.Types[type].Element.Storage;
        long bytes = HeapArray.BytesFor(storage, (uint)length);
        HeapToken token = bytes <= SmallArrayBytes ? Token(context, type, (int)bytes) : NewArrayToken(context, type, bytes, (uint)length);
        return HeapArray.Make(token, storage, length);
    }

    [MethodImpl(Inline)]
    public static int ArrayGetSI8(object? array, int index) => (sbyte)Element<byte>(array, index);

    [MethodImpl(Inline)]
    public static int ArrayGetUI8(object? array, int index) => Element<byte>(array, index);

    [MethodImpl(Inline)]
    public static void ArraySetI8(object? array, int index, int value) => Element<byte>(array, index) = (byte)value;

    public static HeapArray NewArrayI8(InstanceContext context, int value, int length, int type) => Filled<byte>(context, (byte)value, length, type);

    public static void ArrayFillI8(InstanceContext context, object? array, int index, int value, int count) => Fill<byte>(context, array, (uint)index, (byte)value, (uint)count);

    [MethodImpl(Inline)]
    public static int ArrayGetSI16(object? array, int index) => (short)Element<ushort>(array, index);

    [MethodImpl(Inline)]
    public static int ArrayGetUI16(object? array, int index) => Element<ushort>(array, index);

    [MethodImpl(Inline)]
    public static void ArraySetI16(object? array, int index, int value) => Element<ushort>(array, index) = (ushort)value;

    public static HeapArray NewArrayI16(InstanceContext context, int value, int length, int type) => Filled<ushort>(context, (ushort)value, length, type);

    public static void ArrayFillI16(InstanceContext context, object? array, int index, int value, int count) => Fill<ushort>(context, array, (uint)index, (ushort)value, (uint)count);

    [MethodImpl(Inline)]
    public static int ArrayGetI32(object? array, int index) => Element<int>(array, index);

    [MethodImpl(Inline)]
    public static void ArraySetI32(object? array, int index, int value) => Element<int>(array, index) = value;

    public static HeapArray NewArrayI32(InstanceContext context, int value, int length, int type) => Filled<int>(context, value, length, type);

    public static void ArrayFillI32(InstanceContext context, object? array, int index, int value, int count) => Fill<int>(context, array, (uint)index, value, (uint)count);

    [MethodImpl(Inline)]
    public static long ArrayGetI64(object? array, int index) => Element<long>(array, index);

    [MethodImpl(Inline)]
    public static void ArraySetI64(object? array, int index, long value) => Element<long>(array, index) = value;

    public static HeapArray NewArrayI64(InstanceContext context, long value, int length, int type) => Filled<long>(context, value, length, type);

    public static void ArrayFillI64(InstanceContext context, object? array, int index, long value, int count) => Fill<long>(context, array, (uint)index, value, (uint)count);

    [MethodImpl(Inline)]
    public static float ArrayGetF32(object? array, int index) => Element<float>(array, index);

    [MethodImpl(Inline)]
    public static void ArraySetF32(object? array, int index, float value) => Element<float>(array, index) = value;

    public static HeapArray NewArrayF32(InstanceContext context, float value, int length, int type) => Filled<float>(context, value, length, type);

    public static void ArrayFillF32(InstanceContext context, object? array, int index, float value, int count) => Fill<float>(context, array, (uint)index, value, (uint)count);

    [MethodImpl(Inline)]
    public static double ArrayGetF64(object? array, int index) => Element<double>(array, index);

    [MethodImpl(Inline)]
    public static void ArraySetF64(object? array, int index, double value) => Element<double>(array, index) = value;

    public static HeapArray NewArrayF64(InstanceContext context, double value, int length, int type) => Filled<double>(context, value, length, type);

    public static void ArrayFillF64(InstanceContext context, object? array, int index, double value, int count) => Fill<double>(context, array, (uint)index, value, (uint)count);

    [MethodImpl(Inline)]
    public static Vector128<byte> ArrayGetV128(object? array, int index) => Element<Vector128<byte>>(array, index);

    [MethodImpl(Inline)]
    public static void ArraySetV128(object? array, int index, Vector128<byte> value) => Element<Vector128<byte>>(array, index) = value;

    public static HeapArray NewArrayV128(InstanceContext context, Vector128<byte> value, int length, int type) => Filled<Vector128<byte>>(context, value, length, type);

    public static void ArrayFillV128(InstanceContext context, object? array, int index, Vector128<byte> value, int count) => Fill<Vector128<byte>>(context, array, (uint)index, value, (uint)count);

    [MethodImpl(Inline)]
    public static object? ArrayGetRef(object? array, int index) => Element<object?>(array, index);

    [MethodImpl(Inline)]
    public static void ArraySetRef(object? array, int index, object? value) => Element<object?>(array, index) = value;

    public static HeapArray NewArrayRef(InstanceContext context, object? value, int length, int type) => Filled<object?>(context, value, length, type);

    public static void ArrayFillRef(InstanceContext context, object? array, int index, object? value, int count) => Fill<object?>(context, array, (uint)index, value, (uint)count);

    public static void ArrayCopy(InstanceContext context, object? destination, int to, object? source, int from, int count)
    {
        HeapArray target = Unsafe.As<HeapArray>(NotNullArray(destination));
        HeapArray origin = Unsafe.As<HeapArray>(NotNullArray(source));
        CheckArray(target, (uint)to, (uint)count);
        CheckArray(origin, (uint)from, (uint)count);
        bool backwards = to > from;
        for (int done = 0; done < count;)
        {
            int part = Math.Min(Chunk / 16, count - done);
            int at = backwards ? count - done - part : done;
            target.CopyFrom(origin, from + at, to + at, part);
            done += part;
            Charge(context, (uint)part * 16);
        }
    }

    public static HeapArray NewArrayData(InstanceContext context, int source, int length, int type, int segment)
    {
        CheckData(context, (uint)source, (ulong)(uint)length * (uint)StructLayout.SizeOf(context.Types[type].Element.Storage), segment);
        HeapArray array = NewArrayDefault(context, length, type);
        array.Read(DataOf(context, segment)[source..], 0, length);
        return array;
    }

    public static HeapArray NewArrayElements(InstanceContext context, int source, int length, int type, int segment)
    {
        CheckTable(context.Elements[segment] ?? [], (uint)source, (uint)length);
        HeapArray array = NewArrayDefault(context, length, type);
        InitElements(context, array, 0, source, length, segment);
        return array;
    }

    public static void ArrayInitData(InstanceContext context, object? array, int to, int source, int count, int segment)
    {
        HeapArray target = Unsafe.As<HeapArray>(NotNullArray(array));
        CheckArray(target, (uint)to, (uint)count);
        CheckData(context, (uint)source, (ulong)(uint)count * (uint)target.ElementBytes, segment);
        target.Read(DataOf(context, segment)[source..], to, count);
        Charge(context, (uint)count);
    }

    public static void ArrayInitElements(InstanceContext context, object? array, int to, int source, int count, int segment)
    {
        HeapArray target = Unsafe.As<HeapArray>(NotNullArray(array));
        CheckArray(target, (uint)to, (uint)count);
        CheckTable(context.Elements[segment] ?? [], (uint)source, (uint)count);
        InitElements(context, target, to, source, count, segment);
    }

    private const int SmallArrayBytes = 2048;

    private static void InitElements(InstanceContext context, HeapArray array, int to, int source, int count, int segment)
    {
        Array.Copy(context.Elements[segment] ?? [], source, Unsafe.As<HeapArray<object?>>(array).Items, to, count);
        Charge(context, (ulong)(uint)count * 16);
    }

    private static ReadOnlySpan<byte> DataOf(InstanceContext context, int segment)
    {
        ModuleDefinition definition = context.Instance.Module.Definition;
        ByteRange content = definition.Data[segment].Content;
        return definition.Bytes.AsSpan(content.Start, context.DroppedData[segment] ? 0 : content.Length);
    }

    private static void CheckData(InstanceContext context, uint source, ulong bytes, int segment)
    {
        ulong length = (ulong)DataOf(context, segment).Length;
        if (bytes > length || source > length - bytes)
        {
            throw new TrapException(TrapKind.MemoryOutOfBounds);
        }
    }

    [MethodImpl(Inline)]
    private static ref T Element<T>(object? array, int index)
    {
        T[] items = Unsafe.As<HeapArray<T>>(NotNullArray(array)).Items;
        if ((uint)index >= (uint)items.Length)
        {
            ThrowArrayOutOfBounds();
        }

        return ref items[index];
    }

    private static HeapArray Filled<T>(InstanceContext context, T value, int length, int type)
    {
        HeapArray array = NewArrayDefault(context, length, type);
        Unsafe.As<HeapArray<T>>(array).Items.AsSpan().Fill(value);
        return array;
    }

    private static void Fill<T>(InstanceContext context, object? array, uint index, T value, uint count)
    {
        HeapArray<T> target = Unsafe.As<HeapArray<T>>(NotNullArray(array));
        CheckArray(target, index, count);
        for (uint done = 0; done < count;)
        {
            uint part = Math.Min(Chunk / 16, count - done);
            target.Items.AsSpan((int)(index + done), (int)part).Fill(value);
            done += part;
            Charge(context, part * 16);
        }
    }

    private static void CheckArray(HeapArray array, uint index, uint count)
    {
        if (count > (uint)array.Length || index > (uint)array.Length - count)
        {
            ThrowArrayOutOfBounds();
        }
    }

    /// <summary>A token for one array alone, which takes its time: somebody may want to stop the guest first.</summary>
    private static HeapToken NewArrayToken(InstanceContext context, int type, long bytes, uint length)
    {
        Charge(context, (ulong)bytes);
        return length <= (uint)Array.MaxLength
            ? context.Store.Heap.NewToken(context.Types[type], bytes)
            : throw new LimitExceededException(LimitKind.Heap, $"an array of {length} elements is larger than any that the host can have");
    }

    [MethodImpl(Inline)]
    private static object NotNullArray(object? reference) => reference ?? ThrowNull("null array reference");

    [DoesNotReturn]
    private static void ThrowArrayOutOfBounds() => throw new TrapException(TrapKind.ArrayOutOfBounds);
}
