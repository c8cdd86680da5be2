namespace Atoll.Wit;

/// <summary>What is said about an item beside its meaning: documentation and feature gates (WIT.md, "Feature Gates").</summary>
public sealed class WitAnnotations
{
    internal static readonly WitAnnotations None = new(null, null, null, null, null);

    internal WitAnnotations(string? docs, WitVersion? since, string? unstable, WitVersion? deprecated, string? externalId)
    {
        Docs = docs;
        Since = since;
        Unstable = unstable;
        Deprecated = deprecated;
        ExternalId = externalId;
    }

    /// <summary>Documentation, lines joined by line feeds, without comment markers.</summary>
    public string? Docs { get; }

    /// <summary>The version of the package that brought it.</summary>
    public WitVersion? Since { get; }

    /// <summary>The feature that has to be switched on before it may be used.</summary>
    public string? Unstable { get; }

    /// <summary>The version of the package from which on it should not be used.</summary>
    public WitVersion? Deprecated { get; }

    /// <summary>A name for the world outside that need not be in kebab case (<c>@external-id</c>).</summary>
    public string? ExternalId { get; }
}
