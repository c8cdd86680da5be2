namespace Atoll.Sdk;

/// <summary>How bindings are written.</summary>
public sealed record GuestBindingsOptions
{
    /// <summary>The usual.</summary>
    public static GuestBindingsOptions Default { get; } = new();

    /// <summary>What generated names and files begin with, in kebab case; the world's name if null.</summary>
    public string? Prefix { get; init; }

    /// <summary>Whether the code must do without a C library: it brings a small allocator then. Only for <see cref="GuestLanguage.C"/>.</summary>
    public bool IsFreestanding { get; init; }
}
