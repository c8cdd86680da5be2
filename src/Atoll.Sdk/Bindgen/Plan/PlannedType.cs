using System.Collections.Immutable;
using Atoll.Components.Abi;
using Atoll.Components.Types;
using Atoll.Wit;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Sdk.Bindgen.Plan;

/// <summary>
/// A type as bindings need it: aliases and <c>use</c>s are gone, and each resource is either imported or exported. There is one object for each type of a plan, so
/// that references tell whether two are the same.
/// </summary>
internal sealed class PlannedType
{
    /// <summary>What it is. A <c>map</c> is a list of tuples, as it is for the canonical ABI ("Despecialization").</summary>
    public required ComponentValueKind Kind { get; init; }

    /// <summary>Its place in the plan: what it is built of has lower numbers.</summary>
    public required int Number { get; init; }

    /// <summary>The type as the canonical ABI sees it.</summary>
    public required ComponentValueType Abi { get; init; }

    /// <summary>The definition of a record, variant, enum or flags; of all others null.</summary>
    public WitTypeDefinition? Definition { get; init; }

    /// <summary>Where the definition stands.</summary>
    public PlannedScope? Scope { get; init; }

    /// <summary>Whether there is a second one of the same definition, with resources that are exported instead of imported: this is the exported one.</summary>
    public bool IsExportedTwin { get; init; }

    /// <summary>Fields of a record or tuple; those of a tuple are called 0, 1 and so on.</summary>
    public IReadOnlyList<PlannedField> Fields { get; init; } = [];

    /// <summary>Cases of a variant, enum, option (<c>none</c>, <c>some</c>) or result (<c>ok</c>, <c>err</c>).</summary>
    public IReadOnlyList<PlannedCase> Cases { get; init; } = [];

    /// <summary>Names of flags, in the order of their bits.</summary>
    public IReadOnlyList<PlannedCase> Flags { get; init; } = [];

    /// <summary>What a list holds.</summary>
    public PlannedType? Element { get; init; }

    /// <summary>Number of elements of a list where it is fixed.</summary>
    public int? Length { get; init; }

    /// <summary>What a handle is of.</summary>
    public PlannedResource? Resource { get; init; }

    /// <summary>Whether values have memory of their own: a string or list somewhere.</summary>
    public bool HoldsMemory { get; init; }

    /// <summary>Whether values can have an owned handle somewhere.</summary>
    public bool HoldsOwn { get; init; }

    /// <summary><c>elem_size</c>.</summary>
    public uint Size => Layout.ElemSize(Abi);

    /// <summary><c>alignment</c>.</summary>
    public uint Alignment => Layout.Alignment(Abi);

    /// <summary><c>flatten_type</c>; of a type that needs more core values than parameters may have, some of them.</summary>
    public ImmutableArray<ValueType> Flat => Layout.Flatten(Abi);

    /// <summary>Bytes of the number that tells the case (<c>discriminant_type</c>).</summary>
    public uint DiscriminantSize => Layout.DiscriminantSize(Cases.Count);

    /// <summary>Where the payload of a variant starts.</summary>
    public uint PayloadOffset => Layout.PayloadOffset(Layout.Cases(Abi));

    /// <summary>The type as WIT writes it.</summary>
    public override string ToString() => Definition?.Name ?? Abi.ToString()!;
}

/// <summary>A field of a record or tuple.</summary>
/// <param name="Name">The name, in kebab case.</param>
/// <param name="Type">Type of the value.</param>
/// <param name="Offset">Where it starts.</param>
/// <param name="Docs">Documentation.</param>
internal sealed record PlannedField(string Name, PlannedType Type, uint Offset, string? Docs);

/// <summary>A case of what is a variant to the canonical ABI, or a flag.</summary>
/// <param name="Name">The name, in kebab case.</param>
/// <param name="Type">Type of the value that comes with it, if one does.</param>
/// <param name="Docs">Documentation.</param>
internal sealed record PlannedCase(string Name, PlannedType? Type, string? Docs);

/// <summary>A type that is only another name.</summary>
/// <param name="Definition">The name.</param>
/// <param name="Scope">Where it stands.</param>
/// <param name="Type">What it stands for.</param>
internal sealed record PlannedAlias(WitTypeDefinition Definition, PlannedScope Scope, PlannedType Type);
