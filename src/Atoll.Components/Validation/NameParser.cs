using System.Buffers;
using Atoll.Components.Types;

namespace Atoll.Components.Validation;

/// <summary>The grammar of names ("Explainer", "Import and Export Definitions": <c>importname</c> and <c>exportname</c>).</summary>
internal sealed class NameParser(string name, ComponentFeatures features)
{
    private static readonly string[] HashAlgorithms = ["sha256", "sha384", "sha512"];
    private static readonly SearchValues<char> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    private int _position;

    private ReadOnlySpan<char> Rest => name.AsSpan(_position);

    public ParsedName Parse()
    {
        if (Take("[constructor]"))
        {
            return new ParsedName(NameKind.Constructor, Kebab(Rest));
        }

        if (Take("[method]"))
        {
            return Member(NameKind.Method);
        }

        if (Take("[static]"))
        {
            return Member(NameKind.Static);
        }

        if (Take("unlocked-dep="))
        {
            return Dependency(isLocked: false);
        }

        if (Take("locked-dep="))
        {
            return Dependency(isLocked: true);
        }

        if (Take("url="))
        {
            return Url();
        }

        if (Take("integrity="))
        {
            Integrity();
            return Finish(NameKind.Hash);
        }

        return name.Contains(':', StringComparison.Ordinal) ? Interface() : new ParsedName(NameKind.Label, Kebab(name));
    }

    /// <summary>Whether a text is a version as <c>semver.org</c> defines it.</summary>
    public static bool IsVersion(ReadOnlySpan<char> text)
    {
        int plus = text.IndexOf('+');
        if (plus >= 0)
        {
            if (!AreIdentifiers(text[(plus + 1)..], allowLeadingZeros: true))
            {
                return false;
            }

            text = text[..plus];
        }

        int hyphen = text.IndexOf('-');
        if (hyphen >= 0)
        {
            if (!AreIdentifiers(text[(hyphen + 1)..], allowLeadingZeros: false))
            {
                return false;
            }

            text = text[..hyphen];
        }

        int numbers = 0;
        foreach (Range part in text.Split('.'))
        {
            numbers++;
            if (!IsNumber(text[part]))
            {
                return false;
            }
        }

        return numbers == 3;
    }

