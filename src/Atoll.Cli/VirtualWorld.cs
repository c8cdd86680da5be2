using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Atoll.Cli;

/// <summary>What a guest of <c>run --deterministic</c> gets in place of clocks and random numbers: the same in each run.</summary>
internal static class VirtualWorld
{
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

    /// <summary>
    /// A time that begins with the year 2000 and moves by a microsecond when somebody looks at it, so that loops that wait for it end, and by the whole time
    /// when a guest sleeps, which therefore takes none.
    /// </summary>
    public sealed class Clock : TimeProvider
    {
        private static readonly DateTimeOffset Start = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => Start.AddTicks(GetTimestamp());

        public override long GetTimestamp() => _ticks += TimeSpan.TicksPerMicrosecond;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _ticks += dueTime.Ticks;
            callback(state);
            return new Rung();
        }

        private sealed class Rung : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => false;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
