using Atoll.Fuzz.Generation;

namespace Atoll.Fuzz.Mutation;

/// <summary>Changes bytes without knowing what they mean.</summary>
internal static class ByteMutator
{
    private static readonly byte[] Interesting = [0, 1, 2, 0x0B, 0x40, 0x7F, 0x80, 0xFF, 0x70, 0x6F, 0x60, 0x10, 0x41, 0xFB, 0xFC, 0xFD, 0xFE];

    public static byte[] Mutate(byte[] bytes, Choices choices, Func<byte[]> other)
    {
        int at = choices.Pick(bytes.Length + 1);
        int length = Math.Min(choices.Pick(choices.OneIn(4) ? 200 : 6), bytes.Length - at);
        switch (choices.Pick(8))
        {
            case 0 or 1 when at < bytes.Length:
                return [.. bytes[..at], (byte)(bytes[at] ^ (1 << choices.Pick(8))), .. bytes[(at + 1)..]];
            case 2 or 3 when at < bytes.Length:
                return [.. bytes[..at], choices.OneIn(2) ? choices.Pick(Interesting) : (byte)choices.Next(), .. bytes[(at + 1)..]];
            case 4:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 5:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 6:
                byte[] source = other();
                int from = choices.Pick(source.Length + 1);
                int count = Math.Min(choices.Pick(60), source.Length - from);
                return [.. bytes[..at], .. source[from..(from + count)], .. bytes[(at + (choices.OneIn(2) ? length : 0))..]];
            default:
                // A number that takes five bytes, or more than any number may.
                byte[] number = [.. Enumerable.Repeat((byte)(0x80 | choices.Pick(128)), choices.Pick(10)), (byte)choices.Pick(128)];
                return [.. bytes[..at], .. number, .. bytes[Math.Min(at + 1, bytes.Length)..]];
        }
    }
}
