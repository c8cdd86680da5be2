using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Debugging;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <summary>A module's code, loaded. Unless it is pinned, the collector unloads it when neither a module nor an instance nor a function of it is left.</summary>
internal sealed unsafe class CompiledModule
{
    public const string FactoryName = "Create";

    private readonly ModuleDefinition _definition;
    private readonly WasmEngine _engine;
    private readonly Lazy<SourceLines?> _lines;
    private readonly HashSet<int> _exportedGlobals;
    private readonly Module _module;
    private readonly nint[] _code;
    private readonly LazyCode? _lazy;
    private readonly delegate*<InstanceContext> _factory;

    // Unloading begins when the load context is collected; everything that can run the code leads here.
    private readonly AssemblyLoadContext _loadContext;

    /// <param name="definition">The module.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="load">Loads its own assembly by one of the ways that are given.</param>
    /// <param name="exportedGlobals">Globals that are exported.</param>
    /// <param name="lazy">What compiles functions when they are called; null when the module's assembly has them all.</param>
    public CompiledModule(ModuleDefinition definition, WasmEngine engine, Func<CompiledModule, Module> load, HashSet<int> exportedGlobals, LazyCode? lazy)
    {
        _definition = definition;
        _engine = engine;
        _loadContext = new AssemblyLoadContext("Atoll module", isCollectible: engine.Options.CodeLifetime == CodeLifetime.Unloadable);
        _lines = new Lazy<SourceLines?>(() => SourceLines.Of(definition));
        _exportedGlobals = exportedGlobals;
        Types = [.. definition.Types];
        Names = NameSection.Of(definition);
        Exports = definition.Exports.ToDictionary(e => e.Name, StringComparer.Ordinal);
        _code = new nint[definition.Bodies.Length];
        _lazy = lazy;
        lazy?.LoadInto(this);
        if (!_loadContext.IsCollectible)
        {
            GuestStackReader.Keep(this);
        }

        _module = load(this);
        Type context = _module.GetType(ModuleAssembly.ContextName, throwOnError: true, ignoreCase: false)!;
        _factory = (delegate*<InstanceContext>)context.GetMethod(FactoryName)!.MethodHandle.GetFunctionPointer();
    }

    public DefinedType[] Types { get; }

    public NameSection Names { get; }

    public Dictionary<string, ExportDefinition> Exports { get; }

    public InstanceContext CreateContext()
    {
        InstanceContext context = _factory();
        if (_lazy is not null)
        {
            context.Lazy = _lazy;
            context.CodeTable = _lazy.Table;
            _lazy.FindGlobals(context);
        }

        return context;
    }

    /// <summary>Whether a global that the module defines lives in a cell of its own from the start.</summary>
    public bool IsGlobalCell(int index) => _definition.Globals[index].Type.IsMutable && _exportedGlobals.Contains(index);

    /// <summary>Address of a defined function's code, or of its entry, which compiles it when it is called.</summary>
    public nint CodeOf(int index)
    {
        if (_lazy is not null && _lazy.Table[index] is not 0 and nint compiled)
        {
            return compiled;
        }

        // Racing threads compute the same address.
        if (_code[index] == 0)
        {
            _code[index] = HandleOf(index).GetFunctionPointer();
        }

        return _code[index];
    }

    /// <summary>
    /// For a function that the host is about to call: compiles it before somebody takes its address, because the address of what is not compiled yet leads
    /// to the code by a detour, for ever.
    /// </summary>
    public void Prepare(int index)
    {
        if (_code[index] == 0 && _lazy is null && !OnlyTraps(index))
        {
            RuntimeHelpers.PrepareMethod(HandleOf(index));
        }
    }

    /// <summary>Whether a function is nothing but <c>unreachable</c>: nobody calls it often, and crossgen2 passes it by. Some components have a module full of them.</summary>
    private bool OnlyTraps(int index)
    {
        ByteRange code = _definition.Bodies[index].Code;
        return _definition.Bytes.AsSpan(code.Start, code.Length).SequenceEqual([(byte)Opcode.Unreachable, (byte)Opcode.End]);
    }

    private RuntimeMethodHandle HandleOf(int index) =>
        _module.ModuleHandle.GetRuntimeMethodHandleFromMetadataToken(ModuleAssembly.MethodToken(_lazy is null ? index : ModuleCompiler.FirstEntry + index));

    /// <summary>The guest frame of a generated method; null for methods that are no guest function.</summary>
    /// <param name="method">The method.</param>
    /// <param name="ilOffset">Offset in its IL, or -1.</param>
    /// <param name="codeOffset">The instruction's offset in the module, if it is known.</param>
    public GuestFrame? FrameOf(MethodBase method, int ilOffset = -1, int codeOffset = -1) =>
        FunctionOf(method) is >= 0 and int index ? FrameOf(index, method.Name[0] == 'g' ? -1 : ilOffset, codeOffset) : null;

    /// <summary>Number of the function that a method belongs to, imports not counted; -1 for the engine's own methods.</summary>
    public static int FunctionOf(MethodBase method)
    {
        // "f12"; "f12$body" for a function with a large frame, whose guard is not a frame of its own; "g12" for one whose body is inlined, which loses
        // the place in it, and for the copy of one that calls itself. "f12$loop" took over from the interpreter, whose frame stands for both.
        ReadOnlySpan<char> name = method.Name;
        if (name.EndsWith("$body"))
        {
            name = name[..^5];
        }

        return !name.IsEmpty && name[0] is 'f' or 'g' && int.TryParse(name[1..], out int index) ? index : -1;
    }

    /// <summary>Name and place of a function, imports not counted, for profiles: all of its instructions count for its first line.</summary>
    public (string Name, string? File, int Line) Describe(int index)
    {
        int function = _definition.ImportedFunctionCount + index;
        SourceLine? line = _lines.Value?.Find((uint)(_definition.Bodies[index].Code.Start - _definition.CodeStart));
        return (Names.FunctionName(function) ?? $"func[{function}]", line?.File, line?.Line ?? 0);
    }

    /// <summary>The guest frame of a function, imports not counted.</summary>
    public GuestFrame FrameOf(int index, int ilOffset, int codeOffset)
    {
        int function = _definition.ImportedFunctionCount + index;
        int offset = codeOffset >= 0 ? codeOffset : CodeMap.Find(_definition, _engine, index, ilOffset);
        SourceLine? line = offset < 0 ? null : _lines.Value?.Find((uint)(offset - _definition.CodeStart));
        return new GuestFrame(function, Names.FunctionName(function), Names.ModuleName)
        {
            CodeOffset = offset,
            SourceFile = line?.File,
            SourceLine = line?.Line ?? 0,
        };
    }

    /// <summary>Loads an image into the module's load context.</summary>
    public Module Load(byte[] image)
    {
        using MemoryStream stream = new(image);
        return Register(_loadContext.LoadFromStream(stream));
    }

    /// <summary>Loads an image that was kept; null when it cannot be read any more.</summary>
    public Module? Load(ICachedCode kept, int index) =>
        !_loadContext.IsCollectible && kept.OpenFile(index) is { } path ? Register(_loadContext.LoadFromAssemblyPath(path))
        : kept.Read(index) is { } image ? Load(image)
        : null;

    private Module Register(Assembly assembly)
    {
        Module module = assembly.ManifestModule;
        GuestStackReader.Register(module, this);
        return module;
    }
}
