using System.Text;

namespace Atoll.Cli.Inspection;

/// <summary>A core module within a component.</summary>
/// <param name="Name">The name that it gives itself, if it does.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Depth">How many components it is nested in, beyond the outermost.</param>
internal sealed record CoreModulePart(string? Name, int Bytes, int Depth);

/// <summary>Walks over a component that has been validated ("Binary Format"): its core modules, and which tools made it.</summary>
internal sealed class ComponentSections
{
    private const int MaxProducers = 64;
    private readonly SortedSet<string> _producers = new(StringComparer.Ordinal);
    private readonly List<CoreModulePart> _modules = [];

    public IReadOnlyList<CoreModulePart> Modules => _modules;

    /// <summary>Languages and tools, as <c>language: C11</c>, <c>processed-by: clang 19</c>. Whoever made the binary wrote them.</summary>
    public IReadOnlyCollection<string> Producers => _producers;

    public static ComponentSections Read(ReadOnlySpan<byte> binary)
    {
        ComponentSections found = new();
        found.Component(binary, 0);
        return found;
    }

    // The validator limits how deep components nest.
    private void Component(ReadOnlySpan<byte> binary, int depth)
    {
        int position = 8;
        while (TrySection(binary, ref position, out int id, out ReadOnlySpan<byte> content))
        {
            if (id == 1)
            {
                _modules.Add(new CoreModulePart(Module(content), content.Length, depth));
            }
            else if (id == 4)
            {
                Component(content, depth + 1);
            }
            else if (id == 0)
            {
                Custom(content, out _);
            }
        }
    }

    private string? Module(ReadOnlySpan<byte> binary)
    {
        string? name = null;
        int position = 8;
        while (TrySection(binary, ref position, out int id, out ReadOnlySpan<byte> content))
        {
            if (id == 0)
            {
                Custom(content, out string? own);
                name ??= own;
            }
        }

        return name;
    }

    private void Custom(ReadOnlySpan<byte> content, out string? moduleName)
    {
        moduleName = null;
        int position = 0;
        switch (Text(content, ref position))
        {
            case "name" when position < content.Length && content[position] == 0:
                position++;
                _ = TryLength(content, ref position, out _);
                moduleName = Text(content, ref position);
                break;
            case "producers":
                Fields(content[position..]);
                break;
        }
    }

    /// <summary>"Producers Section" of the tool conventions: fields, each with names and versions.</summary>
    private void Fields(ReadOnlySpan<byte> content)
    {
        int position = 0;
        _ = TryLength(content, ref position, out int fields);
        for (int i = 0; i < fields && Text(content, ref position) is { } field; i++)
        {
            _ = TryLength(content, ref position, out int values);
            for (int k = 0; k < values && Text(content, ref position) is { } name && Text(content, ref position) is { } version && _producers.Count < MaxProducers; k++)
            {
                _producers.Add($"{field}: {name} {version}".TrimEnd());
            }
        }
    }

    private static bool TrySection(ReadOnlySpan<byte> binary, ref int position, out int id, out ReadOnlySpan<byte> content)
    {
        id = 0;
        content = default;
        if (position >= binary.Length)
        {
            return false;
        }

        id = binary[position++];
        if (!TryLength(binary, ref position, out int length) || length > binary.Length - position)
        {
            return false;
        }

        content = binary.Slice(position, length);
        position += length;
        return true;
    }

    /// <summary>A text of a custom section, which nobody has validated: null where there is none; fit for a terminal.</summary>
    private static string? Text(ReadOnlySpan<byte> bytes, ref int position)
    {
        if (!TryLength(bytes, ref position, out int length) || length > bytes.Length - position)
        {
            return null;
        }

        string text = Encoding.UTF8.GetString(bytes.Slice(position, Math.Min(length, 200)));
        position += length;
        return string.Concat(text.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format ? '?' : c));
    }

    private static bool TryLength(ReadOnlySpan<byte> bytes, ref int position, out int value)
    {
        uint bits = 0;
        value = 0;
        for (int shift = 0; shift < 35 && position < bytes.Length; shift += 7)
        {
            byte part = bytes[position++];
            bits |= (uint)(part & 0x7F) << shift;
            if ((part & 0x80) == 0)
            {
                value = (int)bits;
                return value >= 0;
            }
        }

        return false;
    }
}
