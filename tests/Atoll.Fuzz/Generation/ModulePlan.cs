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

/// <summary>What a generated module has, decided before the bodies are written. Indices count imports first, as in the module.</summary>
internal sealed class ModulePlan
{
    public List<FunctionType> Types { get; } = [];

    public List<FunctionType> Functions { get; } = [];

    public int ImportedFunctions { get; set; }

    public List<MemoryType> Memories { get; } = [];

    public int ImportedMemories { get; set; }

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

    /// <summary>Parts of WebAssembly that the module uses. Few at a time: what is left out makes room for the rest.</summary>
    public WasmFeatures Features { get; set; }

    /// <summary>Value types that the module uses.</summary>
    public List<ValueType> ValueTypes { get; } = [];

    /// <summary>Numeric instructions that the module uses, by the letter of their result; <c>-</c> for those without.</summary>
    public Dictionary<char, Instruction[]> Rows { get; set; } = [];

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

        return index;
    }
}
