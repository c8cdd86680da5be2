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

        bool isLower = true, isUpper = true;
        char last = '-';
        foreach (char c in text)
        {
            if (c == '-')
            {
                if (last == '-')
                {
                    return false;
                }

                isLower = isUpper = true;
            }
            else
            {
                isLower &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
                isUpper &= char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c);
                if (!isLower && !isUpper)
                {
                    return false;
                }
            }

            last = c;
        }

        return last != '-';
    }
}
