using Atoll.Components;
using Atoll.Sdk.Toml;

namespace Atoll.Sdk.Manifests;

/// <summary>A value of the manifest with the place where it stands.</summary>
internal readonly record struct Placed<T>(T Value, TextSpan Span);

/// <summary>What <c>Component.toml</c> says of a component.</summary>
internal sealed record ComponentManifest
{
    public const string FileName = "Component.toml";

    public required SourceText Source { get; init; }

    public required Placed<string> Name { get; init; }

    public required string Version { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<string> Authors { get; init; } = [];

    public string? Licence { get; init; }

    public Placed<string>? World { get; init; }

    public required BuildSettings Build { get; init; }

    public IReadOnlyList<DeclaredTool> Tools { get; init; } = [];

    public IReadOnlyList<WantedCapability> Capabilities { get; init; } = [];

    public WantedLimits Limits { get; init; } = new(null, null, null);

    public IReadOnlyList<Setting> Configuration { get; init; } = [];

    /// <summary>Reads and checks a manifest by itself: its keys and their values, not whether world and binary fit.</summary>
    /// <exception cref="DiagnosticException">It is not TOML, or says what it cannot; all errors are in it.</exception>
    public static ComponentManifest Read(string path, ReadOnlySpan<byte> utf8) => ManifestReader.Read(TomlDocument.Read(path, utf8));
}

/// <summary>How a component is built.</summary>
/// <param name="Language">What it is written in.</param>
/// <param name="Sources">Its files; empty for those of the language's custom.</param>
/// <param name="ForSize">Whether it should be small rather than fast.</param>
internal sealed record BuildSettings(Placed<string> Language, IReadOnlyList<Placed<string>> Sources, bool ForSize);

/// <summary>A function that is offered as a tool.</summary>
internal sealed record DeclaredTool(Placed<string> Name, Placed<string> Function, string? Description, bool PerSession, bool IsIdempotent);

/// <summary>A capability, and why the component wants it.</summary>
internal sealed record WantedCapability(Capability Capability, string Reason, TextSpan Span);

/// <summary>What one call needs at most; null for what the host allows.</summary>
internal sealed record WantedLimits(long? MemoryBytes, TimeSpan? Time, long? Fuel);

/// <summary>A setting that the component reads.</summary>
internal sealed record Setting(Placed<string> Key, string Type, string? Description, string? Default, bool IsRequired, bool IsSecret);