    private static bool AreIdentifiers(ReadOnlySpan<char> text, bool allowLeadingZeros)
    {
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> part = text[range];
            bool isNumber = !part.ContainsAnyExceptInRange('0', '9');
            if (part.IsEmpty || (isNumber && !allowLeadingZeros && !IsNumber(part)))
            {
                return false;
            }

            foreach (char c in part)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool IsNumber(ReadOnlySpan<char> text) =>
        !text.IsEmpty && text.Length < 20 && !text.ContainsAnyExceptInRange('0', '9') && (text.Length == 1 || text[0] != '0');

    /// <summary>Versions that agree up to their first number that is not zero are compatible; this form names them all.</summary>
    private static bool IsCanonicalVersion(ReadOnlySpan<char> text)
    {
        int zeros = 0;
        while (zeros < 2 && text.StartsWith("0."))
        {
            text = text[2..];
            zeros++;
        }

        return IsNumber(text) && text is not "0";
    }

    private ParsedName Member(NameKind kind)
    {
        int dot = Rest.IndexOf('.');
        if (dot < 0)
        {
            throw new FormatException($"failed to find `.` character in `{name}`");
        }

        return new ParsedName(kind, Kebab(Rest[..dot]), Kebab(Rest[(dot + 1)..]));
    }

    private ParsedName Interface()
    {
        PackagePath(requireProjection: true);
        string? canonical = null;
        if (Take("@"))
        {
            if (!IsVersion(Rest))
            {
                if ((features & ComponentFeatures.CanonicalNames) == 0 || !IsCanonicalVersion(Rest))
                {
                    throw new FormatException($"`{Rest}` is not a valid semver");
                }

                canonical = Rest.ToString();
            }
            else if (IsCanonicalVersion(Rest))
            {
                canonical = Rest.ToString();
            }

            _position = name.Length;
        }

        return Finish(NameKind.Interface) with { CanonicalVersion = canonical };
    }

    /// <summary>Namespaces, package, and projections.</summary>
    private void PackagePath(bool requireProjection)
    {
        bool mayNest = (features & ComponentFeatures.NestedNames) != 0;
        int namespaces = 0;
        while (true)
        {
            ReadOnlySpan<char> label = Until(":/@>");
            LowerKebab(label);
            if (!Take(":"))
            {
                break;
            }

            namespaces++;
            if (namespaces > 1 && !mayNest)
            {
                throw new FormatException("expected `/` after package name");
            }
        }

        if (namespaces == 0)
        {
            throw new FormatException($"expected `:` after the namespace in `{name}`");
        }

        int projections = 0;
        while (Take("/"))
        {
            projections++;
            if (projections > 1 && !mayNest)
            {
                throw new FormatException($"trailing characters found: `/{Rest}`");
            }

            Kebab(Until("/@>"));
        }

        if (projections == 0 && requireProjection)
        {
            throw new FormatException($"expected `/` after package name in `{name}`");
        }

        if (projections > 0 && !requireProjection && !mayNest)
        {
            throw new FormatException($"trailing characters found: `{Rest}`");
        }
    }

    private ParsedName Dependency(bool isLocked)
    {
        Expect("<");
        PackagePath(requireProjection: false);
        if (Take("@"))
        {
            if (isLocked)
            {
                Version(Until(">"));
            }
            else if (!Take("*"))
            {
                Expect("{");
                VersionRange();
                Expect("}");
            }
        }

        Expect(">");
        if (isLocked)
        {
            OptionalIntegrity();
        }

        return Finish(NameKind.Dependency);
    }

    private void VersionRange()
    {
        ReadOnlySpan<char> range = Until("}");
        if (range.StartsWith(">="))
        {
            int space = range.IndexOf(' ');
            Version(space < 0 ? range[2..] : range[2..space]);
            if (space < 0)
            {
                return;
            }

            range = range[(space + 1)..];
            if (!range.StartsWith("<"))
            {
                throw new FormatException("expected `<` after the lower version");
            }
        }
        else if (!range.StartsWith("<"))
        {
            throw new FormatException("expected `>=` or `<` at start of version range");
        }

        Version(range[1..]);
    }

    private static void Version(ReadOnlySpan<char> text)
    {
        if (!IsVersion(text))
        {
            throw new FormatException($"`{text}` is not a valid semver");
        }
    }

    private ParsedName Url()
    {
        Expect("<");
        ReadOnlySpan<char> url = Until(">");
        if (url.Contains('<'))
        {
            throw new FormatException("url cannot contain `<`");
        }

        if (Rest.IsEmpty)
        {
            throw new FormatException("failed to find `>`");
        }

        Expect(">");
        OptionalIntegrity();
        return Finish(NameKind.Url);
    }

    private void OptionalIntegrity()
    {
        if (Take(","))
        {
            Expect("integrity=");
            Integrity();
        }
    }

    /// <summary>Hashes as in subresource integrity: <c>sha256-…</c>, separated by spaces, each with options after a question mark.</summary>
    private void Integrity()
    {
        Expect("<");
        ReadOnlySpan<char> list = Until(">");
        bool any = false;
        foreach (Range range in list.Split(' '))
        {
            if (!list[range].IsEmpty)
            {
                Hash(list[range]);
                any = true;
            }
        }

        if (!any)
        {
            throw new FormatException("integrity hash cannot be empty");
        }

        Expect(">");
    }

    private static void Hash(ReadOnlySpan<char> text)
    {
        int hyphen = text.IndexOf('-');
        if (hyphen < 0)
        {
            throw new FormatException("expected `-` after hash algorithm");
        }

        if (!HashAlgorithms.Contains(text[..hyphen].ToString()))
        {
            throw new FormatException($"unrecognized hash algorithm `{text[..hyphen]}`");
        }

        ReadOnlySpan<char> value = text[(hyphen + 1)..];
        int options = value.IndexOf('?');
        value = options < 0 ? value : value[..options];
        ReadOnlySpan<char> digits = value.TrimEnd('=');
        if (digits.IsEmpty || value.Length - digits.Length > 2 || digits.ContainsAnyExcept(Base64))
        {
            throw new FormatException($"not valid base64: `{value}`");
        }
    }

    private ParsedName Finish(NameKind kind) =>
        Rest.IsEmpty ? new ParsedName(kind, name) : throw new FormatException($"trailing characters found: `{Rest}`");

    private bool Take(string text)
    {
        if (!Rest.StartsWith(text, StringComparison.Ordinal))
        {
            return false;
        }

        _position += text.Length;
        return true;
    }

    private void Expect(string text)
    {
        if (!Take(text))
        {
            throw new FormatException($"expected `{text}` at `{Rest}`");
        }
    }

    /// <summary>What comes before the first of some characters, or all that is left.</summary>
    private ReadOnlySpan<char> Until(string stops)
    {
        int end = Rest.IndexOfAny(stops);
        ReadOnlySpan<char> result = end < 0 ? Rest : Rest[..end];
        _position += result.Length;
        return result;
    }

    private static string Kebab(ReadOnlySpan<char> text) =>
        ParsedName.IsKebab(text) ? text.ToString() : throw new FormatException($"`{text}` is not in kebab case");

    private static void LowerKebab(ReadOnlySpan<char> text)
    {
        Kebab(text);
        foreach (char c in text)
        {
            if (char.IsAsciiLetterUpper(c))
            {
                throw new FormatException($"character `{c}` is not lowercase in package name/namespace");
            }
        }
    }
}
