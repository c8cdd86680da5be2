namespace Atoll.Components;

/// <summary>
/// A pattern of a capability, taken apart once: plain text, a folder with all below it, or the general case. One star stays between two separators: the
/// segments of a path, the labels of a host's name.
/// </summary>
internal sealed class CapabilityPattern
{
    private const int MostOnStack = 512;

    private readonly string _pattern;
    private readonly string? _folder;
    private readonly bool _isPlain;
    private readonly char _separator;

    public CapabilityPattern(string pattern, char separator)
    {
        _pattern = pattern;
        _separator = separator;
        _isPlain = !pattern.Contains('*');
        _folder = separator == '/' && pattern.EndsWith("/**", StringComparison.Ordinal) ? pattern[..^3] : null;
    }

    /// <summary>
    /// Whether everything that <paramref name="text"/> stands for is covered. Stars in the text are characters that only stars match, and only
    /// <c>**</c> matches a <c>**</c>.
    /// </summary>
    public bool Covers(string text)
    {
        if (_isPlain)
        {
            return text == _pattern;
        }

        if (_folder is { } folder && !folder.Contains('*'))
        {
            // "/data/**" stands for the folder itself too.
            return text.StartsWith(folder, StringComparison.Ordinal) && (text.Length == folder.Length || text[folder.Length] == '/');
        }

        return (_folder is not null && Matches(_folder, text)) || Matches(_pattern, text);
    }

    /// <summary>All ways to read the pattern at once: O(pattern × text) at worst, whatever the stars.</summary>
    private bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        // reachable[j]: the pattern read so far can match text[..j].
        Span<bool> reachable = text.Length < MostOnStack ? stackalloc bool[MostOnStack] : new bool[text.Length + 1];
        reachable = reachable[..(text.Length + 1)];
        reachable.Clear();
        reachable[0] = true;
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] != '*')
            {
                for (int j = text.Length; j >= 1; j--)
                {
                    reachable[j] = reachable[j - 1] && text[j - 1] == pattern[i];
                }

                reachable[0] = false;
                continue;
            }

            bool deep = i + 1 < pattern.Length && pattern[i + 1] == '*';
            for (int j = 1; j <= text.Length; j++)
            {
                reachable[j] |= reachable[j - 1] && (deep || (text[j - 1] != _separator && !IsDeepStar(text, j - 1)));
            }

            i += deep ? 1 : 0;
        }

        return reachable[^1];
    }

    private static bool IsDeepStar(ReadOnlySpan<char> text, int at) =>
        text[at] == '*' && ((at > 0 && text[at - 1] == '*') || (at + 1 < text.Length && text[at + 1] == '*'));
}
