using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;
using Atoll.Wasm.Interpretation;

namespace Atoll.Wasm.Compilation;

/// <summary>The functions of a large module: interpreted at first, compiled when that pays. Thread-safe.</summary>
/// <remarks>
/// Each compiled function, and each loop of a function that is taken over by compiled code while it runs, is an assembly of its own in the module's
/// load context. Where the interpreter cannot be used, neighbours share one: they are likely to call each other, and loading an assembly costs as
/// much as compiling some kilobytes to IL.
/// </remarks>
internal sealed unsafe class LazyCode
{
    /// <summary>Globals that the interpreter can find; a module with more has some functions compiled at once.</summary>
    public const int MaximumPlaces = 64;

    private const int BatchBytes = 4 * 1024;
    private const int BatchFunctions = 64;

    /// <summary>Stands for a function that the interpreter cannot run.</summary>
    private static readonly object Compiled = new();

    private readonly ModuleDefinition _definition;
    private readonly WasmEngine _engine;
    private readonly HashSet<int> _cells;
    private readonly nint[] _code;
    private readonly object?[]? _cold;
    private readonly nint[] _callers;
    private readonly nint[] _entries;
    private readonly Dictionary<int, RuntimeMethodHandle> _loaded = [];
    private readonly Lock _compiling = new();
    private readonly Lock _translating = new();
    private readonly ColdTranslator _translator;
    private Func<byte[], Module> _load = null!;
    private int _assemblies;

    private LazyCode(ModuleDefinition definition, WasmEngine engine, HashSet<int> cells)
    {
        _definition = definition;
        _engine = engine;
        _cells = cells;
        _code = GC.AllocateArray<nint>(definition.Bodies.Length, pinned: true);
        _callers = new nint[definition.Types.Count];
        _entries = new nint[definition.Types.Count];

        // The interpreter does not count fuel.
        _cold = engine.Options is { InterpretColdCode: true, ConsumeFuel: false } ? new object?[definition.Bodies.Length] : null;
        _translator = new ColdTranslator(definition, index => ModuleCompiler.IsGlobalCell(definition, cells, index), MaximumPlaces);
        GlobalPlaces = new nint[MaximumPlaces];
    }

    public int ImportedFunctionCount => _definition.ImportedFunctionCount;

    /// <summary>Where globals are (<see cref="InstanceContext.FindGlobals"/>).</summary>
    public nint[] GlobalPlaces { get; }

