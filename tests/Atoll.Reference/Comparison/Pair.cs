using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Reference.Comparison;

/// <summary>An instance of a module on both sides.</summary>
internal sealed record PairInstance(ModuleInstance Reference, Instance Engine);

/// <summary>
/// Runs the same on the interpreter and on the engine, and says how they differ: in results, traps, calls of the host, memories, tables and
/// globals. The interpreter is first: what does not end there in time is not tried on the engine.
/// </summary>
internal sealed class Pair : IDisposable
{
    /// <summary>Bytes of a memory that are compared where the interpreter never wrote; beyond, only what it wrote.</summary>
    private const ulong ZeroBytesCompared = 1 << 20;

    /// <summary>How a difference begins that lies only in the calls of the host.</summary>
    public const string HostDifference = "the host was called differently";

    private readonly Dictionary<(string Module, string Name), object> _definitions = [];
    private readonly List<string> _referenceLog = [];
    private readonly List<string> _engineLog = [];

    public Pair(Interpreter interpreter, WasmEngine engine, StoreOptions? store = null)
    {
        Interpreter = interpreter;
        Engine = engine;
        Store = new Store(engine, store);
        Linker = new Linker(engine);
    }

    public Interpreter Interpreter { get; }

    public WasmEngine Engine { get; }

    public Store Store { get; }

    public Linker Linker { get; }

    /// <summary>Actions on both sides that were compared to the end.</summary>
    public int Compared { get; private set; }

    public void Dispose() => Store.Dispose();

    /// <summary>Defines a function of the host that notes its arguments and gives results that depend on nothing else.</summary>
    public void DefineFunction(string module, string name, FunctionType type, Func<Slot[], Slot[]> body)
    {
        _definitions[(module, name)] = new FunctionInstance(DefinedType.Of(type))
        {
            Host = arguments =>
            {
                _referenceLog.Add(Line(arguments));
                return body(arguments);
            },
        };
        Linker.DefineFunction(module, name, type, (_, arguments, results) =>
        {
            Slot[] slots = new Slot[arguments.Length];
            for (int i = 0; i < slots.Length; i++)
            {
                slots[i] = Values.FromEngine(arguments[i]);
            }

            _engineLog.Add(Line(slots));
            Slot[] given = body(slots);
            for (int i = 0; i < given.Length; i++)
            {
                results[i] = Values.ToEngine(given[i], type.Results[i]);
            }
        });

        string Line(Slot[] arguments) => $"{name}({string.Join(", ", arguments.Select(Describe))})";
    }

    public void DefineGlobal(string module, string name, GlobalType type, Slot value)
    {
        _definitions[(module, name)] = new GlobalInstance(type, value);
        Linker.Define(module, name, new Global(Store, type, Values.ToEngine(value, type.Type)));
    }

    public void DefineTable(string module, string name, TableType type)
    {
        _definitions[(module, name)] = Interpreter.MakeTable(type, null);
        Linker.Define(module, name, new Table(Store, type, Value.Default(type.Element)));
    }

    public void DefineMemory(string module, string name, MemoryType type)
    {
        _definitions[(module, name)] = Interpreter.MakeMemory(type);
        Linker.Define(module, name, new Memory(Store, type));
    }

    public void DefineTag(string module, string name, TagType type)
    {
        _definitions[(module, name)] = new TagInstance(type);
        Linker.Define(module, name, new Tag(Store, type));
    }

    public void DefineInstance(string module, PairInstance instance)
    {
        foreach (ExportDefinition export in instance.Reference.Definition.Exports)
        {
            _definitions[(module, export.Name)] = instance.Reference.Item(export);
        }

        Linker.DefineInstance(module, instance.Engine);
    }

    /// <summary>Instantiates on both sides.</summary>
    /// <returns>How it ended on the interpreter, the instance if it ended well on both, and how the sides differ or null.</returns>
    public (Outcome Reference, PairInstance? Instance, string? Difference) Instantiate(WasmModule module) =>
        Instantiate(module.Definition, () => Linker.Instantiate(Store, module));

