using Atoll.Wit.Syntax;

namespace Atoll.Wit.Resolution;

/// <summary>A package while it is resolved: its texts, and the interfaces and worlds that they declare.</summary>
internal sealed class PackageEntry(WitPackage package)
{
    public WitPackage Package { get; } = package;

    public List<ScopeEntry> Scopes { get; } = [];

    public Dictionary<string, ItemEntry> Items { get; } = new(StringComparer.Ordinal);
}

/// <summary>One text of a package: what its <c>use</c>s at the top bring into view.</summary>
internal sealed class ScopeEntry(ScopeSyntax syntax, PackageEntry package)
{
    public ScopeSyntax Syntax { get; } = syntax;

    public PackageEntry Package { get; } = package;

    public Dictionary<string, FileUseSyntax> Uses { get; } = new(StringComparer.Ordinal);
}

/// <summary>An interface or a world while it is resolved.</summary>
internal sealed class ItemEntry(ItemSyntax syntax, WitItemOwner owner, ScopeEntry scope)
{
    public ItemSyntax Syntax { get; } = syntax;

    public WitItemOwner Owner { get; } = owner;

    public ScopeEntry Scope { get; } = scope;

    public NameSyntax Name => Syntax is InterfaceSyntax @interface ? @interface.Name : ((WorldSyntax)Syntax).Name;
}
