namespace Atoll.Wit;

/// <summary>How WIT is resolved.</summary>
public sealed record WitOptions
{
    /// <summary>No unstable feature is on.</summary>
    public static readonly WitOptions Default = new();

    /// <summary>Features whose <c>@unstable</c> items are part of the result.</summary>
    /// <value>None by default.</value>
    public IReadOnlyCollection<string> Features { get; init; } = [];

    /// <summary>Whether all <c>@unstable</c> items are part of the result.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool AllFeatures { get; init; }
}
