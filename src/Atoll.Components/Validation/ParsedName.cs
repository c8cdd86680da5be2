using System.Buffers;
using Atoll.Components.Types;

namespace Atoll.Components.Validation;

internal enum NameKind
{
    Label,
    Constructor,
    Method,
    Static,
    Interface,
    Dependency,
    Url,
    Hash,
}

/// <summary>A name of an import or export, taken apart ("Explainer", "Import and Export Definitions").</summary>
/// <param name="Kind">Which form it has.</param>
/// <param name="Resource">The resource of an annotated name; of other names the name itself.</param>
/// <param name="Member">The function of a resource, for methods and static functions.</param>
internal sealed record ParsedName(NameKind Kind, string Resource, string Member = "")
{
    /// <summary>The canonical version of an interface name, which is not a whole one; or null.</summary>
    public string? CanonicalVersion { get; init; }

    /// <summary>Names that are not strongly unique have the same key: case does not count, nor do most annotations.</summary>
    public string UniqueKey => Kind switch
    {
        NameKind.Constructor => "[constructor]" + Resource.ToLowerInvariant(),
        NameKind.Method or NameKind.Static => Resource == Member ? Resource.ToLowerInvariant() : $"{Resource}.{Member}".ToLowerInvariant(),
        NameKind.Label => Resource.ToLowerInvariant(),
        _ => Resource,
    };

    /// <summary>Takes a name apart.</summary>
    /// <exception cref="FormatException">It has none of the forms; the message says why.</exception>
    public static ParsedName Parse(string name, ComponentFeatures features) => new NameParser(name, features).Parse();

    /// <summary>Words of one case each, joined by hyphens; the first starts with a letter.</summary>
    public static bool IsKebab(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetter(text[0]))
        {
            return false;
        }

        while (true)
        {
            int hyphen = text.IndexOf('-');
            ReadOnlySpan<char> word = hyphen < 0 ? text : text[..hyphen];
            if (word.IsEmpty || (word.ContainsAnyExcept(LowerWord) && word.ContainsAnyExcept(UpperWord)))
            {
                return false;
            }

            if (hyphen < 0)
            {
                return true;
            }

            text = text[(hyphen + 1)..];
        }
    }

    private static readonly SearchValues<char> LowerWord = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");
    private static readonly SearchValues<char> UpperWord = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
}
