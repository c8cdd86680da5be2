using System.Buffers.Binary;
using System.Text;

namespace Atoll.Components.Tests.Text;

/// <summary>A module or component without its names, which two assemblers need not agree on.</summary>
internal static class NamelessBinary
{
    /// <summary>Leaves out the name sections, also those of what is nested. Bytes that are no sections stay as they are.</summary>
    public static byte[] Of(ReadOnlySpan<byte> binary)
    {
        if (binary.Length < 8)
        {
            return binary.ToArray();
        }

        bool isComponent = BinaryPrimitives.ReadUInt16LittleEndian(binary[6..]) == 1;
        List<byte> output = [.. binary[..8]];
        int position = 8;
        while (position < binary.Length)
        {
            int start = position;
            byte id = binary[position++];
            if (!TryLength(binary, ref position, out int length) || length > binary.Length - position)
            {
                output.AddRange(binary[start..]);
                break;
            }

            ReadOnlySpan<byte> content = binary.Slice(position, length);
            position += length;
            if (id == 0 && IsNames(content))
            {
                continue;
            }

            if (isComponent && id is 1 or 4)
            {
                byte[] nested = Of(content);
                output.Add(id);
                AddLength(output, nested.Length);
                output.AddRange(nested);
            }
            else
            {
                output.AddRange(binary[start..position]);
            }
        }

        return [.. output];
    }

    private static bool IsNames(ReadOnlySpan<byte> content)
    {
        int position = 0;
        return TryLength(content, ref position, out int length) && length <= content.Length - position
            && Encoding.UTF8.GetString(content.Slice(position, length)) is "name" or "component-name";
    }

    private static bool TryLength(ReadOnlySpan<byte> bytes, ref int position, out int length)
    {
        ulong value = 0;
        for (int shift = 0; shift < 35 && position < bytes.Length; shift += 7)
        {
            byte b = bytes[position++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                length = (int)Math.Min(value, int.MaxValue);
                return true;
            }
        }

        length = 0;
        return false;
    }

    private static void AddLength(List<byte> output, int length)
    {
        uint value = (uint)length;
        for (; value >= 0x80; value >>= 7)
        {
            output.Add((byte)(value | 0x80));
        }

        output.Add((byte)value);
    }
}
