namespace Atoll.Wit.Syntax;

// What the parser saw, before any name is looked up. Every node keeps its place, so that a name that is not found is shown where it stands.

internal sealed record NameSyntax(string Text, WitSpan Span);

internal sealed record VersionSyntax(WitVersion Version, WitSpan Span);

/// <summary><c>id</c> (no namespace), or <c>ns:pkg/id@version</c>.</summary>
internal sealed record PathSyntax(WitPackageName? Package, NameSyntax Name, WitSpan Span);

internal sealed record GateSyntax(WitVersion? Since, string? Unstable, WitVersion? Deprecated, string? ExternalId, WitSpan Span);

/// <summary>What may stand before an item: documentation and gates.</summary>
internal sealed record HeadSyntax(string? Docs, GateSyntax Gate);

internal abstract record TypeSyntax(WitSpan Span);

internal sealed record PrimitiveTypeSyntax(WitPrimitiveKind Kind, WitSpan Span) : TypeSyntax(Span);

internal sealed record NamedTypeSyntax(NameSyntax Name, bool IsBorrow, bool IsOwn, WitSpan Span) : TypeSyntax(Span);

/// <summary>A built-in type with arguments; an argument is null where <c>_</c> stands or nothing does.</summary>
internal sealed record GenericTypeSyntax(string Keyword, IReadOnlyList<TypeSyntax?> Arguments, int? Length, WitSpan Span) : TypeSyntax(Span);

internal abstract record ItemSyntax(HeadSyntax Head, WitSpan Span);

internal sealed record UseItemSyntax(HeadSyntax Head, PathSyntax Path, IReadOnlyList<(NameSyntax Name, NameSyntax? Alias)> Names, WitSpan Span)
    : ItemSyntax(Head, Span);

/// <summary>One field of a record, case of a variant or enum, or flag.</summary>
internal sealed record MemberSyntax(string? Docs, NameSyntax Name, TypeSyntax? Type);

internal abstract record TypeItemSyntax(HeadSyntax Head, NameSyntax Name) : ItemSyntax(Head, Name.Span);

internal sealed record AliasSyntax(HeadSyntax Head, NameSyntax Name, TypeSyntax Type) : TypeItemSyntax(Head, Name);

/// <summary>A record, variant, enum or flags.</summary>
internal sealed record MembersSyntax(HeadSyntax Head, NameSyntax Name, string Keyword, IReadOnlyList<MemberSyntax> Members) : TypeItemSyntax(Head, Name);

internal sealed record ResourceSyntax(HeadSyntax Head, NameSyntax Name, IReadOnlyList<FunctionSyntax> Functions) : TypeItemSyntax(Head, Name);

internal sealed record FunctionSyntax(
    HeadSyntax Head, NameSyntax Name, WitFunctionKind Kind, bool IsAsync, IReadOnlyList<(NameSyntax Name, TypeSyntax Type)> Parameters, TypeSyntax? Result)
    : ItemSyntax(Head, Name.Span);

internal sealed record IncludeSyntax(HeadSyntax Head, PathSyntax Path, IReadOnlyList<(NameSyntax Name, NameSyntax Alias)> Renames, WitSpan Span)
    : ItemSyntax(Head, Span);

/// <summary>
/// An import or export of a world. Exactly one of <see cref="Function"/>, <see cref="Items"/> (an inline interface) and <see cref="Path"/> is set;
/// <see cref="Name"/> is the plain name, null when only a path stands there.
/// </summary>
internal sealed record ExternSyntax(
    HeadSyntax Head, bool IsExport, NameSyntax? Name, FunctionSyntax? Function, IReadOnlyList<ItemSyntax>? Items, PathSyntax? Path, WitSpan Span)
    : ItemSyntax(Head, Span);

internal sealed record InterfaceSyntax(HeadSyntax Head, NameSyntax Name, IReadOnlyList<ItemSyntax> Items) : ItemSyntax(Head, Name.Span);

internal sealed record WorldSyntax(HeadSyntax Head, NameSyntax Name, IReadOnlyList<ItemSyntax> Items) : ItemSyntax(Head, Name.Span);

internal sealed record FileUseSyntax(PathSyntax Path, NameSyntax? Alias, WitSpan Span);

/// <summary>The items of one package in one file: the file itself, or a <c>package … { }</c> inside it. The names of its <c>use</c> hold here only.</summary>
internal sealed record ScopeSyntax(
    WitSource Source, WitPackageName? Package, WitSpan PackageSpan, string? Docs, IReadOnlyList<FileUseSyntax> Uses, IReadOnlyList<ItemSyntax> Items,
    string Fingerprint);

internal sealed record FileSyntax(WitSource Source, ScopeSyntax Root, IReadOnlyList<ScopeSyntax> Nested);
