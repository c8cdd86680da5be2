using System.Globalization;

namespace Atoll.Wit;

/// <summary>A version as semver.org 2.0 defines it: <c>major.minor.patch</c>, then pre-release and build parts.</summary>
public sealed class WitVersion : IEquatable<WitVersion>, IComparable<WitVersion>
{
    private WitVersion(ulong major, ulong minor, ulong patch, string preRelease, string build)
    {
        Major = major;
        Minor = minor;
        Patch = patch;
        PreRelease = preRelease;
        Build = build;
    }

    /// <summary>Raised by changes that break users.</summary>
    public ulong Major { get; }

    /// <summary>Raised by additions; in <c>0.x</c> by changes that break users.</summary>
    public ulong Minor { get; }

    /// <summary>Raised by repairs.</summary>
    public ulong Patch { get; }

    /// <summary>Identifiers after <c>-</c>, joined by full stops; empty for a release.</summary>
    public string PreRelease { get; }

    /// <summary>Identifiers after <c>+</c>; empty mostly. It has no part in precedence.</summary>
    public string Build { get; }

    /// <summary>
    /// What stays the same between versions that are compatible (Explainer.md, "canonical interface names"): <c>1</c>, <c>0.2</c>, <c>0.0.3</c>,
    /// or the whole version of a pre-release. A component that imports one version is served by another of the same track.
    /// </summary>
    public string Track => PreRelease.Length > 0 ? ToString()
        : Major > 0 ? Number(Major)
        : Minor > 0 ? "0." + Number(Minor)
        : "0.0." + Number(Patch);

    /// <summary>Reads a version.</summary>
    /// <param name="text">For example <c>0.2.3</c> or <c>1.0.0-rc.1+linux</c>.</param>
    /// <param name="version">The version, or null.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out WitVersion? version)
    {
        version = null;
        int plus = text.IndexOf('+');
        string build = plus < 0 ? "" : text.Substring(plus + 1);
        string rest = plus < 0 ? text : text.Substring(0, plus);
        int minus = rest.IndexOf('-');
        string preRelease = minus < 0 ? "" : rest.Substring(minus + 1);
        string[] numbers = (minus < 0 ? rest : rest.Substring(0, minus)).Split('.');
        if (numbers.Length != 3
            || !TryNumber(numbers[0], out ulong major) || !TryNumber(numbers[1], out ulong minor) || !TryNumber(numbers[2], out ulong patch)
            || (minus >= 0 && !preRelease.Split('.').All(part => IsIdentifier(part) && !HasLeadingZero(part)))
            || (plus >= 0 && !build.Split('.').All(IsIdentifier)))
        {
            return false;
        }

        version = new WitVersion(major, minor, patch, preRelease, build);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(WitVersion? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as WitVersion);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    /// <summary>Precedence (semver.org 2.0, §11); versions that differ in <see cref="Build"/> only are ordered by it as text.</summary>
    public int CompareTo(WitVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        int order = Major.CompareTo(other.Major);
        order = order != 0 ? order : Minor.CompareTo(other.Minor);
        order = order != 0 ? order : Patch.CompareTo(other.Patch);
        order = order != 0 ? order : ComparePreReleases(PreRelease, other.PreRelease);
        return order != 0 ? order : string.CompareOrdinal(Build, other.Build);
    }

    /// <summary>The version as it is written.</summary>
    public override string ToString() =>
        Number(Major) + "." + Number(Minor) + "." + Number(Patch) + (PreRelease.Length > 0 ? "-" + PreRelease : "") + (Build.Length > 0 ? "+" + Build : "");

    private static int ComparePreReleases(string left, string right)
    {
        if (left.Length == 0 || right.Length == 0)
        {
            return right.Length.CompareTo(left.Length);
        }

        string[] lefts = left.Split('.');
        string[] rights = right.Split('.');
        for (int i = 0; i < Math.Min(lefts.Length, rights.Length); i++)
        {
            bool leftIsNumber = TryNumber(lefts[i], out ulong leftNumber);
            bool rightIsNumber = TryNumber(rights[i], out ulong rightNumber);
            int order = leftIsNumber && rightIsNumber ? leftNumber.CompareTo(rightNumber)
                : leftIsNumber != rightIsNumber ? (leftIsNumber ? -1 : 1)
                : string.CompareOrdinal(lefts[i], rights[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return lefts.Length.CompareTo(rights.Length);
    }

    private static bool TryNumber(string text, out ulong number)
    {
        number = 0;
        return text.Length > 0 && !HasLeadingZero(text) && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static bool HasLeadingZero(string text) => text.Length > 1 && text[0] == '0' && text.All(c => c is >= '0' and <= '9');

    private static bool IsIdentifier(string text) =>
        text.Length > 0 && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or '-');

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
