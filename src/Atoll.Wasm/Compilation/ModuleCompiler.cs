using System.Reflection;
using System.Security.Cryptography;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <summary>
/// Turns a validated module into an assembly. The generated class has, in this order: a method for each function, the bodies of functions with
/// large frames, the constructor, the binder and the factory.
/// </summary>
internal sealed class ModuleCompiler
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
    private const MethodAttributes Static = MethodAttributes.Public | MethodAttributes.Static | MethodAttributes.HideBySig;

    private readonly ModuleAssembly _assembly;
    private readonly Dictionary<string, int> _helpers = [];
    private readonly Dictionary<(Type, string), int> _fields = [];
    private readonly HashSet<int> _cells = [];
    private readonly int[] _memoryFields;
    private readonly int[] _tableFields;
    private readonly int[] _globalFields;
    private readonly (int Code, int Context)[] _importFields;
    private readonly Dictionary<int, int> _typeFields = [];

    private ModuleCompiler(ModuleDefinition definition, WasmEngine engine)
    {
        Definition = definition;
        Engine = engine;
        _assembly = new ModuleAssembly(typeof(InstanceContext), new Guid(SHA256.HashData(definition.Bytes).AsSpan(0, 16)));
        foreach (ExportDefinition export in definition.Exports)
        {
            if (export.Kind == ExternKind.Global)
            {
                _cells.Add(export.Index);
            }
        }

        _memoryFields = [.. definition.Memories.Select((_, i) => _assembly.AddField($"m{i}", typeof(byte*)))];
        _tableFields = [.. definition.Tables.Select((_, i) => _assembly.AddField($"t{i}", typeof(Table)))];
        _globalFields = [.. definition.Globals.Select((g, i) =>
            IsGlobalCell(i) ? _assembly.AddField($"c{i}", typeof(Global)) : _assembly.AddField($"g{i}", g.Type.Type))];
        _importFields = [.. Enumerable.Range(0, definition.ImportedFunctionCount).Select(i =>
            (_assembly.AddField($"ip{i}", typeof(nint)), _assembly.AddField($"ic{i}", typeof(object))))];
    }

    public ModuleDefinition Definition { get; }

    public WasmEngine Engine { get; }

    public static CompiledModule Compile(ModuleDefinition definition, WasmEngine engine, CancellationToken cancellationToken)
    {
        ModuleCompiler compiler = new(definition, engine);
        compiler.CompileFunctions(cancellationToken);
        FunctionType[] types = Array.ConvertAll(definition.Types, engine.Intern);
        return new CompiledModule(definition, compiler._assembly.Build(), types, compiler._cells);
    }

    /// <summary>Whether a global lives in a <see cref="Global"/> of its own, because somebody else can see it change.</summary>
    public bool IsGlobalCell(int index) =>
        Definition.Globals[index].Type.IsMutable && (index < Definition.ImportedGlobalCount || _cells.Contains(index));

    public int MemoryField(int index) => _memoryFields[index];

    public int TableField(int index) => _tableFields[index];

    public int GlobalField(int index) => _globalFields[index];

    public (int Code, int Context) ImportFields(int index) => _importFields[index];

    /// <summary>Field with the engine's object for a type; equal types of the module share one.</summary>
    public int TypeField(int typeIndex)
    {
        if (!_typeFields.TryGetValue(typeIndex, out int token))
        {
            token = _assembly.AddField($"ft{typeIndex}", typeof(FunctionType));
            _typeFields.Add(typeIndex, token);
        }

        return token;
    }

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

    private void CompileFunctions(CancellationToken cancellationToken)
    {
        FunctionCompiler compiler = new(this);
        List<(int Index, FunctionCompiler.Result Result)> large = [];
        int count = Definition.Bodies.Length;
        for (int i = 0; i < count; i++)
        {
            if ((i & 63) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            FunctionCompiler.Result result = compiler.Compile(i);
            if (compiler.IsLarge(result) || result.Placement is not null)
            {
                large.Add((i, result));
                AddGuard(i, result.FrameBytes, ModuleAssembly.MethodToken(count + large.Count - 1));
            }
            else
            {
                AddFunction($"f{i}", i, result, MethodImplAttributes.IL);
            }
        }

        int giants = 0;
        foreach ((int index, FunctionCompiler.Result result) in large)
        {
            if (result.Placement is null) AddFunction($"f{index}$body", index, result, MethodImplAttributes.NoInlining);
            else AddRoot(index, ModuleAssembly.MethodToken(count + large.Count + giants++), result.Placement);
        }

        foreach ((int index, FunctionCompiler.Result result) in large)
        {
            if (result.Placement is not null) AddFunction($"f{index}$in", index, result, MethodImplAttributes.AggressiveInlining);
        }

        AddConstructor();
        AddBinder();
        AddFactory(count + large.Count + giants);
    }

    private void AddFunction(string name, int index, FunctionCompiler.Result result, MethodImplAttributes impl) => _assembly.AddMethod(
        name, Static, impl, result.Placement is null ? _assembly.FunctionSignature(TypeOf(index)) : _assembly.FunctionSignature(TypeOf(index), result.Placement), result.Il, result.MaxStack, _assembly.LocalsSignature(result.Locals), result.InitLocals);

    private FunctionType TypeOf(int index) => Definition.TypeOf(Definition.ImportedFunctionCount + index);

    private void AddRoot(int index, int body, VariablePlacement placement)
    {
        FunctionType type = TypeOf(index);
        int arguments = type.Parameters.Length + Math.Max(0, type.Results.Length - 1) + 1;
        IlBuffer il = new();
        for (int i = 0; i < arguments; i++)
        {
            il.LoadArgument(i);
        }

        foreach (LocalKind kind in placement.Parameters)
        {
            switch (kind)
            {
                case LocalKind.I32: il.LoadInt32(0); break;
                case LocalKind.I64 or LocalKind.Pointer: il.LoadInt64(0); break;
                case LocalKind.F32: il.LoadFloat32(0); break;
                case LocalKind.F64: il.LoadFloat64(0); break;
                case LocalKind.V128: il.LoadInt64(0); il.LoadInt64(0); il.Emit(Il.Call, Vector(nameof(Vectors.Const))); break;
                default: il.Emit(Il.Ldnull); break;
            }
        }

        if (placement.FrameParameter >= 0) il.LoadLocalAddress(0);
        il.Emit(Il.Call, body);
        il.Emit(Il.Ret);
        _assembly.AddMethod($"f{index}", Static, MethodImplAttributes.NoInlining, _assembly.FunctionSignature(type), il.Finish(), arguments + placement.Parameters.Count + 3, placement.FrameParameter >= 0 ? _assembly.FrameSignature() : default, initLocals: false);
    }

    /// <summary>A method that checks that the frame of the real one fits, then calls it.</summary>
    private void AddGuard(int index, int frameBytes, int body)
    {
        FunctionType type = TypeOf(index);
        int arguments = type.Parameters.Length + Math.Max(0, type.Results.Length - 1) + 1;
        IlBuffer il = new();
        il.LoadArgument(arguments - 1);
        il.LoadInt32(frameBytes);
        il.Emit(Il.Call, Helper(nameof(GuestRuntime.CheckFrame)));
        for (int i = 0; i < arguments; i++)
        {
            il.LoadArgument(i);
        }

        // In place of this frame, so that tail calls among such functions do not pile up guards.
        il.Emit(Il.Tail);
        il.Emit(Il.Call, body);
        il.Emit(Il.Ret);
        _assembly.AddMethod($"w{index}", Static, MethodImplAttributes.NoInlining, _assembly.FunctionSignature(type), il.Finish(), arguments + 2, default, initLocals: false);
    }

    private void AddConstructor()
    {
        IlBuffer il = new();
        il.LoadArgument(0);
        il.Emit(Il.Call, _assembly.Token(typeof(InstanceContext).GetConstructor(Any, Type.EmptyTypes)!));
        il.Emit(Il.Ret);
        _assembly.AddMethod(
            ".ctor", MethodAttributes.Public | MethodAttributes.HideBySig | MethodAttributes.SpecialName | MethodAttributes.RTSpecialName,
            MethodImplAttributes.IL, _assembly.MethodSignature(isInstance: true, null), il.Finish(), 8, default, initLocals: false);
    }

    private void AddFactory(int constructorIndex)
    {
        IlBuffer il = new();
        il.Emit(Il.Newobj, ModuleAssembly.MethodToken(constructorIndex));
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
