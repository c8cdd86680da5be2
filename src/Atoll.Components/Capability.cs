using System.Diagnostics.CodeAnalysis;

namespace Atoll.Components;

/// <summary>
/// A permission, in the one grammar that names every permission: <c>area:action:pattern</c>, for example <c>fs:read:/data/**</c>,
/// <c>env:read:LANG</c>, <c>net:connect:*.example.org:443</c>. In a pattern <c>*</c> stands for any text within one segment and <c>**</c> for any
/// text at all; segments are divided by <c>/</c>, in <c>net</c> by <c>.</c>.
/// </summary>
/// <remarks>
/// Immutable and thread-safe; equal when the strings are equal. Upper and lower case differ, except in <c>net</c>, whose names are made lower case.
/// Patterns of <c>fs</c> are absolute paths without <c>.</c>, <c>..</c> and empty segments, or <c>**</c> alone: what could be read in two ways is
/// refused, so that a check of the text is a check of the path.
/// </remarks>
public sealed record Capability
{
    /// <summary>Longest capability string, in characters.</summary>
    public const int MaximumLength = 4096;

    private const int MaximumStars = 16;

    private readonly CapabilityPattern _matcher;

    private Capability(string area, string action, string pattern)
    {
        Area = area;
        Action = action;
        Pattern = pattern;
        _matcher = new CapabilityPattern(pattern, area == "net" ? '.' : '/');
    }

    /// <summary>What is reached: <c>fs</c>, <c>env</c>, <c>clock</c>, <c>random</c>, <c>stdio</c>, <c>net</c>, <c>kv</c>, <c>msg</c> and the like.</summary>
    public string Area { get; }

    /// <summary>What is done with it: <c>read</c>, <c>write</c>, <c>connect</c> and the like.</summary>
    public string Action { get; }

    /// <summary>Which of it: a path, a name, a host.</summary>
    public string Pattern { get; }

    /// <summary>Makes a capability of its parts.</summary>
    /// <param name="area">Lower-case letters, digits and dashes.</param>
    /// <param name="action">Lower-case letters, digits and dashes.</param>
    /// <param name="pattern">Any text without control characters.</param>
    /// <exception cref="FormatException">A part is not of its form.</exception>
    public static Capability Of(string area, string action, string pattern) => Parse($"{area}:{action}:{pattern}");

    /// <summary>Reads a capability string.</summary>
    /// <param name="text">The string.</param>
    /// <exception cref="FormatException">It is not of the grammar; the message says what to write instead.</exception>
    public static Capability Parse(string text) =>
        TryParse(text, out Capability? capability, out string? error) ? capability : throw new FormatException(error);

    /// <summary>Reads a capability string.</summary>
    /// <param name="text">The string.</param>
    /// <param name="capability">The capability.</param>
    /// <param name="error">What is wrong and what to write instead.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out Capability? capability, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        capability = null;
        if (text.Length > MaximumLength)
        {
            error = $"the capability has {text.Length} characters; {MaximumLength} are allowed";
            return false;
        }

        string[] parts = text.Split(':', 3);
        if (parts.Length != 3 || !IsWord(parts[0]) || !IsWord(parts[1]) || parts[2].Length == 0)
        {
            error = $"'{Shorten(text)}' is no capability; write area:action:pattern, for example fs:read:/data/**";
            return false;
        }

        if (parts[2].Any(char.IsControl) || parts[2].Count(c => c == '*') > MaximumStars)
        {
            error = $"the pattern of '{Shorten(text)}' has control characters or more than {MaximumStars} stars";
            return false;
        }

        if (parts[0] == "fs" && !IsPath(parts[2]))
        {
            error = $"the pattern of '{Shorten(text)}' is no path; write an absolute path with '/' and without '.', '..' and empty segments, for example fs:read:/data/**";
            return false;
        }

        error = null;
        capability = new Capability(parts[0], parts[1], parts[0] == "net" ? parts[2].ToLowerInvariant() : parts[2]);
        return true;
    }

    /// <summary>
    /// Whether whoever holds this holds <paramref name="other"/> too. Sound, not complete: a pattern covers another when it matches the other's text
    /// with stars taken as ordinary characters, where only <c>**</c> matches a <c>**</c>.
    /// </summary>
    /// <param name="other">The capability that is asked for.</param>
    public bool Covers(Capability other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Area == other.Area && Action == other.Action && _matcher.Covers(other.Pattern);
    }

    /// <summary>The capability string.</summary>
    public override string ToString() => $"{Area}:{Action}:{Pattern}";

    /// <summary>Equal when the strings are equal.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(Capability? other) => other is not null && Area == other.Area && Action == other.Action && Pattern == other.Pattern;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Area, Action, Pattern);

    private static bool IsPath(string pattern) =>
        pattern is "**" or "/"
        || (pattern[0] == '/' && !pattern.Contains('\\') && pattern.Split('/').Skip(1).All(segment => segment is not ("" or "." or "..")));

    private static bool IsWord(string text) => text.Length is > 0 and <= 32 && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "…";
}
