using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Atoll.Wasi.Platform;

namespace Atoll.Wasi.Network;

/// <summary>Questions to name servers and their answers (RFC 1035, section 4).</summary>
internal static class DnsMessage
{
    /// <summary>Longest datagram that is asked for (RFC 6891): one that no network takes apart.</summary>
    public const int MaximumDatagram = 1232;

    private const int HeaderLength = 12;
    private const int MaximumName = 255;
    private const int MaximumRecords = 256;
    private const ushort Internet = 1;

    /// <summary>The number of a kind of records.</summary>
    public static ushort TypeOf(RecordKind kind) => kind switch
    {
        RecordKind.A => 1,
        RecordKind.Ns => 2,
        RecordKind.Cname => 5,
        RecordKind.Soa => 6,
        RecordKind.Ptr => 12,
        RecordKind.Mx => 15,
        RecordKind.Txt => 16,
        RecordKind.Aaaa => 28,
        RecordKind.Srv => 33,
        _ => 257,
    };

    /// <summary>Writes a question.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="name">The name, in ASCII.</param>
    /// <param name="kind">What is asked for.</param>
    public static byte[] WriteQuery(ushort id, string name, RecordKind kind)
    {
        List<byte> bytes = [(byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
        foreach (string label in name.Split('.'))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }

        ushort type = TypeOf(kind);
        bytes.AddRange([0, (byte)(type >> 8), (byte)type, 0, (byte)Internet]);

        // A record of EDNS that says how long an answer may be.
        bytes.AddRange([0, 0, 41, MaximumDatagram >> 8, MaximumDatagram & 0xFF, 0, 0, 0, 0, 0, 0]);
        return [.. bytes];
    }

    /// <summary>Whether a name can be asked for: labels of 1 to 63 characters, 253 in all.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 253 && name.All(c => c is > ' ' and < '\x7f') && name.Split('.').All(label => label.Length is > 0 and <= 63);

    /// <summary>Reads an answer.</summary>
    /// <param name="message">The bytes.</param>
    /// <param name="query">The question.</param>
    /// <param name="kind">What was asked for.</param>
    /// <returns>What it says; null when it is no answer to the question.</returns>
    public static DnsReply? Read(ReadOnlySpan<byte> message, ReadOnlySpan<byte> query, RecordKind kind)
    {
        try
        {
            return ReadChecked(message, query, kind);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static DnsReply? ReadChecked(ReadOnlySpan<byte> message, ReadOnlySpan<byte> query, RecordKind kind)
    {
        if (message.Length < HeaderLength || !message[..2].SequenceEqual(query[..2]) || (message[2] & 0x80) == 0 || U16(message, 4) != 1)
        {
            return null;
        }

        // The question comes back as it was sent; servers may change upper and lower case.
        int asked = HeaderLength;
        string name = ReadName(query, ref asked);
        int at = HeaderLength;
        if (!ReadName(message, ref at).Equals(name, StringComparison.OrdinalIgnoreCase) || at + 4 > message.Length || U16(message, at) != TypeOf(kind))
        {
            return null;
        }

        at += 4;
        int code = message[3] & 0xF;
        bool isCut = (message[2] & 2) != 0;
        List<DnsAnswer> records = [];
        int count = U16(message, 6);
        for (int i = 0; i < count && i < MaximumRecords && !isCut; i++)
        {
            if (ReadRecord(message, ref at) is { } record && (record.Kind == kind || record.Kind == RecordKind.Cname))
            {
                records.Add(record);
            }
        }

        return new DnsReply(code, isCut, records);
    }

    private static DnsAnswer? ReadRecord(ReadOnlySpan<byte> message, ref int at)
    {
        string owner = ReadName(message, ref at);
        Need(message, at, 10);
        int type = U16(message, at);
        bool isInternet = U16(message, at + 2) == Internet;
        uint ttl = BinaryPrimitives.ReadUInt32BigEndian(message[(at + 4)..]);
        int length = U16(message, at + 8);
        at += 10;
        Need(message, at, length);
        int start = at;
        at += length;
        RecordKind? kind = Enum.GetValues<RecordKind>().Cast<RecordKind?>().FirstOrDefault(known => TypeOf(known!.Value) == type);
        return kind is { } known && isInternet ? new DnsAnswer(owner, known, ReadData(message, known, start, length), ttl > int.MaxValue ? 0 : ttl) : null;
    }

    private static string ReadData(ReadOnlySpan<byte> message, RecordKind kind, int at, int length)
    {
        ReadOnlySpan<byte> data = message.Slice(at, length);
        switch (kind)
        {
            case RecordKind.A when length == 4:
            case RecordKind.Aaaa when length == 16:
                return new IPAddress(data).ToString();
            case RecordKind.Cname or RecordKind.Ns or RecordKind.Ptr:
                return ReadName(message, ref at);
            case RecordKind.Mx when length > 2:
                at += 2;
                return string.Create(CultureInfo.InvariantCulture, $"{U16(data, 0)} {ReadName(message, ref at)}");
            case RecordKind.Srv when length > 6:
                at += 6;
                return string.Create(CultureInfo.InvariantCulture, $"{U16(data, 0)} {U16(data, 2)} {U16(data, 4)} {ReadName(message, ref at)}");
            case RecordKind.Soa:
                string server = ReadName(message, ref at);
                string mail = ReadName(message, ref at);
                Need(message, at, 20);
                return $"{server} {mail} " + string.Join(' ', U32s(message.Slice(at, 20)));
            case RecordKind.Txt:
                return ReadText(data);
            case RecordKind.Caa when length > 2 && 2 + data[1] <= length:
                return string.Create(CultureInfo.InvariantCulture, $"{data[0]} {Encoding.Latin1.GetString(data.Slice(2, data[1]))} \"{Encoding.UTF8.GetString(data[(2 + data[1])..])}\"");
            default:
                throw new FormatException();
        }
    }

    /// <summary>Strings of up to 255 bytes, one behind the other, as one text.</summary>
    private static string ReadText(ReadOnlySpan<byte> data)
    {
        List<byte> text = [];
        while (!data.IsEmpty)
        {
            int length = data[0];
            Need(data, 1, length);
            text.AddRange(data.Slice(1, length));
            data = data[(1 + length)..];
        }

        return Encoding.UTF8.GetString([.. text]);
    }

    private static string[] U32s(ReadOnlySpan<byte> data)
    {
        string[] numbers = new string[data.Length / 4];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadUInt32BigEndian(data[(i * 4)..]).ToString(CultureInfo.InvariantCulture);
        }

        return numbers;
    }

    /// <summary>Reads a name. Pointers (section 4.1.4) lead backwards only, so that they end.</summary>
    private static string ReadName(ReadOnlySpan<byte> message, ref int at)
    {
        StringBuilder name = new();
        int position = at;
        int limit = at;
        bool hasJumped = false;
        while (true)
        {
            Need(message, position, 1);
            int length = message[position];
            if (length == 0)
            {
                at = hasJumped ? at : position + 1;
                return name.ToString();
            }

            if ((length & 0xC0) == 0xC0)
            {
                Need(message, position, 2);
                int target = U16(message, position) & 0x3FFF;
                at = hasJumped ? at : position + 2;
                if (target >= limit)
                {
                    throw new FormatException();
                }

                hasJumped = true;
                position = limit = target;
                continue;
            }

            Need(message, position + 1, length);
            if (length > 63 || name.Length + length + 1 > MaximumName)
            {
                throw new FormatException();
            }

            name.Append(name.Length == 0 ? "" : ".");
            foreach (byte c in message.Slice(position + 1, length))
            {
                // As in a zone file (section 5.1): what could be mistaken for something else is written as a number.
                name.Append(c is > 0x20 and < 0x7F and not ((byte)'.' or (byte)'\\') ? ((char)c).ToString() : string.Create(CultureInfo.InvariantCulture, $"\\{c:D3}"));
            }

            position += 1 + length;
        }
    }

    private static ushort U16(ReadOnlySpan<byte> data, int at)
    {
        Need(data, at, 2);
        return BinaryPrimitives.ReadUInt16BigEndian(data[at..]);
    }

    private static void Need(ReadOnlySpan<byte> data, int at, int count)
    {
        if (at < 0 || count > data.Length - at)
        {
            throw new FormatException();
        }
    }
}

/// <summary>What a name server answered.</summary>
/// <param name="Code">0 for an answer, 3 for a name that there is not, else a failure (RFC 1035, section 4.1.1).</param>
/// <param name="IsCut">Whether there is more than a datagram holds.</param>
/// <param name="Records">The records.</param>
internal sealed record DnsReply(int Code, bool IsCut, IReadOnlyList<DnsAnswer> Records);
