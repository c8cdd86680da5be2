using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;
using Atoll.Wasm.Interpretation;
using Atoll.Wasm.Validation;

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
    private const int PartBytes = 64 * 1024;
    private const int PartFunctions = 256;

    /// <summary>Assemblies with one function each; a module with so many more hot functions shares them. An empty one takes some ten kilobytes.</summary>
    private const int LoneAssemblies = 4096;

    /// <summary>Signatures that the engine keeps code for. Those of a module that needs more go with it.</summary>
    private const int SharedSignatures = 1000;

    /// <summary>Each type gets a field of the module's class; there is no program with more than some hundred.</summary>
    private const int MaximumTypes = 10_000;

    /// <summary>Stands for a function that the interpreter cannot run.</summary>
    private static readonly object Compiled = new();

    private readonly ModuleDefinition _definition;
    private readonly WasmEngine _engine;
    private readonly HashSet<int> _cells;
    private readonly nint[] _code;
    private readonly object?[]? _cold;
    private readonly nint[] _callers;
    private readonly nint[] _entries;
    private readonly LoadedCode?[] _loaded;
    private readonly Lock _compiling = new();
    private readonly Lock _translating = new();
    private readonly ColdTranslator _translator;
    private readonly ICachedCode? _kept;
    private readonly int[] _parts;
    private CompiledModule _module = null!;
    private readonly Lazy<HostThunks> _ownThunks = new(static () => new HostThunks());
    private int _assemblies;

    /// <param name="definition">The module.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="cells">Globals that are exported.</param>
    /// <param name="kept">Code of all functions, if it was kept.</param>
    public LazyCode(ModuleDefinition definition, WasmEngine engine, HashSet<int> cells, ICachedCode? kept)
    {
        _kept = kept;
        _parts = kept is null ? [] : PartsOf(definition);
        _assemblies = _parts.Length;
        _definition = definition;
        _engine = engine;
        _cells = cells;
        _code = GC.AllocateArray<nint>(definition.Bodies.Length, pinned: true);
        _loaded = new LoadedCode?[definition.Bodies.Length];
        _callers = new nint[definition.Types.Count];
        _entries = new nint[definition.Types.Count];

        // The interpreter does not count fuel, and all its functions are one method in .NET's stack traces.
        _cold = kept is null && CanInterpret(engine) ? new object?[definition.Bodies.Length] : null;
        _translator = new ColdTranslator(definition, index => ModuleCompiler.IsGlobalCell(definition, cells, index), MaximumPlaces, engine.Options.Deterministic);
        GlobalPlaces = new nint[MaximumPlaces];
    }

    public int ImportedFunctionCount => _definition.ImportedFunctionCount;

    /// <summary>Where globals are (<see cref="InstanceContext.FindGlobals"/>).</summary>
    public nint[] GlobalPlaces { get; }

    /// <summary>Address of the table with the code of each function, zero where there is none yet. The object keeps it in place.</summary>
    public nint* Table => (nint*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_code));

    /// <summary>Whether the functions of a module are compiled when they are called.</summary>
    public static bool IsFor(ModuleDefinition definition, WasmEngine engine) =>
        IsLarge(definition, engine) || (engine.Options.StartInterpreted && CanInterpret(engine) && definition.Types.Count <= MaximumTypes);

    /// <summary>Whether the code of a module is kept in parts.</summary>
    public static bool IsLarge(ModuleDefinition definition, WasmEngine engine) =>
        definition.CodeBytes > engine.Options.EagerCodeBytes && definition.Types.Count <= MaximumTypes;

    private static bool CanInterpret(WasmEngine engine) => engine.Options is { InterpretColdCode: true, ConsumeFuel: false, Profiling: false };

    /// <summary>The first functions of the parts in which the code of a large module is kept, and the number of functions.</summary>
    public static int[] PartsOf(ModuleDefinition definition)
    {
        List<int> parts = [];
        int bytes = PartBytes;
        for (int i = 0; i < definition.Bodies.Length; i++)
        {
            int size = definition.Bodies[i].Code.Length;
            if (bytes + size > PartBytes || i - parts[^1] >= PartFunctions)
            {
                parts.Add(i);
                bytes = 0;
            }

            bytes += size;
        }

        parts.Add(definition.Bodies.Length);
        return [.. parts];
    }

    /// <summary>Says what loads images into the module's load context.</summary>
    public void LoadInto(CompiledModule module) => _module = module;

    public void FindGlobals(InstanceContext context) => context.FindGlobals(GlobalPlaces);

    public int TypeIndexOf(int function) => _definition.Functions[function];

    /// <summary>Code that calls functions of a type with arguments in slots: code, context, slots.</summary>
    public delegate*<nint, object, long*, void> CallerOf(int typeIndex)
    {
        ref nint caller = ref _callers[typeIndex];
        if (caller == 0)
        {
            FunctionType type = _definition.Types[typeIndex].Function!;
            caller = _engine.Thunks.GetSlotCaller(type, SharedSignatures) is not 0 and nint shared ? shared : _ownThunks.Value.GetSlotCaller(type);
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
            FunctionType type = _definition.Types[typeIndex].Function!;
            entry = _engine.Thunks.GetColdEntry(type, SharedSignatures) is not 0 and nint shared ? shared : _ownThunks.Value.GetColdEntry(type);
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
                Module module = _module.Load(ModuleCompiler.CompileLoop(_definition, _engine, _cells, _assemblies++, function.Index, loop));
                Volatile.Write(ref loop.Code, HandleOf(module, 0).GetFunctionPointer());
            }

            return loop.Code;
        }
    }

    private RuntimeMethodHandle Load(int index)
    {
        lock (_compiling)
        {
            if (_loaded[index] is not { } loaded)
            {
                (Module module, int first, int count) = LoadKept(index) ?? LoadNew(index);
                loaded = new LoadedCode(module, first);
                for (int i = first; i < first + count; i++)
                {
                    _loaded[i] ??= loaded;
                }
            }

            return HandleOf(loaded.Module, index - loaded.First);
        }
    }

    private (Module Module, int First, int Count)? LoadKept(int index)
    {
        if (_kept is null)
        {
            return null;
        }

        int part = Array.BinarySearch(_parts, index);
        part = part < 0 ? ~part - 1 : part;
        return _module.Load(_kept, 1 + part) is { } module ? (module, _parts[part], _parts[part + 1] - _parts[part]) : null;
    }

    private (Module Module, int First, int Count) LoadNew(int index)
    {
        (int first, int count) = _cold is null || _assemblies >= LoneAssemblies ? BatchAround(index) : (index, 1);
        ModuleValidator.Ensure(_definition, _engine.Options.Limits);
        return (_module.Load(ModuleCompiler.CompileBatch(_definition, _engine, _cells, new ModuleCompiler.Batch(_assemblies++, first, count))), first, count);
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
        while (next < _code.Length && _loaded[next] is null && next - first < BatchFunctions && bytes + _definition.Bodies[next].Code.Length <= BatchBytes)
        {
            bytes += _definition.Bodies[next++].Code.Length;
        }

        while (first > 0 && _loaded[first - 1] is null && next - first < BatchFunctions && bytes + _definition.Bodies[first - 1].Code.Length <= BatchBytes)
        {
            bytes += _definition.Bodies[--first].Code.Length;
        }

        return (first, next - first);
    }

    /// <summary>An assembly with the code of neighbours.</summary>
    /// <param name="Module">Its module.</param>
    /// <param name="First">The first of its functions.</param>
    private sealed record LoadedCode(Module Module, int First);
}