    /// <summary>Instantiates on both sides.</summary>
    /// <param name="module">The module.</param>
    /// <param name="make">Makes the engine's instance.</param>
    public (Outcome Reference, PairInstance? Instance, string? Difference) Instantiate(ModuleDefinition module, Func<Instance> make)
    {
        ModuleInstance? reference = null;
        Instance? engine = null;
        (Outcome first, string? difference) = Both(
            () =>
            {
                reference = Interpreter.Instantiate(module, import => _definitions.GetValueOrDefault((import.Module, import.Name)));
                return [];
            },
            () =>
            {
                engine = make();
                return [];
            });
        PairInstance? instance = reference is not null && engine is not null ? new PairInstance(reference, engine) : null;
        return (first, instance, difference ?? (instance is null ? null : CompareState(instance)));
    }

    /// <summary>Calls an exported function on both sides.</summary>
    public (Outcome Reference, string? Difference) Invoke(PairInstance instance, string export, Slot[] arguments)
    {
        if (instance.Reference.Export(export) is not FunctionInstance reference || instance.Engine.GetFunction(export) is not { } engine)
        {
            throw new ArgumentException($"no exported function \"{export}\"");
        }

        Value[] values = [.. arguments.Select((argument, i) => Values.ToEngine(argument, reference.Type.Parameters[i]))];
        Store store = instance.Engine.Store;
        (ulong fuel, long executed, int compared) = (store.Fuel, Interpreter.Executed, Compared);
        (Outcome outcome, string? difference) = Both(
            () => Interpreter.Invoke(reference, arguments),
            () => Array.ConvertAll(engine.Invoke(values), Values.FromEngine));
        if (Compared > compared && Engine.Options.ConsumeFuel && outcome.Kind is OutcomeKind.Results or OutcomeKind.Exception && !Interpreter.HasUsedElements
            && fuel - store.Fuel != (ulong)(Interpreter.Executed - executed))
        {
            difference = $"{Interpreter.Executed - executed} instructions were executed, and {fuel - store.Fuel} units of fuel counted";
        }

        return (outcome, difference ?? (outcome.IsLimit ? null : CompareState(instance)));
    }

    /// <summary>How memories, tables and exported globals of an instance differ, or null.</summary>
    public static string? CompareState(PairInstance instance)
    {
        (ModuleInstance reference, Instance engine) = instance;
        for (int i = 0; i < reference.Memories.Count; i++)
        {
            if (CompareMemory(reference.Memories[i], engine.Context.Memories[i]) is { } difference)
            {
                return $"memory {i}: {difference}";
            }
        }

        for (int i = 0; i < reference.Tables.Count; i++)
        {
            if (CompareTable(reference.Tables[i], engine.Context.Tables[i], instance) is { } difference)
            {
                return $"table {i}: {difference}";
            }
        }

        foreach (ExportDefinition export in reference.Definition.Exports.Where(export => export.Kind == ExternKind.Global))
        {
            Slot left = reference.Globals[export.Index].Value;
            Slot right = Values.FromEngine(engine.GetGlobal(export.Name)!.Value);
            if (!Values.Same(left, right))
            {
                return $"global {export.Index}: interpreted {left}, compiled {right}";
            }
        }

        return null;
    }

    private (Outcome Reference, string? Difference) Both(Func<Slot[]> reference, Func<Slot[]> engine)
    {
        _referenceLog.Clear();
        _engineLog.Clear();
        Outcome first = Try(reference);
        if (first.Kind == OutcomeKind.Limit)
        {
            return (first, null);
        }

        Outcome second = Try(engine);
        if (Outcome.Difference(first, second) is { } difference)
        {
            return (first, difference);
        }

        if (first.IsLimit || second.IsLimit)
        {
            // How far each came is its own affair, so that from here on the two may differ.
            return (first.IsLimit ? first : second, null);
        }

        Compared++;
        return (first, _referenceLog.SequenceEqual(_engineLog)
            ? null
            : $"{HostDifference}:\ninterpreted: {string.Join("; ", _referenceLog)}\ncompiled: {string.Join("; ", _engineLog)}");
    }

