using Atoll.Wasm.Compilation;

namespace Atoll.Wasm.Execution;

/// <summary>The part of a store that compiled code reads at each function entry and loop: native, so that another thread can write it.</summary>
internal struct StoreControl
{
    /// <summary>Guest code must not go below this stack address. Set to the maximum to make the next function entry look up.</summary>
    public nuint StackLimit;

    /// <summary>
    /// The address of this block, or zero when a loop should look up: a deadline has passed or somebody cancelled. Loops read through it, which
    /// is cheaper than a test and a jump, and leaves the loop's blocks whole for the JIT compiler.
    /// </summary>
    public nint Go;

    /// <summary>Fuel that is left; below zero the guest is stopped.</summary>
    public long Fuel;

    /// <summary>Microseconds that passed since the last sample of a profile.</summary>
    public long SampleDue;

    /// <summary>Whether guest code should look up.</summary>
    public bool IsInterrupted => Volatile.Read(ref Go) == 0;
}

/// <summary>
/// What compiled code gets as its last argument: the instance as the generated code sees it. The compiler derives one class for each
/// module, with a typed field for every global, table, memory base and imported function.
/// </summary>
internal abstract unsafe class InstanceContext
{
    public StoreControl* Control;
    public Store Store = null!;
    public Instance Instance = null!;
    public Memory[] Memories = [];
    public Table[] Tables = [];
    public Tag[] Tags = [];

    /// <summary>References to functions, made when somebody asks for one; imports first.</summary>
    public Function?[] Functions = [];

    /// <summary>Elements of each segment; null once dropped.</summary>
    public object?[]?[] Elements = [];

    /// <summary>Whether a data segment was dropped.</summary>
    public bool[] DroppedData = [];

    /// <summary>Code of each function that the module defines, zero while it is not compiled; null for a module that is compiled as a whole.</summary>
    public nint* CodeTable;

    /// <summary>What compiles or interprets the functions of a large module; else null.</summary>
    public LazyCode? Lazy;

    /// <summary>The function, imports not counted, that the interpreter is about to be entered for.</summary>
    public int ColdIndex;

    /// <summary>Base of the first memory, for the interpreter.</summary>
    public byte* FirstMemory;

    /// <summary>Globals that live in an object of their own, for the interpreter.</summary>
    public Global?[] Cells = [];

    /// <summary>The module's types.</summary>
    public DefinedType[] Types = [];

    /// <summary>By type index: what new objects of the type are charged to; null before the first.</summary>
    public HeapToken?[] Tokens = [];

    /// <summary>Zero, which nobody writes and the JIT compiler does not know.</summary>
    public long Zero;

    /// <summary>Imported functions. Set before anything is evaluated, for initial values may refer to them.</summary>
    public ImportBinding[] Imports = [];

    /// <summary>What an imported function gets as its last argument.</summary>
    public object ImportContext(int index) => Imports[index].Context;

    /// <summary>An imported function.</summary>
    public ref ImportBinding Import(int index) => ref Imports[index];

    /// <summary>
    /// Writes how far the fields of the first globals lie from <see cref="ColdIndex"/>, for the interpreter. The globals are those that have a
    /// number in a field of the generated class.
    /// </summary>
    public virtual void FindGlobals(nint[] places)
    {
    }

    /// <summary>Fills the fields of this class and the generated ones; again when a pool puts first values back.</summary>
    public void BindAll(Value[] globals, Global?[] cells)
    {
        Cells = cells;
        FirstMemory = Memories.Length > 0 ? Memories[0].Base : null;
        Bind(Imports, Memories, Tables, globals, cells, Types, Tags);
    }

    /// <summary>Fills the generated fields.</summary>
    public abstract void Bind(ImportBinding[] imports, Memory[] memories, Table[] tables, Value[] globals, Global?[] cells, DefinedType[] types, Tag[] tags);
}

/// <summary>An imported function as compiled code calls it.</summary>
internal struct ImportBinding
{
    public nint Code;
    public object Context;
}
