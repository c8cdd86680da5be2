using System.Runtime.CompilerServices;

namespace Atoll.Wasm.Execution;

/// <summary>
/// What atomic instructions do; the address was checked. The number in a name is the width in bits; what is narrower than 32 bits comes back
/// with zeros above. Each is a full barrier.
/// </summary>
internal static unsafe class Atomics
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    [MethodImpl(Inline)]
    public static void Fence() => Interlocked.MemoryBarrier();

    [MethodImpl(Inline)]
    public static int Exchange8(nint address, int value) => Interlocked.Exchange(ref *(byte*)address, (byte)value);

    [MethodImpl(Inline)]
    public static int Exchange16(nint address, int value) => Interlocked.Exchange(ref *(ushort*)address, (ushort)value);

    [MethodImpl(Inline)]
    public static int Exchange32(nint address, int value) => Interlocked.Exchange(ref *(int*)address, value);

    [MethodImpl(Inline)]
    public static long Exchange64(nint address, long value) => Interlocked.Exchange(ref *(long*)address, value);

    [MethodImpl(Inline)]
    public static int CompareExchange8(nint address, int expected, int value) =>
        Interlocked.CompareExchange(ref *(byte*)address, (byte)value, (byte)expected);

    [MethodImpl(Inline)]
    public static int CompareExchange16(nint address, int expected, int value) =>
        Interlocked.CompareExchange(ref *(ushort*)address, (ushort)value, (ushort)expected);

    // Not inlined: where the comparison succeeds, the processor leaves the register with the expected value as it is. What the JIT compiler made of an i64
    // still has its upper half there, but the compiler takes that for zero: the result as an i64, or as an address, could then be anything.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int CompareExchange32(nint address, int expected, int value) => Interlocked.CompareExchange(ref *(int*)address, value, expected);

    [MethodImpl(Inline)]
    public static long CompareExchange64(nint address, long expected, long value) => Interlocked.CompareExchange(ref *(long*)address, value, expected);

    [MethodImpl(Inline)]
    public static int Add32(nint address, int value) => Interlocked.Add(ref *(int*)address, value) - value;

    [MethodImpl(Inline)]
    public static long Add64(nint address, long value) => Interlocked.Add(ref *(long*)address, value) - value;

    [MethodImpl(Inline)]
    public static int Subtract32(nint address, int value) => Add32(address, -value);

    [MethodImpl(Inline)]
    public static long Subtract64(nint address, long value) => Add64(address, -value);

    [MethodImpl(Inline)]
    public static int And32(nint address, int value) => Interlocked.And(ref *(int*)address, value);

    [MethodImpl(Inline)]
    public static long And64(nint address, long value) => Interlocked.And(ref *(long*)address, value);

    [MethodImpl(Inline)]
    public static int Or32(nint address, int value) => Interlocked.Or(ref *(int*)address, value);

    [MethodImpl(Inline)]
    public static long Or64(nint address, long value) => Interlocked.Or(ref *(long*)address, value);

    public static int Xor32(nint address, int value)
    {
        ref int cell = ref *(int*)address;
        int old = Volatile.Read(ref cell);
        while (true)
        {
            int seen = Interlocked.CompareExchange(ref cell, old ^ value, old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static long Xor64(nint address, long value)
    {
        ref long cell = ref *(long*)address;
        long old = Volatile.Read(ref cell);
        while (true)
        {
            long seen = Interlocked.CompareExchange(ref cell, old ^ value, old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static int Add8(nint address, int value)
    {
        ref byte cell = ref *(byte*)address;
        byte old = Volatile.Read(ref cell);
        while (true)
        {
            byte seen = Interlocked.CompareExchange(ref cell, (byte)(old + value), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static int Add16(nint address, int value)
    {
        ref ushort cell = ref *(ushort*)address;
        ushort old = Volatile.Read(ref cell);
        while (true)
        {
            ushort seen = Interlocked.CompareExchange(ref cell, (ushort)(old + value), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static int Subtract8(nint address, int value)
    {
        ref byte cell = ref *(byte*)address;
        byte old = Volatile.Read(ref cell);
        while (true)
        {
            byte seen = Interlocked.CompareExchange(ref cell, (byte)(old - value), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static int Subtract16(nint address, int value)
    {
        ref ushort cell = ref *(ushort*)address;
        ushort old = Volatile.Read(ref cell);
        while (true)
        {
            ushort seen = Interlocked.CompareExchange(ref cell, (ushort)(old - value), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static int And8(nint address, int value)
    {
        ref byte cell = ref *(byte*)address;
        byte old = Volatile.Read(ref cell);
        while (true)
        {
            byte seen = Interlocked.CompareExchange(ref cell, (byte)(old & value), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static int And16(nint address, int value)
    {
        ref ushort cell = ref *(ushort*)address;
        ushort old = Volatile.Read(ref cell);
        while (true)
        {
            ushort seen = Interlocked.CompareExchange(ref cell, (ushort)(old & value), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static int Or8(nint address, int value)
    {
        ref byte cell = ref *(byte*)address;
        byte old = Volatile.Read(ref cell);
        while (true)
        {
            byte seen = Interlocked.CompareExchange(ref cell, (byte)(old | value), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static int Or16(nint address, int value)
    {
        ref ushort cell = ref *(ushort*)address;
        ushort old = Volatile.Read(ref cell);
        while (true)
        {
            ushort seen = Interlocked.CompareExchange(ref cell, (ushort)(old | value), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static int Xor8(nint address, int value)
    {
        ref byte cell = ref *(byte*)address;
        byte old = Volatile.Read(ref cell);
        while (true)
        {
            byte seen = Interlocked.CompareExchange(ref cell, (byte)(old ^ value), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    public static int Xor16(nint address, int value)
    {
        ref ushort cell = ref *(ushort*)address;
        ushort old = Volatile.Read(ref cell);
        while (true)
        {
            ushort seen = Interlocked.CompareExchange(ref cell, (ushort)(old ^ value), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }
}