    private static Outcome Try(Func<Slot[]> action)
    {
        try
        {
            return Outcome.Of(action());
        }
        catch (Exception exception)
        {
            return Outcome.Of(exception);
        }
    }

    private static string? CompareMemory(MemoryInstance reference, Memory engine)
    {
        if (reference.Pages != engine.Pages)
        {
            return $"interpreted {reference.Pages} pages, compiled {engine.Pages}";
        }

        byte[] zeros = new byte[MemoryInstance.BlockBytes];
        ulong blocks = (Math.Min(reference.Length, ZeroBytesCompared) + MemoryInstance.BlockBytes - 1) / MemoryInstance.BlockBytes;
        for (ulong number = 0; number < blocks; number++)
        {
            if (CompareBlock(number, reference.Blocks.GetValueOrDefault(number, zeros)) is { } difference)
            {
                return difference;
            }
        }

        return reference.Blocks.Where(block => block.Key >= blocks).Select(block => CompareBlock(block.Key, block.Value)).FirstOrDefault(found => found is not null);

        string? CompareBlock(ulong number, byte[] block)
        {
            ulong start = number * MemoryInstance.BlockBytes;
            int length = (int)Math.Min(MemoryInstance.BlockBytes, reference.Length - start);
            Span<byte> bytes = engine.GetSpan(start, length);
            int common = bytes.CommonPrefixLength(block.AsSpan(0, length));
            return common == length ? null : $"at 0x{start + (ulong)common:x} interpreted 0x{block[common]:x2}, compiled 0x{bytes[common]:x2}";
        }
    }

    private static string? CompareTable(TableInstance reference, Table engine, PairInstance instance)
    {
        if ((ulong)reference.Elements.Count != engine.Length)
        {
            return $"interpreted {reference.Elements.Count} elements, compiled {engine.Length}";
        }

        for (int i = 0; i < reference.Elements.Count; i++)
        {
            bool same = Values.SameReference(reference.Elements[i], engine.Elements[i]);
            if (same && reference.Elements[i] is FunctionInstance { Module: { } module } function && module == instance.Reference)
            {
                // A function of the module has one object in the instance, made when it is first referred to.
                int index = module.Definition.ImportedFunctionCount + function.BodyIndex;
                same = ReferenceEquals(engine.Elements[i], instance.Engine.Context.Functions[index]);
            }

            if (!same)
            {
                return $"at {i} interpreted {reference.Elements[i] ?? "null"}, compiled {engine.Elements[i] ?? "null"}";
            }
        }

        return null;
    }

    /// <summary>A line of the log must not tell one NaN from another, nor the one side's functions from the other's.</summary>
    public static string Describe(Slot slot) => slot.Kind switch
    {
        SlotKind.F32 when float.IsNaN(Numerics.Lanes.F32((ulong)slot.Bits)) => "f32 nan",
        SlotKind.F64 when double.IsNaN(Numerics.Lanes.F64((ulong)slot.Bits)) => "f64 nan",
        SlotKind.Reference when slot.Reference is FunctionInstance or Function => "function",
        SlotKind.Reference when slot.Reference is SmallInteger number => $"i31 {number.Bits}",
        SlotKind.Reference when slot.Reference is I31 number => $"i31 {(uint)number.Value & 0x7FFF_FFFF}",
        SlotKind.Reference when slot.Reference is StructObject or HeapStruct => "struct",
        SlotKind.Reference when slot.Reference is ArrayObject or HeapArray => "array",
        SlotKind.Reference when slot.Reference is ExceptionObject or ExceptionInstance => "exception",
        _ => slot.ToString(),
    };
}