    /// <summary>Address of the table with the code of each function, zero where there is none yet. The object keeps it in place.</summary>
    public nint* Table => (nint*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_code));

    /// <summary>What compiles the functions of a module when they are called; null for a module that is better compiled at once.</summary>
    public static LazyCode? For(ModuleDefinition definition, WasmEngine engine, HashSet<int> cells)
    {
        long bytes = 0;
        foreach (FunctionBody body in definition.Bodies)
        {
            bytes += body.Code.Length;
        }

        // Each type gets a field of the module's class; there is no program with more than some hundred.
        return bytes > engine.Options.EagerCodeBytes && definition.Types.Count <= 10_000 ? new LazyCode(definition, engine, cells) : null;
    }

    /// <summary>Says how an image is loaded into the module's load context.</summary>
    public void LoadInto(Func<byte[], Module> load) => _load = load;

    public void FindGlobals(InstanceContext context) => context.FindGlobals(GlobalPlaces);

    public int TypeIndexOf(int function) => _definition.Functions[function];

    /// <summary>Code that calls functions of a type with arguments in slots: code, context, slots.</summary>
    public delegate*<nint, object, long*, void> CallerOf(int typeIndex)
    {
        ref nint caller = ref _callers[typeIndex];
        if (caller == 0)
        {
            caller = _engine.Thunks.GetSlotCaller(_definition.Types[typeIndex].Function!);
        }

        return (delegate*<nint, object, long*, void>)caller;
    }

    /// <summary>What compiled code calls in place of a function, which it names in the context; zero when the function has to be compiled.</summary>
    public nint ColdEntry(int index)
    {
        if (Cold(index) is not { Budget: > 0 })
        {
            return 0;
        }

        int typeIndex = TypeIndexOf(ImportedFunctionCount + index);
        ref nint entry = ref _entries[typeIndex];
        if (entry == 0)
        {
            entry = _engine.Thunks.GetColdEntry(_definition.Types[typeIndex].Function!);
        }

        return entry;
    }

    /// <summary>A function in the form in which the interpreter runs it; null when it cannot.</summary>
    public ColdFunction? Cold(int index)
    {
        if (_cold is null)
        {
            return null;
        }

        object? known = Volatile.Read(ref _cold[index]);
        if (known is null)
        {
            lock (_translating)
            {
                known = _cold[index] ?? (object?)Translate(index) ?? Compiled;
                Volatile.Write(ref _cold[index], known);
            }
        }

        return known == Compiled ? null : Unsafe.As<ColdFunction>(known);
    }

    /// <summary>Code of a function, compiled if need be.</summary>
    public nint Compile(int index)
    {
        nint code = Volatile.Read(ref _code[index]);
        if (code != 0)
        {
            return code;
        }

        RuntimeMethodHandle method = Load(index);

        // Outside of the lock, because the JIT compiler may take long. Racing threads wait for it and get the same address. That of a method which it
        // has not seen yet would lead to the code by a detour, for ever.
        RuntimeHelpers.PrepareMethod(method);
        code = method.GetFunctionPointer();
        Volatile.Write(ref _code[index], code);
        return code;
    }

    /// <summary>Code that goes on with a function at the start of a loop; it takes the slots and the context.</summary>
    public nint LoopCode(ColdFunction function, ColdLoop loop)
    {
        nint code = Volatile.Read(ref loop.Code);
        if (code != 0)
        {
            return code;
        }

        lock (_compiling)
        {
            if (loop.Code == 0)
            {
                Module module = _load(ModuleCompiler.CompileLoop(_definition, _engine, _cells, _assemblies++, function.Index, loop));
                Volatile.Write(ref loop.Code, HandleOf(module, 0).GetFunctionPointer());
            }

            return loop.Code;
        }
    }

    private RuntimeMethodHandle Load(int index)
    {
        lock (_compiling)
        {
            if (!_loaded.TryGetValue(index, out RuntimeMethodHandle method))
            {
                (int first, int count) = _cold is null ? BatchAround(index) : (index, 1);
                Module module = _load(ModuleCompiler.CompileBatch(_definition, _engine, _cells, _assemblies++, first, count));
                for (int i = 0; i < count; i++)
                {
                    _loaded.Add(first + i, HandleOf(module, i));
                }

                method = _loaded[index];
            }

            return method;
        }
    }

    private static RuntimeMethodHandle HandleOf(Module module, int method) =>
        module.ModuleHandle.GetRuntimeMethodHandleFromMetadataToken(ModuleAssembly.MethodToken(method));

    private ColdFunction? Translate(int index)
    {
        ColdFunction? function = _translator.Translate(index);
        if (function is not null)
        {
            function.Budget = (int)Math.Min((long)function.Operations * _engine.Options.ColdRounds, int.MaxValue);
        }

        return function;
    }

    /// <summary>The functions around one that is not compiled which are not compiled either, up to the limits of a batch.</summary>
    private (int First, int Count) BatchAround(int index)
    {
        int first = index;
        int next = index + 1;
        int bytes = _definition.Bodies[index].Code.Length;
        while (next < _code.Length && !_loaded.ContainsKey(next) && next - first < BatchFunctions && bytes + _definition.Bodies[next].Code.Length <= BatchBytes)
        {
            bytes += _definition.Bodies[next++].Code.Length;
        }

        while (first > 0 && !_loaded.ContainsKey(first - 1) && next - first < BatchFunctions && bytes + _definition.Bodies[first - 1].Code.Length <= BatchBytes)
        {
            bytes += _definition.Bodies[--first].Code.Length;
        }

        return (first, next - first);
    }
}
