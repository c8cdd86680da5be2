using System.Reflection;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <summary>
/// Turns a validated module into an assembly. The generated class has, in this order: a method for each function, the bodies of functions with
/// large frames, the constructor, the binder and the factory.
/// </summary>
internal sealed partial class ModuleCompiler
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
    private const MethodAttributes Static = MethodAttributes.Public | MethodAttributes.Static | MethodAttributes.HideBySig;

    private readonly ModuleAssembly _assembly;
    private readonly Dictionary<string, int> _helpers = [];
    private readonly Dictionary<(Type, string), int> _fields = [];
    private readonly HashSet<int> _cells;
    private readonly int[] _memoryFields = [];
    private readonly int[] _tableFields = [];
    private readonly int[] _globalFields = [];
    private readonly int[] _tagFields = [];
    private readonly (int Code, int Context)[] _importFields = [];
    private readonly Dictionary<int, int> _typeFields = [];

    /// <summary>The compiler of a module's own assembly.</summary>
    private ModuleCompiler(ModuleDefinition definition, WasmEngine engine, HashSet<int> cells, Guid version, bool isKept)
    {
        Definition = definition;
        Engine = engine;
        _cells = cells;
        _isKept = isKept;
        _assembly = new ModuleAssembly(typeof(InstanceContext), version);
        _memoryFields = [.. definition.Memories.Select((_, i) => _assembly.AddField($"{Member.Memory}{i}", typeof(byte*)))];
        _tableFields = [.. definition.Tables.Select((_, i) => _assembly.AddField($"{Member.Table}{i}", typeof(Table)))];
        _globalFields = [.. definition.Globals.Select((g, i) => IsGlobalCell(i)
            ? _assembly.AddField($"{Member.Global}{i}", typeof(Global))
            : _assembly.AddField($"{Member.Global}{i}", g.Type.Type))];
        _tagFields = [.. definition.Tags.Select((_, i) => _assembly.AddField($"{Member.Tag}{i}", typeof(Tag)))];
        _importFields = [.. Enumerable.Range(0, definition.ImportedFunctionCount).Select(i =>
            (_assembly.AddField($"{Member.ImportCode}{i}", typeof(nint)), _assembly.AddField($"{Member.ImportContext}{i}", typeof(object))))];
    }

    /// <summary>First letters of the members of a module's class; a number follows.</summary>
    private static class Member
    {
        public const char Memory = 'm';
        public const char Table = 't';
        public const char Global = 'g';
        public const char ImportCode = 'i';
        public const char ImportContext = 'c';
        public const char Tag = 'x';
        public const char Type = 'y';
        public const char Entry = 's';
    }

    public ModuleDefinition Definition { get; }

    public WasmEngine Engine { get; }

    /// <summary>Whether the module says which line an instruction comes from.</summary>
    public bool HasLines => Definition.HasLines;

    public static CompiledModule Compile(ModuleDefinition definition, WasmEngine engine, CancellationToken cancellationToken)
    {
        HashSet<int> cells = CellsOf(definition);
        LazyCode? lazy = LazyCode.IsFor(definition, engine) ? new LazyCode(definition, engine, cells, kept: null) : null;
        ModuleCompiler compiler = new(definition, engine, cells, NextVersion(), isKept: false);
        byte[] image = compiler.CompileOwn(lazy is not null, cancellationToken);
        return new CompiledModule(definition, engine, module => module.Load(image), cells, lazy);
    }

    /// <summary>The module with code that was kept; null when that cannot be loaded.</summary>
    public static CompiledModule? Load(ModuleDefinition definition, WasmEngine engine, ICachedCode kept)
    {
        HashSet<int> cells = CellsOf(definition);
        LazyCode? lazy = LazyCode.IsLarge(definition, engine) ? new LazyCode(definition, engine, cells, kept) : null;
        int images = lazy is null ? 1 : LazyCode.PartsOf(definition).Length;
        try
        {
            return kept.ImageCount == images
                ? new CompiledModule(definition, engine, module => module.Load(kept, 0) ?? throw new FileLoadException("the image cannot be read any more"), cells, lazy)
                : null;
        }
        catch (Exception exception) when (exception is BadImageFormatException or IOException or TypeLoadException)
        {
            return null;
        }
    }

    /// <summary>The module's own image: with all functions, or for a large module with entries in their place.</summary>
    private byte[] CompileOwn(bool isLarge, CancellationToken cancellationToken)
    {
        if (isLarge)
        {
            AddTypeFields();
        }
        else
        {
            CompileFunctions(0, Definition.Bodies.Length, cancellationToken);
        }

        AddConstructor();
        AddBinder();
        AddFactory();
        if (isLarge)
        {
            AddGlobalFinder();
            AddEntries();
        }

        return _assembly.Build();
    }

    /// <summary>Where the code of each instruction of a function begins: offsets in its IL, ascending, and in the module (-1 for code of none).</summary>
    public static List<(int Il, int Offset)> MapOf(ModuleDefinition definition, WasmEngine engine, int body) =>
        new FunctionCompiler(new ModuleCompiler(definition, engine, CellsOf(definition), NextVersion(), isKept: false)).Map(body);

    private static HashSet<int> CellsOf(ModuleDefinition definition)
    {
        HashSet<int> cells = [];
        foreach (ExportDefinition export in definition.Exports)
        {
            if (export.Kind == ExternKind.Global)
            {
                cells.Add(export.Index);
            }
        }

        return cells;
    }

    /// <summary>Whether a global lives in a <see cref="Global"/> of its own, because somebody else can see it change.</summary>
    public bool IsGlobalCell(int index) => IsGlobalCell(Definition, _cells, index);

    /// <summary>Whether a global lives in a <see cref="Global"/> of its own.</summary>
    public static bool IsGlobalCell(ModuleDefinition definition, HashSet<int> exported, int index) =>
        definition.Globals[index].Type.IsMutable && (index < definition.ImportedGlobalCount || exported.Contains(index));

    public int MemoryField(int index) => _isBatch ? _assembly.ContextField(Member.Memory, index, typeof(byte*)) : _memoryFields[index];

    public int TableField(int index) => _isBatch ? _assembly.ContextField(Member.Table, index, typeof(Table)) : _tableFields[index];

    public int GlobalField(int index) => !_isBatch ? _globalFields[index]
        : IsGlobalCell(index) ? _assembly.ContextField(Member.Global, index, typeof(Global))
        : _assembly.ContextField(Member.Global, index, Definition.Globals[index].Type.Type);

    public int TagField(int index) => _isBatch ? _assembly.ContextField(Member.Tag, index, typeof(Tag)) : _tagFields[index];

    public (int Code, int Context) ImportFields(int index) => !_isBatch ? _importFields[index]
        : (_assembly.ContextField(Member.ImportCode, index, typeof(nint)), _assembly.ContextField(Member.ImportContext, index, typeof(object)));

    /// <summary>Field with the object for a type.</summary>
    public int TypeField(int typeIndex)
    {
        if (_isBatch)
        {
            return _assembly.ContextField(Member.Type, typeIndex, typeof(DefinedType));
        }

        if (!_typeFields.TryGetValue(typeIndex, out int token))
        {
            token = _assembly.AddField($"{Member.Type}{typeIndex}", typeof(DefinedType));
            _typeFields.Add(typeIndex, token);
        }

        return token;
    }

    /// <summary>Whether a function that the module defines is compiled apart from this one, and later or never.</summary>
    public bool IsElsewhere(int index) => _isBatch && !(index >= _batch.First && index < _batch.First + _batch.Count);

    /// <summary>Token of the method that a call of a function that the module defines calls.</summary>
    public int FunctionToken(int index) => !IsElsewhere(index)
        ? ModuleAssembly.MethodToken(index - _batch.First)
        : _assembly.Entry(index / EntriesOfClass, Member.Entry, index, TypeOf(index));

    public int CallSite(FunctionType type) => _assembly.CallSite(type);

    public int ContextField(string name) => Field(typeof(InstanceContext), name);

    public int Field(Type type, string name)
    {
        if (!_fields.TryGetValue((type, name), out int token))
        {
            token = _assembly.Token(type.GetField(name, Any)!);
            _fields.Add((type, name), token);
        }

        return token;
    }

    public int Helper(string name) => Named(typeof(GuestRuntime), name);

    public int Numeric(string name) => Named(typeof(Numeric), name);

    public int Vector(string name) => Named(typeof(Vectors), name);

    public int Atomic(string name) => Named(typeof(Atomics), name);

    public int HostThunk(string name) => Named(typeof(HostThunks), name);

    public int TypeToken(Type type) => _assembly.TypeToken(type);

    public int Method(Type type, string name, params Type[] parameters) => _assembly.Token(
        parameters.Length == 0 ? type.GetMethod(name, Any)! : type.GetMethod(name, Any, parameters)!);

    private int Named(Type type, string name)
    {
        if (!_helpers.TryGetValue(name, out int token))
        {
            token = _assembly.Token(type.GetMethod(name, Any)!);
            _helpers.Add(name, token);
        }

        return token;
    }

    /// <summary>Identity of an image that only this process sees: debuggers and profilers tell modules apart by it.</summary>
    private static Guid NextVersion() => new(unchecked((int)0xA7011001), 0, 0, BitConverter.GetBytes(Interlocked.Increment(ref s_versions)));

    private void CompileFunctions(int first, int count, CancellationToken cancellationToken)
    {
        FunctionCompiler compiler = new(this);
        _functions = count;
        for (int i = first; i < first + count; i++)
        {
            if ((i & 63) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            AddFunction(i, compiler.Compile(i), compiler);
        }

        // One may ask for more.
        for (int i = 0; i < _later.Count; i++)
        {
            _later[i]();
        }
    }

    private void AddFunction(string name, int index, FunctionCompiler.Result result, MethodImplAttributes impl) => _assembly.AddMethod(
        name, Static, impl, _assembly.FunctionSignature(TypeOf(index), result.Placement), result.Il, result.MaxStack,
        _assembly.LocalsSignature(result.Locals), result.InitLocals, result.Handlers);

    private FunctionType TypeOf(int index) => Definition.TypeOf(Definition.ImportedFunctionCount + index);

    private void AddConstructor()
    {
        IlBuffer il = new();
        il.LoadArgument(0);
        il.Emit(Il.Call, _assembly.Token(typeof(InstanceContext).GetConstructor(Any, Type.EmptyTypes)!));
        il.Emit(Il.Ret);
        _constructor = _assembly.AddMethod(
            ".ctor", MethodAttributes.Public | MethodAttributes.HideBySig | MethodAttributes.SpecialName | MethodAttributes.RTSpecialName,
            MethodImplAttributes.IL, _assembly.MethodSignature(isInstance: true, null), il.Finish(), 8, default, initLocals: false);
    }

    private void AddFactory()
    {
        IlBuffer il = new();
        il.Emit(Il.Newobj, _constructor);
        il.Emit(Il.Ret);
        _assembly.AddMethod(CompiledModule.FactoryName, Static, MethodImplAttributes.IL, _assembly.MethodSignature(isInstance: false, typeof(InstanceContext)), il.Finish(), 8, default, initLocals: false);
    }

    /// <summary>Overrides <see cref="InstanceContext.Bind"/>: one store for each generated field.</summary>
    private void AddBinder()
    {
        MethodInfo bind = typeof(InstanceContext).GetMethod(nameof(InstanceContext.Bind))!;
        IlBuffer il = new();
        for (int i = 0; i < _importFields.Length; i++)
        {
            BindElement(il, 1, i, typeof(ImportBinding), Field(typeof(ImportBinding), nameof(ImportBinding.Code)), Il.Ldfld, _importFields[i].Code);
            BindElement(il, 1, i, typeof(ImportBinding), Field(typeof(ImportBinding), nameof(ImportBinding.Context)), Il.Ldfld, _importFields[i].Context);
        }

        for (int i = 0; i < _memoryFields.Length; i++)
        {
            BindElement(il, 2, i, null, _assembly.Token(typeof(Memory).GetProperty(nameof(Memory.Base), Any)!.GetMethod!), Il.Call, _memoryFields[i]);
        }

        for (int i = 0; i < _tableFields.Length; i++)
        {
            BindElement(il, 3, i, null, 0, default, _tableFields[i]);
        }

        for (int i = 0; i < _globalFields.Length; i++)
        {
            BindGlobal(il, i);
        }

        for (int i = 0; i < _tagFields.Length; i++)
        {
            BindElement(il, 7, i, null, 0, default, _tagFields[i]);
        }

        foreach ((int typeIndex, int field) in _typeFields)
        {
            BindElement(il, 6, typeIndex, null, 0, default, field);
        }

        il.Emit(Il.Ret);
        Type[] parameters = Array.ConvertAll(bind.GetParameters(), p => p.ParameterType);
        _assembly.AddMethod(
            bind.Name, MethodAttributes.Public | MethodAttributes.Virtual | MethodAttributes.HideBySig, MethodImplAttributes.IL,
            _assembly.MethodSignature(isInstance: true, null, parameters), il.Finish(), 8, default, initLocals: false);
    }

    /// <summary>this.field = array[index], or a part of it; a null element type means an array of references.</summary>
    private void BindElement(IlBuffer il, int argument, int index, Type? structure, int part, Il partCode, int field)
    {
        il.LoadArgument(0);
        il.LoadArgument(argument);
        il.LoadInt32(index);
        if (structure is null)
        {
            il.Emit(Il.LdelemRef);
        }
        else
        {
            il.Emit(Il.Ldelema, _assembly.TypeToken(structure));
        }

        if (part != 0)
        {
            il.Emit(partCode, part);
        }

        il.Emit(Il.Stfld, field);
    }

    private void BindGlobal(IlBuffer il, int index)
    {
        if (IsGlobalCell(index))
        {
            BindElement(il, 5, index, null, 0, default, _globalFields[index]);
            return;
        }

        LocalKind kind = LocalKinds.Of(Definition.Globals[index].Type.Type);
        if (kind == LocalKind.Reference)
        {
            BindElement(il, 4, index, typeof(Value), Field(typeof(Value), nameof(Value.Reference)), Il.Ldfld, _globalFields[index]);
            return;
        }

        if (kind == LocalKind.V128)
        {
            BindElement(il, 4, index, typeof(Value), _assembly.Token(typeof(HostThunks).GetMethod(nameof(HostThunks.UnpackV128), Any)!), Il.Call, _globalFields[index]);
            return;
        }

        il.LoadArgument(0);
        il.LoadArgument(4);
        il.LoadInt32(index);
        il.Emit(Il.Ldelema, _assembly.TypeToken(typeof(Value)));
        il.Emit(Il.Ldflda, Field(typeof(Value), nameof(Value.Low)));
        il.Emit(kind switch { LocalKind.I32 => Il.LdindI4, LocalKind.I64 => Il.LdindI8, LocalKind.F32 => Il.LdindR4, _ => Il.LdindR8 });
        il.Emit(Il.Stfld, _globalFields[index]);
    }
}
