using System.Runtime.CompilerServices;

namespace Atoll.Components.Abi.Adapters;

/// <summary>What generated code does with arrays.</summary>
internal static unsafe class HostLists
{
    public static void Charge(ComponentState state, int count, int size) => state.Charge((long)(uint)count * size);

    /// <summary>An array whose elements are all written before somebody sees them.</summary>
    public static T[] NewArray<T>(int count) => GC.AllocateUninitializedArray<T>(count);

    public static void CheckLength(int length, int wanted)
    {
        if (length != wanted)
        {
            throw new ArgumentException($"the list has {length} elements; its type says {wanted}");
        }
    }

    public static ref byte Reference(nint address) => ref Unsafe.AsRef<byte>((void*)address);

    /// <summary>The first byte of an array of numbers.</summary>
    public static ref byte Start(Array array) => ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(array);

    /// <summary>Copies elements; the two ranges may overlap, because two instances can share a memory.</summary>
    public static void Copy(ref byte target, ref byte source, int count, int size)
    {
        int bytes = checked(count * size);
        System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref source, bytes)
            .CopyTo(System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref target, bytes));
    }
}
