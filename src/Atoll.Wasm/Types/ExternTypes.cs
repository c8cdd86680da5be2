namespace Atoll.Wasm;

/// <summary>What an import or export is (specification, "External Types").</summary>
public enum ExternKind
{
    /// <summary>A function.</summary>
    Function = 0,

    /// <summary>A table of references.</summary>
    Table = 1,

    /// <summary>A linear memory.</summary>
    Memory = 2,

    /// <summary>A global variable.</summary>
    Global = 3,

    /// <summary>A tag of exceptions.</summary>
    Tag = 4,
}

/// <summary>The type of a linear memory; sizes are in pages of 64 KiB unless <see cref="PageBytes"/> says otherwise (specification, "Memory Types").</summary>
/// <param name="Minimum">Pages that the memory has at first.</param>
/// <param name="Maximum">Pages that it may grow to, or null when its type sets no bound.</param>
public sealed record MemoryType(ulong Minimum, ulong? Maximum)
{
    /// <summary>Bytes in an ordinary page: 65,536.</summary>
    public const int PageSize = 65536;

    /// <summary>Type of addresses and sizes: <c>i32</c> or <c>i64</c>.</summary>
    /// <value>Default: <see cref="ValueType.I32"/>.</value>
    public ValueType IndexType { get; init; } = ValueType.I32;

    /// <summary>Whether instances in several stores may use the memory at the same time. Needs a maximum.</summary>
    /// <value>Default: false.</value>
    public bool IsShared { get; init; }

    /// <summary>Bytes in a page of this memory: 65,536 or 1.</summary>
    /// <value>Default: <see cref="PageSize"/>.</value>
    public ulong PageBytes { get; init; } = PageSize;

    internal bool Is64 => IndexType == ValueType.I64;

    /// <summary>Largest number of pages that the index type and the page size allow ("Memory Types": 2^bits / page size, less one where pages are bytes).</summary>
    internal ulong PageBound => PageBytes == 1 ? (Is64 ? ulong.MaxValue : uint.MaxValue) : (Is64 ? 1UL << 48 : 1UL << 16);

    /// <summary>Whether the address space behind such a memory can be kept free as far as addresses reach, and its length ends where pages of the system do.</summary>
    internal bool CanBeGuarded => !Is64 && !IsShared && PageBytes == PageSize;

    /// <summary>Bytes that the memory has at first, as far as a number holds them.</summary>
    internal ulong MinimumBytes => BytesOf(Minimum);

    internal ulong BytesOf(ulong pages) => pages > ulong.MaxValue / PageBytes ? ulong.MaxValue : pages * PageBytes;

    /// <summary>For example <c>memory 1 16</c> or <c>memory i64 0 100 shared (pagesize 1)</c>.</summary>
    public override string ToString() =>
        $"memory {(Is64 ? "i64 " : "")}{Minimum}{(Maximum is { } maximum ? $" {maximum}" : "")}{(IsShared ? " shared" : "")}{(PageBytes == PageSize ? "" : $" (pagesize {PageBytes})")}";
}

/// <summary>The type of a table; sizes are in elements.</summary>
/// <param name="Element">Type of the elements: a reference type.</param>
/// <param name="Minimum">Elements that the table has at first.</param>
/// <param name="Maximum">Elements that it may grow to, or null when its type sets no bound.</param>
public sealed record TableType(ValueType Element, ulong Minimum, ulong? Maximum)
{
    /// <summary>Type of indices and sizes: <c>i32</c> or <c>i64</c>.</summary>
    /// <value>Default: <see cref="ValueType.I32"/>.</value>
    public ValueType IndexType { get; init; } = ValueType.I32;

    internal bool Is64 => IndexType == ValueType.I64;

    /// <summary>For example <c>table 1 16 funcref</c>.</summary>
    public override string ToString() =>
        $"table {(Is64 ? "i64 " : "")}{Minimum}{(Maximum is { } maximum ? $" {maximum}" : "")} {Element}";
}

/// <summary>The type of a global variable.</summary>
/// <param name="Type">Type of the value.</param>
/// <param name="IsMutable">Whether it can be written.</param>
public sealed record GlobalType(ValueType Type, bool IsMutable)
{
    /// <summary>For example <c>global (mut i32)</c>.</summary>
    public override string ToString() => IsMutable ? $"global (mut {Type})" : $"global {Type}";
}

/// <summary>The type of a tag: what the exceptions with it carry (specification, "Tag Types").</summary>
/// <param name="Function">Its parameters are the types of the values; it has no results.</param>
public sealed record TagType(FunctionType Function)
{
    /// <summary>Tag types are equal when these are, not when the values happen to be the same.</summary>
    internal DefinedType Defined { get; init; } = DefinedType.Of(Function);

    /// <summary>For example <c>tag (i32, i64)</c>.</summary>
    public override string ToString() => $"tag ({string.Join(", ", Function.Parameters)})";
}

/// <summary>One import that a module asks for.</summary>
/// <param name="Module">First part of its name.</param>
/// <param name="Name">Second part of its name.</param>
/// <param name="Kind">What is imported.</param>
/// <param name="Type">A <see cref="FunctionType"/>, <see cref="TableType"/>, <see cref="MemoryType"/>, <see cref="GlobalType"/> or <see cref="TagType"/>.</param>
public sealed record ModuleImport(string Module, string Name, ExternKind Kind, object Type);

/// <summary>One export that a module offers.</summary>
/// <param name="Name">Its name, unique in the module.</param>
/// <param name="Kind">What is exported.</param>
/// <param name="Type">A <see cref="FunctionType"/>, <see cref="TableType"/>, <see cref="MemoryType"/>, <see cref="GlobalType"/> or <see cref="TagType"/>.</param>
public sealed record ModuleExport(string Name, ExternKind Kind, object Type);
