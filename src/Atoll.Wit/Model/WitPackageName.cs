namespace Atoll.Wit;

/// <summary>The name of a package: <c>namespace:name@version</c> (WIT.md, "Package Names").</summary>
public sealed class WitPackageName : IEquatable<WitPackageName>
{
    internal WitPackageName(string @namespace, string name, WitVersion? version)
    {
        Namespace = @namespace;
        Name = name;
        Version = version;
    }

    /// <summary>Who the package is of, for example <c>wasi</c>.</summary>
    public string Namespace { get; }

    /// <summary>The package in its namespace, for example <c>clocks</c>.</summary>
    public string Name { get; }

    /// <summary>The version, where one is written.</summary>
    public WitVersion? Version { get; }

    /// <summary>The name of an interface or world of this package, as components import and export it: <c>wasi:clocks/wall-clock@0.2.3</c>.</summary>
    /// <param name="item">Name of the interface or world.</param>
    public string Qualify(string item) => $"{Namespace}:{Name}/{item}{(Version is null ? "" : "@" + Version)}";

    /// <inheritdoc/>
    public bool Equals(WitPackageName? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as WitPackageName);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    /// <summary>The name as it is written.</summary>
    public override string ToString() => $"{Namespace}:{Name}{(Version is null ? "" : "@" + Version)}";
}
