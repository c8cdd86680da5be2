using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Atoll.Components.Binary;
using Atoll.Wasm;

namespace Atoll.Components.Abi;

/// <summary>Strings between memories and .NET (CanonicalABI.md, <c>load_string</c> and <c>store_string</c> with all their encodings). Called by generated code.</summary>
internal static unsafe class Strings
{
    // Bytes of strings that are decoded on the stack.
    private const int SmallString = 128;

    // Bytes of strings that are decoded in a buffer that is kept.
    private const int LargestBuffer = 256 * 1024;

    /// <summary>Reads a string of a guest.</summary>
    public static string Lift(GuestEnd from, ulong pointer, ulong taggedCodeUnits)
    {
        Source source = new(from, pointer, taggedCodeUnits);
        from.State.Charge(2L * source.CodeUnits);
        switch (source.Encoding)
        {
            case SimpleEncoding.Utf16:
                ReadOnlySpan<char> units = source.Units;
                return IsValid(units) ? new string(units) : throw Invalid();
            case SimpleEncoding.Latin1:
                return Encoding.Latin1.GetString(source.Bytes);
            default:
                return LiftUtf8(source.Bytes);
        }
    }

    /// <summary>The bytes of a string of a guest that passes strings in UTF-8, in bounds and not validated. The host pays for them as for a string.</summary>
    public static bool TryGetUtf8(GuestEnd from, ulong pointer, ulong taggedCodeUnits, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (from.Encoding != StringEncoding.Utf8)
        {
            return false;
        }

        Source source = new(from, pointer, taggedCodeUnits);
        from.State.Charge(2L * source.CodeUnits);
        bytes = source.Bytes;
        return true;
    }

    /// <summary>Reads the start of a string of a guest, as far as whole characters fit into a number of bytes. What follows is not looked at.</summary>
    public static string LiftStart(GuestEnd from, ulong pointer, ulong taggedCodeUnits, uint maxBytes)
    {
        Source source = new(from, pointer, taggedCodeUnits);
        int units = (int)Math.Min(source.CodeUnits, source.Encoding == SimpleEncoding.Utf16 ? maxBytes / 2 : maxBytes);
        switch (source.Encoding)
        {
            case SimpleEncoding.Utf16:
                units -= units > 0 && units < source.CodeUnits && char.IsHighSurrogate(source.Units[units - 1]) ? 1 : 0;
                return IsValid(source.Units[..units]) ? new string(source.Units[..units]) : throw Invalid();
            case SimpleEncoding.Latin1:
                return Encoding.Latin1.GetString(source.Bytes[..units]);
            default:
                for (int back = 0; back < 3 && units < source.CodeUnits && units > 0 && (source.Bytes[units] & 0xC0) == 0x80; back++)
                {
                    units--;
                }

                return LiftUtf8(source.Bytes[..units]);
        }
    }

    /// <summary>Writes a .NET string into a guest's memory. Lone surrogates become U+FFFD: they are no Unicode scalar values.</summary>
    /// <returns>The pointer; the length is in code units, tagged where the encoding has tags.</returns>
    public static ulong Lower(GuestEnd to, string value, out ulong taggedCodeUnits)
    {
        ArgumentNullException.ThrowIfNull(value);
        return LowerSpan(to, value, out taggedCodeUnits);
    }

    /// <summary>Writes UTF-8 into a guest's memory, which was found valid (<see cref="CheckUtf8"/>).</summary>
    /// <returns>As <see cref="Lower"/>.</returns>
    public static ulong LowerUtf8Span(GuestEnd to, ReadOnlySpan<byte> value, out ulong taggedCodeUnits)
    {
        if (to.Encoding != StringEncoding.Utf8)
        {
            return LowerSpan(to, Encoding.UTF8.GetString(value), out taggedCodeUnits);
        }

        fixed (byte* bytes = value)
        {
            return Copy(to, bytes, (uint)value.Length, 1, out taggedCodeUnits);
        }
    }

