using Atoll.Wasm;

namespace Atoll.Reference;

/// <summary>A small integer as a reference: 31 bits. Equal ones are the same reference.</summary>
internal sealed record SmallInteger(uint Bits)
{
    public override string ToString() => $"i31 0x{Bits:x}";
}

/// <summary>A structure instance (specification, "Runtime Structure / Structure Instances"); packed fields hold what was packed.</summary>
internal sealed class StructObject(DefinedType type, Slot[] fields)
{
    public DefinedType Type { get; } = type;

    public Slot[] Fields { get; } = fields;

    public override string ToString() => $"struct of {Fields.Length} fields";
}

/// <summary>An array instance.</summary>
internal sealed class ArrayObject(DefinedType type, Slot[] elements)
{
    public DefinedType Type { get; } = type;

    public Slot[] Elements { get; } = elements;

    public override string ToString() => $"array of {Elements.Length} elements";
}

/// <summary>A tag; different from every other, equal or not.</summary>
internal sealed class TagInstance(TagType type)
{
    public TagType Type { get; } = type;
}

/// <summary>An exception instance, as <c>exnref</c> refers to it.</summary>
internal sealed class ExceptionObject(TagInstance tag, Slot[] values)
{
    public TagInstance Tag { get; } = tag;

    public Slot[] Values { get; } = values;

    public override string ToString() => $"exception ({string.Join(", ", Values)})";
}
