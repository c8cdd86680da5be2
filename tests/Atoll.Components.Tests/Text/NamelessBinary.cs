using System.Buffers.Binary;
using System.Text;

namespace Atoll.Components.Tests.Text;

/// <summary>A module or component without what two assemblers need not agree on.</summary>
internal static class NamelessBinary
{
    /// <summary>
    /// Leaves out the names of modules and, unless they are wanted, of components, also of what is nested, and writes element segments
    /// for table 0 in their short form even if the text names the table. Bytes that are no sections stay as they are.
    /// </summary>
    public static byte[] Of(ReadOnlySpan<byte> binary, bool keepsComponentNames = false)
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
            if (id == 0 && IsSection(content, isComponent ? "component-name" : "name") && !(isComponent && keepsComponentNames))
            {
                continue;
            }

            if (isComponent ? id is 1 or 4 : id == 9)
            {
                byte[] nested = isComponent ? Of(content, keepsComponentNames) : ShortElements(content) ?? content.ToArray();
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

    /// <summary>The element section with all its segments in the form 0; null when another form or an unusual offset is in it.</summary>
    private static byte[]? ShortElements(ReadOnlySpan<byte> content)
    {
        int position = 0;
        List<byte> output = [];
        bool isGood = TryLength(content, ref position, out int segments);
        AddLength(output, segments);
        for (; isGood && segments > 0; segments--)
        {
            isGood = TryLength(content, ref position, out int form)
                && (form == 0 || (form == 2 && TryLength(content, ref position, out int table) && table == 0));
            int offset = position;
            // The offset is a constant: an instruction, a number, and the end.
            isGood &= position < content.Length && content[position++] is 0x41 or 0x42;
            isGood &= TryLength(content, ref position, out _) && position < content.Length && content[position++] == 0x0b;
            output.Add(0);
            output.AddRange(isGood ? content[offset..position] : []);
            position += form == 2 ? 1 : 0;
            int list = position;
            isGood &= TryLength(content, ref position, out int count);
            for (; isGood && count > 0; count--)
            {
                isGood = TryLength(content, ref position, out _);
            }

            output.AddRange(isGood ? content[list..position] : []);
        }

        return isGood ? [.. output] : null;
    }

    private static bool IsSection(ReadOnlySpan<byte> content, string name)
    {
        int position = 0;
        return TryLength(content, ref position, out int length) && length <= content.Length - position
            && Encoding.UTF8.GetString(content.Slice(position, length)) == name;
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
