using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Debugging;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <summary>A module's code, loaded. The collector unloads it when neither a module nor an instance nor a function of it is left.</summary>
internal sealed unsafe class CompiledModule
{
    public const string FactoryName = "Create";

    private readonly ModuleDefinition _definition;
    private readonly WasmEngine _engine;
    private readonly Lazy<SourceLines?> _lines;
    private readonly HashSet<int> _exportedGlobals;
    private readonly Module _module;
    private readonly nint[] _code;
    private readonly delegate*<InstanceContext> _factory;

    // Unloading begins when the load context is collected; everything that can run the code leads here.
    private readonly AssemblyLoadContext _loadContext = new("Atoll module", isCollectible: true);

    public CompiledModule(ModuleDefinition definition, WasmEngine engine, byte[] image, HashSet<int> exportedGlobals)
    {
        _definition = definition;
        _engine = engine;
        _lines = new Lazy<SourceLines?>(() => SourceLines.Of(definition));
        _exportedGlobals = exportedGlobals;
        Types = [.. definition.Types];
        Names = NameSection.Of(definition);
        Exports = definition.Exports.ToFrozenDictionary(e => e.Name, StringComparer.Ordinal);
        _code = new nint[definition.Bodies.Length];
        using MemoryStream stream = new(image);
        _module = _loadContext.LoadFromStream(stream).ManifestModule;
        Type context = _module.GetType("Context", throwOnError: true, ignoreCase: false)!;
        _factory = (delegate*<InstanceContext>)context.GetMethod(FactoryName)!.MethodHandle.GetFunctionPointer();
        GuestStackReader.Register(_module, this);
    }

    public DefinedType[] Types { get; }

    public NameSection Names { get; }

    public FrozenDictionary<string, ExportDefinition> Exports { get; }

    public InstanceContext CreateContext() => _factory();

    /// <summary>Whether a global that the module defines lives in a cell of its own from the start.</summary>
    public bool IsGlobalCell(int index) => _definition.Globals[index].Type.IsMutable && _exportedGlobals.Contains(index);

    /// <summary>Address of a defined function's code.</summary>
    public nint CodeOf(int index)
    {
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
        if (_code[index] == 0)
        {
            RuntimeHelpers.PrepareMethod(HandleOf(index));
        }
    }

    private RuntimeMethodHandle HandleOf(int index) => _module.ModuleHandle.GetRuntimeMethodHandleFromMetadataToken(ModuleAssembly.MethodToken(index));

    /// <summary>The guest frame of a generated method; null for methods that are no guest function.</summary>
    /// <param name="method">The method.</param>
    /// <param name="ilOffset">Offset in its IL, or -1.</param>
    /// <param name="codeOffset">The instruction's offset in the module, if it is known.</param>
    public GuestFrame? FrameOf(MethodBase method, int ilOffset = -1, int codeOffset = -1)
    {
        // "f12", or "f12$body" for a function with a large frame, whose guard is not a frame of its own; "g12" for one whose body is inlined.
        ReadOnlySpan<char> name = method.Name;
        if (name.EndsWith("$body"))
        {
            name = name[..^5];
        }

        bool isGiant = name.StartsWith("g");
        if (name.IsEmpty || (name[0] != 'f' && !isGiant) || !int.TryParse(name[1..], out int index))
        {
            return null;
        }

        int function = _definition.ImportedFunctionCount + index;
        int offset = codeOffset >= 0 ? codeOffset : CodeMap.Find(_definition, _engine, index, isGiant ? -1 : ilOffset);
        SourceLine? line = offset < 0 ? null : _lines.Value?.Find((uint)(offset - _definition.CodeStart));
        return new GuestFrame(function, Names.FunctionName(function), Names.ModuleName)
        {
            CodeOffset = offset,
            SourceFile = line?.File,
            SourceLine = line?.Line ?? 0,
        };
    }
}