    /// <summary>Refuses what is no UTF-8, before a guest is called with it.</summary>
    public static void CheckUtf8(ReadOnlySpan<byte> value)
    {
        if (!Utf8.IsValid(value))
        {
            throw new ArgumentException("the bytes of a string are no UTF-8");
        }
    }

    /// <summary>As <see cref="Lower"/>.</summary>
    public static ulong LowerSpan(GuestEnd to, ReadOnlySpan<char> value, out ulong taggedCodeUnits)
    {
        fixed (char* characters = value)
        {
            return to.Encoding switch
            {
                StringEncoding.Utf8 => LowerUtf8(to, value, out taggedCodeUnits),
                StringEncoding.Utf16 => IsValid(value)
                    ? Copy(to, (byte*)characters, (uint)value.Length, 2, out taggedCodeUnits)
                    : LowerSpan(to, Replaced(value), out taggedCodeUnits),
                _ => IsValid(value)
                    ? FromUtf16ToLatin1OrUtf16(to, value, out taggedCodeUnits)
                    : LowerSpan(to, Replaced(value), out taggedCodeUnits),
            };
        }
    }

    /// <summary>Copies a string from one guest to another, between whatever encodings.</summary>
    public static ulong Transfer(GuestEnd from, ulong pointer, ulong taggedCodeUnits, GuestEnd to, out ulong resultCodeUnits)
    {
        Source source = new(from, pointer, taggedCodeUnits);
        bool isUtf16 = source.Encoding == SimpleEncoding.Utf16;
        if (source.Encoding == SimpleEncoding.Utf8 ? !Utf8.IsValid(source.Bytes) : isUtf16 && !IsValid(source.Units))
        {
            throw Invalid();
        }

        switch (to.Encoding)
        {
            case StringEncoding.Utf8:
                return source.Encoding switch
                {
                    SimpleEncoding.Utf8 => Copy(to, source.Address, source.CodeUnits, 1, out resultCodeUnits),
                    SimpleEncoding.Utf16 => ToUtf8(to, source, 3, out resultCodeUnits),
                    _ => ToUtf8(to, source, 2, out resultCodeUnits),
                };
            case StringEncoding.Utf16:
                return source.Encoding switch
                {
                    SimpleEncoding.Utf8 => FromUtf8ToUtf16(to, source, out resultCodeUnits),
                    SimpleEncoding.Utf16 => Copy(to, source.Address, source.CodeUnits, 2, out resultCodeUnits),
                    _ => FromLatin1ToUtf16(to, source, out resultCodeUnits),
                };
            default:
                if (from.Encoding == StringEncoding.Latin1OrUtf16 && isUtf16)
                {
                    return ProbablyUtf16(to, source, out resultCodeUnits);
                }

                return source.Encoding == SimpleEncoding.Latin1
                    ? Copy(to, source.Address, source.CodeUnits, 1, 2, out resultCodeUnits)
                    : ToLatin1OrUtf16(to, source, out resultCodeUnits);
        }
    }

    private enum SimpleEncoding
    {
        Utf8,
        Utf16,
        Latin1,
    }

    /// <summary>A string in a guest's memory, in bounds and aligned (<c>load_string_from_range</c>).</summary>
    private readonly struct Source
    {
        public Source(GuestEnd from, ulong pointer, ulong taggedCodeUnits)
        {
            bool isTagged = from.Encoding == StringEncoding.Latin1OrUtf16 && (taggedCodeUnits & from.Utf16Tag) != 0;
            ulong codeUnits = isTagged ? taggedCodeUnits ^ from.Utf16Tag : taggedCodeUnits;
            Encoding = from.Encoding switch
            {
                StringEncoding.Utf8 => SimpleEncoding.Utf8,
                StringEncoding.Utf16 => SimpleEncoding.Utf16,
                _ => isTagged ? SimpleEncoding.Utf16 : SimpleEncoding.Latin1,
            };
            uint unitSize = Encoding == SimpleEncoding.Utf16 ? 2u : 1u;
            if (codeUnits > GuestEnd.MaxByteLength / unitSize)
            {
                throw AbiTraps.Make("string content out-of-bounds");
            }

            CodeUnits = (uint)codeUnits;
            uint alignment = from.Encoding == StringEncoding.Utf8 ? 1u : 2u;
            if ((pointer & (alignment - 1)) != 0)
            {
                throw AbiTraps.Make("unaligned pointer");
            }

            Address = from.TryRange(pointer, CodeUnits * unitSize, out byte* address) ? address : throw AbiTraps.Make("string content out-of-bounds");
        }

        public byte* Address { get; }

        public uint CodeUnits { get; }

        public SimpleEncoding Encoding { get; }

        public ReadOnlySpan<byte> Bytes => new(Address, (int)CodeUnits);

        public ReadOnlySpan<char> Units => new(Address, (int)CodeUnits);
    }

