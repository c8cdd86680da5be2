using Atoll.Wasm.Binary;
using Atoll.Wasm.Compilation;

namespace Atoll.Wasm.Execution;

/// <summary>Makes an instance (specification, "Execution / Modules / Instantiation"): same steps, same order.</summary>
internal sealed unsafe class Instantiation
{
    private readonly Store _store;
    private readonly WasmModule _module;
    private readonly ModuleDefinition _definition;
    private readonly InstanceContext _context;
    private readonly Value[] _globals;
    private readonly Global?[] _cells;
    private readonly ImportBinding[] _bindings;

    private Instantiation(Store store, WasmModule module)
    {
        _store = store;
        _module = module;
        _definition = module.Definition;
        _context = module.Code.CreateContext();
        _globals = new Value[_definition.Globals.Length];
        _cells = new Global?[_definition.Globals.Length];
        _bindings = new ImportBinding[_definition.ImportedFunctionCount];
    }

    /// <param name="store">The store.</param>
    /// <param name="module">The module.</param>
    /// <param name="imports">One item for each import, of the right type: an <see cref="Extern"/> or a <see cref="HostDefinition"/>.</param>
    /// <param name="runStart">Whether to run the start function; if not, <see cref="RunStart"/> has to.</param>
    public static Instance Run(Store store, WasmModule module, object[] imports, bool runStart = true)
    {
        // Entered as a whole, so that no other thread can use the store meanwhile.
        ThreadBias? state = store.Enter();
        try
        {
            Instance instance = new Instantiation(store, module).Run(imports);
            if (runStart)
            {
                RunStart(instance);
            }

            return instance;
        }
        finally
        {
            store.Exit(state);
        }
    }

    /// <summary>The last step: the start function, if the module has one.</summary>
    public static void RunStart(Instance instance)
    {
        if (instance.Module.Definition.Start is >= 0 and int start)
        {
            GuestRuntime.RefFunc(instance.Context, start).Invoke();
        }
    }

    private Instance Run(object[] imports)
    {
        Instance instance = new(_store, _module, _context, _cells, _globals);
        _context.Control = _store.Control;
        _context.Store = _store;
        _context.Instance = instance;
        _context.Functions = new Function?[_definition.Functions.Length];
        _context.Memories = new Memory[_definition.Memories.Length];
        _context.Tables = new Table[_definition.Tables.Length];
        _context.Tags = new Tag[_definition.Tags.Length];
        _context.DroppedData = new bool[_definition.Data.Length];
        _context.Types = _module.Code.Types;
        _context.Tokens = new HeapToken?[_context.Types.Length];
        BindImports(imports, instance);
        _context.Imports = _bindings;
        for (int i = _definition.ImportedMemoryCount; i < _context.Memories.Length; i++)
        {
            _context.Memories[i] = new Memory(_store, _definition.Memories[i]);
        }

        for (int i = _definition.ImportedTagCount; i < _context.Tags.Length; i++)
        {
            _context.Tags[i] = new Tag(_store, _definition.Tags[i].Type);
        }

        MakeGlobals();
        for (int i = _definition.ImportedTableCount; i < _context.Tables.Length; i++)
        {
            TableDefinition table = _definition.Tables[i];
            Value initial = table.Initializer is { } code ? Evaluate(code, table.Type.Element) : Value.Default(table.Type.Element);
            _context.Tables[i] = new Table(_store, table.Type, initial);
        }

        _context.BindAll(_globals, _cells);
        _store.Own(instance);
        InitializeElements();
        InitializeData();
        return instance;
    }

    private void BindImports(object[] imports, Instance instance)
    {
        int functions = 0;
        int tables = 0;
        int memories = 0;
        int globals = 0;
        int tags = 0;
        for (int i = 0; i < imports.Length; i++)
        {
            switch (imports[i])
            {
                case HostDefinition host:
                    _bindings[functions++] = new ImportBinding { Code = host.CodeFor(_store), Context = new Caller(host, _store, instance) };
                    break;
                case Function function:
                    _context.Functions[functions] = function;
                    _bindings[functions++] = BindingOf(function, instance);
                    break;
                case Table table:
                    _context.Tables[tables++] = table;
                    break;
                case Memory memory:
                    _context.Memories[memories++] = memory;
                    break;
                case Global global:
                    _cells[globals] = global;
                    _globals[globals++] = global.Value;
                    break;
                case Tag tag:
                    _context.Tags[tags++] = tag;
                    break;
            }
        }
    }

    /// <summary>A host function that is passed on as an item is called in the name of the instance that imports it.</summary>
    private ImportBinding BindingOf(Function function, Instance instance) => new()
    {
        Code = function.Code,
        Context = function.Context is Caller { Instance: null } caller ? new Caller(caller.Definition, _store, instance) : function.Context,
    };

    private void MakeGlobals()
    {
        for (int i = _definition.ImportedGlobalCount; i < _globals.Length; i++)
        {
            GlobalDefinition global = _definition.Globals[i];
            _globals[i] = Evaluate(global.Initializer, global.Type.Type);
            if (_module.Code.IsGlobalCell(i))
            {
                _cells[i] = new Global(_store, global.Type, _globals[i]);
            }
        }
    }

    private void InitializeElements()
    {
        ElementSegment[] segments = _definition.Elements;
        _context.Elements = segments.Length == 0 ? [] : new object?[]?[segments.Length];
        for (int i = 0; i < segments.Length; i++)
        {
            _context.Elements[i] = segments[i].Mode == SegmentMode.Declarative ? null : EvaluateElements(segments[i]);
        }

        for (int i = 0; i < segments.Length; i++)
        {
            if (segments[i].Mode == SegmentMode.Active)
            {
                ulong offset = EvaluateOffset(segments[i].Offset, _definition.Tables[segments[i].Table].Type.IndexType);
                GuestRuntime.InitTable(_context, offset, 0, (uint)segments[i].Count, segments[i].Table, i);
                GuestRuntime.ElemDrop(_context, i);
            }
        }
    }

    private object?[] EvaluateElements(ElementSegment segment)
    {
        object?[] elements = new object?[segment.Count];
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = segment.FunctionIndices is { } functions
                ? GuestRuntime.RefFunc(_context, functions[i])
                : Evaluate(segment.Expressions![i], segment.Type).Reference;
        }

        return elements;
    }

    private void InitializeData()
    {
        DataSegment[] segments = _definition.Data;
        for (int i = 0; i < segments.Length; i++)
        {
            if (segments[i].Mode == SegmentMode.Active)
            {
                ulong offset = EvaluateOffset(segments[i].Offset, _definition.Memories[segments[i].Memory].IndexType);
                GuestRuntime.InitMemory(_context, offset, 0, (uint)segments[i].Content.Length, segments[i].Memory, i);
                _context.DroppedData[i] = true;
            }
        }
    }

    private ulong EvaluateOffset(ByteRange code, ValueType type)
    {
        ulong offset = Evaluate(code, type).Low;
        return type == ValueType.I64 ? offset : (uint)offset;
    }

    private Value Evaluate(ByteRange code, ValueType type) => ConstantExpression.Evaluate(_definition.Bytes, code, type, _globals, _cells, _context);
}
