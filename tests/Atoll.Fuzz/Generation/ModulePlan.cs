using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <summary>An element or data segment.</summary>
/// <param name="Mode">When it is used.</param>
/// <param name="Target">The table or memory of an active one.</param>
/// <param name="Type">Element type; anything for data.</param>
/// <param name="Length">Number of elements or bytes.</param>
internal sealed record SegmentPlan(SegmentMode Mode, int Target, ValueType Type, int Length);

/// <summary>A structure or array type.</summary>
/// <param name="IsArray">Whether it is an array, which has one field.</param>
/// <param name="Fields">Storage types and whether they can be written.</param>
/// <param name="Super">Index of the supertype, or -1.</param>
internal sealed record HeapTypePlan(bool IsArray, List<(ValueType Storage, bool IsMutable)> Fields, int Super);

/// <summary>What a generated module has, decided before the bodies are written. Indices count imports first, as in the module.</summary>
internal sealed class ModulePlan
{
    /// <summary>Structures and arrays. They are one recursion group and have the first indices.</summary>
    public List<HeapTypePlan> HeapTypes { get; } = [];

    /// <summary>Types of functions and blocks, behind those.</summary>
    public List<FunctionType> Types { get; } = [];

    /// <summary>Types of the tags, none of them imported.</summary>
    public List<FunctionType> Tags { get; } = [];

    public List<FunctionType> Functions { get; } = [];

    public int ImportedFunctions { get; set; }

    public List<MemoryType> Memories { get; } = [];

    public int ImportedMemories { get; set; }

    /// <summary>Whether the first two imported memories are one and the same.</summary>
    public bool SharesImports { get; set; }

    public List<TableType> Tables { get; } = [];

    public int ImportedTables { get; set; }

    public List<GlobalType> Globals { get; } = [];

    public int ImportedGlobals { get; set; }

    public List<SegmentPlan> Elements { get; } = [];

    public List<SegmentPlan> Data { get; } = [];

    /// <summary>The global that counts the calls that are still allowed.</summary>
    public int FuelGlobal { get; set; }

    /// <summary>The function that gives them back.</summary>
    public int ResetFunction { get; set; }

    /// <summary>The start function, or -1.</summary>
    public int StartFunction { get; set; } = -1;

    /// <summary>Parts of WebAssembly that the module uses. Few at a time: what is left out makes room for the rest.</summary>
    public WasmFeatures Features { get; set; }

    /// <summary>Value types that the module uses.</summary>
    public List<ValueType> ValueTypes { get; } = [];

    /// <summary>Numeric instructions that the module uses, by the letter of their result; <c>-</c> for those without.</summary>
    public Dictionary<char, Instruction[]> Rows { get; set; } = [];

    /// <summary>The type of references to a defined type. Its number is an index of this module, which is all that a writer needs.</summary>
    public static ValueType ReferenceTo(int index, bool isNullable = true) =>
        new(((long)(index + 1) << 8) | (isNullable ? (long)ValueType.NullableDefined : ValueType.NonNullDefined));

    /// <summary>The index of the type that a type of <see cref="ReferenceTo"/> refers to.</summary>
    public static int IndexOf(ValueType type) => (int)type.DefinedId - 1;

    /// <summary>The structure or array that a type refers to, or null.</summary>
    public HeapTypePlan? HeapTypeOf(ValueType type) => type.IsDefined && IndexOf(type) < HeapTypes.Count ? HeapTypes[IndexOf(type)] : null;

    /// <summary>Whether a type refers to what <c>any</c> stands for.</summary>
    public bool IsInAny(ValueType type) => HeapTypeOf(type) is not null
        || (!type.IsDefined && type.WithNull.Code is 0x6E or 0x6D or 0x6C or 0x6B or 0x6A or 0x71);

    /// <summary>Whether one structure or array type is another or has it among its supertypes.</summary>
    public bool IsSubtype(int index, int super)
    {
        while (index != super && index >= 0)
        {
            index = HeapTypes[index].Super;
        }

        return index == super;
    }

    public bool Has(WasmFeatures feature) => (Features & feature) != 0;

    /// <summary>Index of a type, which is added when it is new.</summary>
    public int TypeIndex(FunctionType type)
    {
        int index = Types.IndexOf(type);
        if (index < 0)
        {
            index = Types.Count;
            Types.Add(type);
        }

        return HeapTypes.Count + index;
    }
}
