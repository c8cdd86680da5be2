using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Atoll.Cli;

/// <summary>What a guest of <c>run --deterministic</c> gets in place of clocks and random numbers: the same in each run.</summary>
internal static class VirtualWorld
{
    /// <summary>When its time begins.</summary>
    public static readonly DateTimeOffset Start = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Random bytes that follow from a seed: hashes of a counter.</summary>
    public static Action<Span<byte>> Random(ulong seed)
    {
        ulong blocks = 0;
        return buffer =>
        {
            Span<byte> input = stackalloc byte[16];
            Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
            for (; !buffer.IsEmpty; blocks++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(input, seed);
                BinaryPrimitives.WriteUInt64LittleEndian(input[8..], blocks);
                SHA256.HashData(input, block);
                int count = Math.Min(buffer.Length, block.Length);
                block[..count].CopyTo(buffer);
                buffer = buffer[count..];
            }
        };
    }
}
