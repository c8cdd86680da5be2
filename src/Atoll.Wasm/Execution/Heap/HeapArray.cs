using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Atoll.Wasm.Execution;

/// <summary>An array of a guest.</summary>
internal abstract class HeapArray(HeapToken token, int length) : HeapObject(token)
{
    public int Length { get; } = length;

    /// <summary>Bytes that an element takes in a data segment.</summary>
    public abstract int ElementBytes { get; }

    /// <summary>Copies elements of an array with the same storage, which may be this one; all indices were checked.</summary>
    public abstract void CopyFrom(HeapArray source, int from, int to, int count);

    /// <summary>Takes elements from the bytes of a data segment; all indices were checked.</summary>
    public abstract void Read(ReadOnlySpan<byte> bytes, int to, int count);

    /// <summary>One element as a value, for the host.</summary>
    public abstract Value ValueAt(int index);

    /// <summary>Sets every element from a value of the element's type.</summary>
    public abstract void Fill(Value value, int at, int count);

    /// <summary>The array for a storage type.</summary>
    public static HeapArray Make(HeapToken token, ValueType storage, int length) => storage.Code switch
    {
        0x78 => new HeapArray<byte>(token, length),
        0x77 => new HeapArray<ushort>(token, length),
        0x7F => new HeapArray<int>(token, length),
        0x7E => new HeapArray<long>(token, length),
        0x7D => new HeapArray<float>(token, length),
        0x7C => new HeapArray<double>(token, length),
        0x7B => new HeapArray<Vector128<byte>>(token, length),
        _ => new HeapArray<object?>(token, length),
    };

    /// <summary>What an array is charged with. A reference may keep a boxed small integer, which is nobody else's.</summary>
    public static long BytesFor(ValueType storage, uint length) =>
        48 + ((long)length * (StructLayout.SizeOf(storage) + (storage.IsReference && ValueType.I31Ref.WithoutNull.Matches(storage) ? 24 : 0)));
}

/// <summary>An array with elements of one .NET type; packed integers are stored in their own width.</summary>
internal sealed class HeapArray<T>(HeapToken token, int length) : HeapArray(token, length)
{
    internal readonly T[] Items = new T[length];

    public override int ElementBytes => System.Runtime.CompilerServices.Unsafe.SizeOf<T>();

    public override void CopyFrom(HeapArray source, int from, int to, int count) => Array.Copy(((HeapArray<T>)source).Items, from, Items, to, count);

    public override void Read(ReadOnlySpan<byte> bytes, int to, int count)
    {
        // Both sides are little-endian.
        Span<byte> target = Items switch
        {
            byte[] items => items.AsSpan(to, count),
            ushort[] items => MemoryMarshal.AsBytes(items.AsSpan(to, count)),
            int[] items => MemoryMarshal.AsBytes(items.AsSpan(to, count)),
            long[] items => MemoryMarshal.AsBytes(items.AsSpan(to, count)),
            float[] items => MemoryMarshal.AsBytes(items.AsSpan(to, count)),
            double[] items => MemoryMarshal.AsBytes(items.AsSpan(to, count)),
            Vector128<byte>[] items => MemoryMarshal.AsBytes(items.AsSpan(to, count)),
            _ => throw new System.Diagnostics.UnreachableException("references cannot come from data segments"),
        };
        bytes[..target.Length].CopyTo(target);
    }

    public override Value ValueAt(int index) => Items switch
    {
        byte[] items => Value.I32(items[index]),
        ushort[] items => Value.I32(items[index]),
        int[] items => Value.I32(items[index]),
        long[] items => Value.I64(items[index]),
        float[] items => Value.F32(items[index]),
        double[] items => Value.F64(items[index]),
        Vector128<byte>[] items => HostThunks.PackV128(items[index]),
        object?[] items => new Value(Token.Type.Element.Storage, 0, 0, items[index]),
        _ => throw new System.Diagnostics.UnreachableException($"no elements of {typeof(T)}"),
    };

    public override void Fill(Value value, int at, int count) => Items.AsSpan(at, count).Fill((T)(object)(Items switch
    {
        byte[] => (byte)value.Low,
        ushort[] => (ushort)value.Low,
        int[] => (int)value.Low,
        long[] => (long)value.Low,
        float[] => HostThunks.UnpackF32(value),
        double[] => HostThunks.UnpackF64(value),
        Vector128<byte>[] => HostThunks.UnpackV128(value),
        _ => value.Reference!,
    }));
}
