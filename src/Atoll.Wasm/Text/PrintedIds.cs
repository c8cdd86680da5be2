using System.Globalization;

namespace Atoll.Wasm.Text;

/// <summary>The identifiers of one index space in a printed module.</summary>
/// <remarks>
/// A name becomes an identifier when it is short, not empty and the first of its kind; another has a number added (<c>$f#12</c>), or is no identifier at all.
/// Wherever the identifier does not say the name, <c>(@name "…")</c> does, so that no name is lost.
/// </remarks>
internal sealed class PrintedIds
{
    /// <summary>Longer names would make each of their uses long.</summary>
    private const int MaxLength = 400;

    private readonly Dictionary<int, string> _ids = [];
    private readonly Dictionary<int, string> _names = [];
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>Starts again with the names of another index space of <paramref name="count"/> indices.</summary>
    public PrintedIds Assign(List<(int Index, string Name)> names, int count)
    {
        _ids.Clear();
        _names.Clear();
        _taken.Clear();
        foreach ((int index, string name) in names)
        {
            if (index < count && IsUsable(name) && _taken.Add(name))
            {
                _ids[index] = name;
            }
        }

        foreach ((int index, string name) in names)
        {
            if (index >= count || _ids.ContainsKey(index))
            {
                continue;
            }

            _names[index] = name;
            string other = string.Create(CultureInfo.InvariantCulture, $"{name}#{index}");
            if (IsUsable(name) && _taken.Add(other))
            {
                _ids[index] = other;
            }
        }

        return this;
    }

    /// <summary>Whether the index has a name, be it an identifier or not.</summary>
    public bool HasName(int index) => _ids.ContainsKey(index) || _names.ContainsKey(index);

    /// <summary>Writes the identifier or the number.</summary>
    public void Use(TextOutput output, uint index)
    {
        if (index <= int.MaxValue && _ids.TryGetValue((int)index, out string? id))
        {
            WriteId(output, id);
        }
        else
        {
            output.Unsigned(index);
        }
    }

    /// <summary>Writes identifier and name, each with a space before it, where there are some.</summary>
    public void Define(TextOutput output, int index)
    {
        if (_ids.TryGetValue(index, out string? id))
        {
            output.Write(' ');
            WriteId(output, id);
        }

        if (_names.TryGetValue(index, out string? name))
        {
            WriteName(output, name);
        }
    }

    /// <summary>Writes a name that stands alone in its space, as a module's.</summary>
    public static void Define(TextOutput output, string name)
    {
        if (IsUsable(name))
        {
            output.Write(' ');
            WriteId(output, name);
        }
        else
        {
            WriteName(output, name);
        }
    }

    /// <summary>Whether <see cref="WriteId"/> can say the name.</summary>
    public static bool IsUsable(string name) => name.Length is > 0 and <= MaxLength;

    /// <summary>Writes the identifier that stands for a name, in quotation marks when it has other characters than identifiers have.</summary>
    public static void WriteId(TextOutput output, string name)
    {
        output.Write('$');
        foreach (char character in name)
        {
            if (!TextLexer.IsIdChar(character))
            {
                output.Name(name);
                return;
            }
        }

        output.Write(name);
    }

    private static void WriteName(TextOutput output, string name)
    {
        output.Write(" (@name ");
        output.Name(name);
        output.Write(')');
    }
}