    /// <summary>
    /// ASCII is widened into the string itself; .NET has no way to make a string that is shorter than it was asked for, so other text goes through a buffer. Either is validated
    /// as it is copied.
    /// </summary>
    private static string LiftUtf8(ReadOnlySpan<byte> bytes)
    {
        // Text in most languages shows early that it is not ASCII.
        if (Ascii.IsValid(bytes[..Math.Min(bytes.Length, SmallString)]))
        {
            string text = new('\0', bytes.Length);
            fixed (char* characters = text)
            {
                if (Ascii.ToUtf16(bytes, new Span<char>(characters, bytes.Length), out _) == OperationStatus.Done)
                {
                    return text;
                }
            }
        }

        if (bytes.Length <= SmallString)
        {
            return Decode(bytes, stackalloc char[SmallString]);
        }

        if (bytes.Length > LargestBuffer)
        {
            // A buffer of this size would stay with the process.
            return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Invalid();
        }

        char[] buffer = ArrayPool<char>.Shared.Rent(bytes.Length);
        try
        {
            return Decode(bytes, buffer);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    private static string Decode(ReadOnlySpan<byte> bytes, Span<char> buffer) =>
        Utf8.ToUtf16(bytes, buffer, out _, out int written, replaceInvalidSequences: false) == OperationStatus.Done ? new string(buffer[..written]) : throw Invalid();

    private static ulong LowerUtf8(GuestEnd to, ReadOnlySpan<char> value, out ulong codeUnits)
    {
        // Room for ASCII first, as store_string_to_utf8 does it. Then the host counts, which the specification's loop with its worst case may be refined to.
        byte* address = to.Allocate((uint)value.Length, 1, out ulong pointer);
        if (Ascii.FromUtf16(value, new Span<byte>(address, value.Length), out _) == OperationStatus.Done)
        {
            codeUnits = (uint)value.Length;
            return pointer;
        }

        long length = Encoding.UTF8.GetByteCount(value);
        if (length > GuestEnd.MaxByteLength)
        {
            throw TooLong();
        }

        address = to.Reallocate(pointer, (uint)value.Length, 1, (uint)length, out pointer);
        Encoding.UTF8.GetBytes(value, new Span<byte>(address, (int)length));
        codeUnits = (uint)length;
        return pointer;
    }

    private static string Replaced(ReadOnlySpan<char> value)
    {
        StringBuilder text = new(value.Length);
        foreach (Rune rune in value.EnumerateRunes())
        {
            text.Append(rune.ToString());
        }

        return text.ToString();
    }

    private static bool IsValid(ReadOnlySpan<char> units)
    {
        while (true)
        {
            int surrogate = units.IndexOfAnyInRange('\ud800', '\udfff');
            if (surrogate < 0)
            {
                return true;
            }

            if (surrogate + 1 >= units.Length || !char.IsSurrogatePair(units[surrogate], units[surrogate + 1]))
            {
                return false;
            }

            units = units[(surrogate + 2)..];
        }
    }

    private static ulong Copy(GuestEnd to, byte* source, uint codeUnits, uint unitSize, out ulong resultCodeUnits) =>
        Copy(to, source, codeUnits, unitSize, unitSize, out resultCodeUnits);

    /// <summary><c>store_string_copy</c></summary>
    private static ulong Copy(GuestEnd to, byte* source, uint codeUnits, uint unitSize, uint alignment, out ulong resultCodeUnits)
    {
        ulong length = (ulong)codeUnits * unitSize;
        if (length > GuestEnd.MaxByteLength)
        {
            throw TooLong();
        }

        byte* target = to.Allocate((uint)length, alignment, out ulong pointer);
        Buffer.MemoryCopy(source, target, (long)length, (long)length);
        resultCodeUnits = codeUnits;
        return pointer;
    }

    /// <summary><c>store_string_to_utf8</c>: room for ASCII first, for the worst case at the first other character, and what is too much given back.</summary>
    private static ulong ToUtf8(GuestEnd to, Source source, uint worstFactor, out ulong codeUnits)
    {
        byte* target = to.Allocate(source.CodeUnits, 1, out ulong pointer);
        bool isUtf16 = source.Encoding == SimpleEncoding.Utf16;
        int ascii = isUtf16
            ? source.Units.IndexOfAnyExceptInRange('\0', '\x7f')
            : source.Bytes.IndexOfAnyExceptInRange((byte)0, (byte)0x7f);
        if (ascii < 0)
        {
            if (isUtf16)
            {
                Ascii.FromUtf16(source.Units, new Span<byte>(target, (int)source.CodeUnits), out _);
            }
            else
            {
                source.Bytes.CopyTo(new Span<byte>(target, (int)source.CodeUnits));
            }

            codeUnits = source.CodeUnits;
            return pointer;
        }

        ulong worst = (ulong)source.CodeUnits * worstFactor;
        if (worst > GuestEnd.MaxByteLength)
        {
            throw TooLong();
        }

        target = to.Reallocate(pointer, source.CodeUnits, 1, (uint)worst, out pointer);
        Span<byte> room = new(target, (int)worst);
        int written = isUtf16 ? Encoding.UTF8.GetBytes(source.Units, room) : Latin1ToUtf8(source.Bytes, room);
        if ((uint)written < worst)
        {
            to.Reallocate(pointer, (uint)worst, 1, (uint)written, out pointer);
        }

        codeUnits = (uint)written;
        return pointer;
    }

    private static int Latin1ToUtf8(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int written = 0;
        foreach (byte value in source)
        {
            if (value < 0x80)
            {
                target[written++] = value;
            }
            else
            {
                target[written++] = (byte)(0xC0 | (value >> 6));
                target[written++] = (byte)(0x80 | (value & 0x3F));
            }
        }

        return written;
    }

    /// <summary><c>store_utf8_to_utf16</c></summary>
    private static ulong FromUtf8ToUtf16(GuestEnd to, Source source, out ulong codeUnits)
    {
        ulong worst = 2ul * source.CodeUnits;
        if (worst > GuestEnd.MaxByteLength)
        {
            throw TooLong();
        }

        byte* target = to.Allocate((uint)worst, 2, out ulong pointer);
        Utf8.ToUtf16(source.Bytes, new Span<char>(target, (int)source.CodeUnits), out _, out int written);
        if (2ul * (uint)written < worst)
        {
            to.Reallocate(pointer, (uint)worst, 2, 2 * (uint)written, out pointer);
        }

        codeUnits = (uint)written;
        return pointer;
    }

    private static ulong FromLatin1ToUtf16(GuestEnd to, Source source, out ulong codeUnits)
    {
        ulong length = 2ul * source.CodeUnits;
        if (length > GuestEnd.MaxByteLength)
        {
            throw TooLong();
        }

        byte* target = to.Allocate((uint)length, 2, out ulong pointer);
        Encoding.Latin1.GetChars(source.Bytes, new Span<char>(target, (int)source.CodeUnits));
        codeUnits = source.CodeUnits;
        return pointer;
    }

    /// <summary><c>store_string_to_latin1_or_utf16</c>: room for Latin-1 first; at the first wider character everything becomes UTF-16.</summary>
    private static ulong ToLatin1OrUtf16(GuestEnd to, Source source, out ulong taggedCodeUnits)
    {
        if (source.Encoding == SimpleEncoding.Utf16)
        {
            return FromUtf16ToLatin1OrUtf16(to, source.Units, out taggedCodeUnits);
        }

        byte* target = to.Allocate(source.CodeUnits, 2, out ulong pointer);
        uint written = 0;
        ReadOnlySpan<byte> rest = source.Bytes;
        while (!rest.IsEmpty)
        {
            Rune.DecodeFromUtf8(rest, out Rune rune, out int consumed);
            if (rune.Value > 0xFF)
            {
                return WidenUtf8(to, source, pointer, out taggedCodeUnits);
            }

            target[written++] = (byte)rune.Value;
            rest = rest[consumed..];
        }

        if (written < source.CodeUnits)
        {
            to.Reallocate(pointer, source.CodeUnits, 2, written, out pointer);
        }

        taggedCodeUnits = written;
        return pointer;
    }

    private static ulong WidenUtf8(GuestEnd to, Source source, ulong pointer, out ulong taggedCodeUnits)
    {
        ulong worst = 2ul * source.CodeUnits;
        if (worst > GuestEnd.MaxByteLength)
        {
            throw TooLong();
        }

        byte* target = to.Reallocate(pointer, source.CodeUnits, 2, (uint)worst, out pointer);
        Utf8.ToUtf16(source.Bytes, new Span<char>(target, (int)source.CodeUnits), out _, out int written);
        if (2ul * (uint)written < worst)
        {
            to.Reallocate(pointer, (uint)worst, 2, 2 * (uint)written, out pointer);
        }

        taggedCodeUnits = (uint)written | to.Utf16Tag;
        return pointer;
    }

    private static ulong FromUtf16ToLatin1OrUtf16(GuestEnd to, ReadOnlySpan<char> units, out ulong taggedCodeUnits)
    {
        ulong worst = 2ul * (uint)units.Length;
        if (worst > GuestEnd.MaxByteLength)
        {
            throw TooLong();
        }

        byte* target = to.Allocate((uint)units.Length, 2, out ulong pointer);
        if (units.IndexOfAnyExceptInRange('\0', '\xff') < 0)
        {
            Encoding.Latin1.GetBytes(units, new Span<byte>(target, units.Length));
            taggedCodeUnits = (uint)units.Length;
            return pointer;
        }

        target = to.Reallocate(pointer, (uint)units.Length, 2, (uint)worst, out pointer);
        MemoryMarshal.AsBytes(units).CopyTo(new Span<byte>(target, (int)worst));
        taggedCodeUnits = (uint)units.Length | to.Utf16Tag;
        return pointer;
    }

    /// <summary><c>store_probably_utf16_to_latin1_or_utf16</c></summary>
    private static ulong ProbablyUtf16(GuestEnd to, Source source, out ulong taggedCodeUnits)
    {
        uint length = 2 * source.CodeUnits;
        byte* target = to.Allocate(length, 2, out ulong pointer);
        if (source.Units.IndexOfAnyExceptInRange('\0', '\xff') >= 0)
        {
            Buffer.MemoryCopy(source.Address, target, length, length);
            taggedCodeUnits = source.CodeUnits | to.Utf16Tag;
            return pointer;
        }

        Encoding.Latin1.GetBytes(source.Units, new Span<byte>(target, (int)source.CodeUnits));
        to.Reallocate(pointer, length, 1, source.CodeUnits, out pointer);
        taggedCodeUnits = source.CodeUnits;
        return pointer;
    }

    public static TrapException Invalid() => AbiTraps.Make("invalid string: its bytes are not in the encoding that it is said to have");

    private static TrapException TooLong() => AbiTraps.Make("string content out-of-bounds: it is longer than 2 GiB");
}
