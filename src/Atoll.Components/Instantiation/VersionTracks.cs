using System.Collections.Immutable;
using System.Globalization;
using Atoll.Components.Types;

namespace Atoll.Components.Instantiation;

/// <summary>
/// Which definition serves an import of a compatible version, and which export somebody who knows a compatible version (Explainer.md, "Import and Export Definitions": canonical
/// versions). Versions that agree up to
/// their first number that is not zero are compatible; 0.0.x and versions before a release are so with themselves only.
/// </summary>
internal sealed class VersionTracks
{
    private readonly Dictionary<string, (string Name, uint Minor, uint Patch)> _newest = new(StringComparer.Ordinal);

    /// <summary>Takes up the name of a definition; a name without a version has no track.</summary>
    public void Add(string name)
    {
        if (TrackOf(name, out uint minor, out uint patch) is { } track
            && (!_newest.TryGetValue(track, out var known) || (known.Minor, known.Patch).CompareTo((minor, patch)) < 0))
        {
            _newest[track] = (name, minor, patch);
        }
    }

    /// <summary>The newest definition that is compatible with a name, or null.</summary>
    public string? Find(string name) => TrackOf(name, out _, out _) is { } track && _newest.TryGetValue(track, out var known) ? known.Name : null;

    /// <summary>The item of a name, or else the newest that is compatible with it; null without either.</summary>
    public static ComponentItem? Find(ImmutableArray<ComponentItem> items, string name)
    {
        if (items.FirstOrDefault(item => item.Name == name) is { } exact)
        {
            return exact;
        }

        if (!name.Contains('@', StringComparison.Ordinal))
        {
            return null;
        }

        VersionTracks tracks = new();
        foreach (ComponentItem item in items)
        {
            tracks.Add(item.Name);
        }

        return tracks.Find(name) is { } found ? items.First(item => item.Name == found) : null;
    }

    /// <summary>Whether a definition of one name serves an import of the other.</summary>
    public static bool AreCompatible(string name, string other) => TrackOf(name, out _, out _) is { } track && track == TrackOf(other, out _, out _);

    /// <summary><c>a:b/c@0.2</c> for <c>a:b/c@0.2.7</c> and for itself; null for names that only they themselves are compatible with.</summary>
    private static string? TrackOf(string name, out uint minor, out uint patch)
    {
        (minor, patch) = (0, 0);
        int at = name.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        ReadOnlySpan<char> version = name.AsSpan(at + 1);
        int build = version.IndexOf('+');
        version = build < 0 ? version : version[..build];
        Span<Range> parts = stackalloc Range[4];
        int count = version.Split(parts, '.');
        if (count > 3 || !Number(version[parts[0]], out uint major) || (count > 1 && !Number(version[parts[1]], out minor)) || (count > 2 && !Number(version[parts[2]], out patch)))
        {
            return null;
        }

        return major != 0 ? $"{name.AsSpan(0, at)}@{major}" : count > 1 && minor != 0 ? $"{name.AsSpan(0, at)}@0.{minor}" : null;
    }

    private static bool Number(ReadOnlySpan<char> text, out uint value) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
