using System.Runtime.CompilerServices;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <summary>
/// Compiles one validated function body to IL in one pass. The operand stack is symbolic: constants and reads of locals stay lazy, other values
/// stay on IL's evaluation stack, and only where IL wants that stack empty (branches, labels, checks) are they stored to pooled temporaries.
/// </summary>
internal sealed partial class FunctionCompiler
{
    /// <summary>Frames above this are checked before they exist, by a wrapper: the prologue of such a frame would touch memory past the guard.</summary>
    private const int LargeFrameBytes = 16 * 1024;

    private const int MaximumLocals = 60_000;

    /// <summary>Functions of more code share one block for all failed checks even where that loses the line: blocks cost the JIT compiler's favour.</summary>
    private const int MaximumTracedBytes = 4096;

    private readonly ModuleCompiler _module;
    private readonly ModuleDefinition _definition;
    private readonly WasmEngineOptions _options;
    private readonly IlBuffer _il = new();
    private readonly IlBuffer _prologue = new();
    private FunctionType _type = null!;
    private int _parameterCount;
    private int _contextArgument;
    private LocalKind[] _wasmLocals = [];

    /// <summary>The IL local of each wasm local; -1 for an argument of IL.</summary>
    private int[] _homes = [];
    private bool _hasCalls;
    private int _guardLocal;
    private InstructionMap? _map;
    private int _prologueLength;
    private int _instructionOffset;
    private bool _tracesMemory;
    private ColdLabels _cold;
    private int _controlLocal;
    private int[] _memoryBases = [];
    private int[] _memoryLengths = [];

    public FunctionCompiler(ModuleCompiler module)
    {
        _module = module;
        _definition = module.Definition;
        _options = module.Engine.Options;
    }

    /// <summary>Labels of the blocks that throw, -1 where there is none. IL lets no branch leave a try region, which therefore has its own.</summary>
    private struct ColdLabels()
    {
        public int MemoryTrap = -1;

        public int Overflow = -1;

        /// <summary>In place of these two where traps tell their line: one for each instruction.</summary>
        public List<(int Label, int Offset, string Helper)>? Traced;
        public int TypeTrap = -1;
        public int CastFailure = -1;
        public int Unaligned = -1;
        public int StackCheck = -1;
        public int Fuel = -1;
    }

    /// <summary>IL of the function and what the method needs to run it.</summary>
    public readonly record struct Result(byte[] Il, int MaxStack, List<LocalKind> Locals, bool InitLocals, int FrameBytes, IlBuffer.HandlerOffsets[] Handlers)
    {
        /// <summary>For a body that is to be inlined.</summary>
        public VariablePlacement? Placement { get; init; }
    }

    /// <summary>As <see cref="Compile(int)"/>, to learn where each instruction's code lies.</summary>
    public List<(int Il, int Offset)> Map(int index)
    {
        _map = new InstructionMap();
        Compile(index, null);
        return _map.Resolve(_il, _prologueLength);
    }

    public bool IsLarge(in Result result) => result.FrameBytes > LargeFrameBytes;

    private Result Compile(int index, VariablePlacement? placement)
    {
        FunctionBody body = _definition.Bodies[index];
        Reset(_definition.TypeOf(_definition.ImportedFunctionCount + index), body);
        ResetRecursion(index, body);
        _il.Placement = placement;
        _prologue.Placement = placement;
        EmitEntry(body);
        EmitResume(body);
        BeginRegion(body);
        PushFunctionFrame();
        WasmReader reader = new(_definition.Bytes, body.Code.Start, body.Code.End, types: _definition.Types);
        while (_frames.Count > 0)
        {
            _instructionOffset = reader.Position;
            _map?.Note(_il, _instructionOffset);
            Opcode opcode = reader.ReadOpcode();
            if (!_reachable)
            {
                SkipUnreachable(ref reader, opcode);
                if (_reachable)
                {
                    // Control comes from elsewhere here.
                    _run++;
                    EndStraightCode();
                }

                continue;
            }

            _fuel++;
            CompileInstruction(ref reader, opcode);
            if (IsSeen(opcode))
            {
                _run++;
                if (!GoesOn(opcode))
                {
                    EndStraightCode();
                }
            }
        }

        // What follows belongs to many instructions.
        _map?.Note(_il, -1);
        EndRegion();
        EmitDeferred();
        _coldStart = _il.Length;
        EmitColdBlocks();
        EmitPrologue(_prologue);
        int frame = EstimateFrame();
        byte[] il = _il.Finish(_prologue, out _prologueLength);
        return new Result(il, _maximumStack + 16, _locals, InitLocals: ManyLocals(body), frame, _il.Handlers(_prologueLength));
    }

    /// <summary>Past this many locals the prologue's block clear beats one store for each; but it would not reach variables that are kept elsewhere.</summary>
    private bool ManyLocals(FunctionBody body) => body.LocalCount - _parameterCount > 64 && _il.Placement is null;

    private void Reset(FunctionType type, FunctionBody body)
    {
        _il.Clear();
        _prologue.Clear();
        _type = type;
        int parameters = type.Parameters.Length;
        _parameterCount = _resumeOffset == 0 ? parameters : 0;
        _contextArgument = _resumeOffset == 0 ? parameters + Math.Max(0, type.Results.Length - 1) : 1;
        _hasCalls = body.HasCalls;
        _locals = [];
        _stack.Clear();
        _frames.Clear();
        _stackEntries = 0;
        _vectors = 0;
        _maximumStack = 0;
        _reachable = true;
        _guardLocal = -1;
        ResetFuel(body);
        _cold = new ColdLabels();
        _tracesMemory = _module.HasLines && body.Code.Length <= MaximumTracedBytes;
        _controlLocal = -1;
        _memoryBases = new int[_definition.Memories.Length];
        Array.Fill(_memoryBases, -1);
        _memoryLengths = [.. _memoryBases];
        foreach (Stack<int> free in _freeTemps)
        {
            free.Clear();
        }

        _wasmLocals = new LocalKind[body.LocalCount];
        _homes = new int[body.LocalCount];
        for (int i = 0; i < parameters; i++)
        {
            _wasmLocals[i] = LocalKinds.Of(type.Parameters[i]);
            _homes[i] = _resumeOffset == 0 ? -1 : AddLocal(_wasmLocals[i]);
        }

        int next = parameters;
        foreach (LocalRun run in body.Locals)
        {
            for (int i = 0; i < run.Count; i++)
            {
                _wasmLocals[next] = LocalKinds.Of(run.Type);
                _homes[next] = AddLocal(_wasmLocals[next]);
                next++;
            }
        }

        _lazyReads = new int[body.LocalCount];
        ResetHiding(body.LocalCount, parameters);
        ResetChecks(body);
        ResetInterruption();
    }

    private int AddLocal(LocalKind kind)
    {
        if (_locals.Count >= MaximumLocals)
        {
            throw new InvalidModuleException($"the function needs more than {MaximumLocals} local values; split it", 0);
        }

        _locals.Add(kind);
        return _locals.Count - 1;
    }

    private void EmitEntry(FunctionBody body)
    {
        if (!ManyLocals(body) && _resumeOffset == 0)
        {
            for (int i = _parameterCount; i < _wasmLocals.Length; i++)
            {
                EmitZero(_wasmLocals[i]);
                _il.StoreLocal(i - _parameterCount);
            }
        }

        if (_hasCalls && _options.StackGuard && !_isCopy)
        {
            // A leaf's frame fits into the headroom; what calls has to look at its stack (and sees interrupts on the way).
            _guardLocal = AddLocal(LocalKind.Pointer);
            _il.LoadLocalAddress(_guardLocal);
            _il.Emit(Il.ConvU);
            LoadControl(nameof(StoreControl.StackLimit));
            _il.Emit(Il.LdindI8);
            _il.Branch(Il.BltUn, ColdLabel(ref _cold.StackCheck));
        }

        LookAtEntry(body);
        if (_options.Profiling)
        {
            LookForSample();
        }

        if (_options.ConsumeFuel)
        {
            BeginFuel();
        }
    }

    /// <summary>Loads what the body turned out to use: the store's control block, bases of memories.</summary>
    private void EmitPrologue(IlBuffer il)
    {
        if (_controlLocal >= 0)
        {
            if (_isCopy && _options.ConsumeFuel)
            {
                il.LoadArgument(_contextArgument + 1);
            }
            else
            {
                il.LoadArgument(_contextArgument);
                il.Emit(Il.Ldfld, _module.ContextField(nameof(InstanceContext.Control)));
            }

            il.StoreLocal(_controlLocal);
        }

        for (int i = 0; i < _memoryBases.Length; i++)
        {
            if (_memoryBases[i] >= 0)
            {
                il.LoadArgument(_contextArgument);
                il.Emit(Il.Ldfld, _module.MemoryField(i));
                il.StoreLocal(_memoryBases[i]);
            }

            if (_memoryLengths[i] >= 0)
            {
                EmitMemoryLength(il, _memoryBases[i]);
                il.StoreLocal(_memoryLengths[i]);
            }
        }
    }

    /// <summary>
    /// One block for each kind of failure, at the end of the function or of its try region. All of them throw: the JIT compiler then knows that they are cold, and keeps the values of
    /// hot loops in registers.
    /// </summary>
    private void EmitColdBlocks()
    {
        foreach ((int label, int offset, string helper) in _cold.Traced ?? [])
        {
            EmitTrap(label, offset, helper);
        }

        EmitTrap(_cold.MemoryTrap, -1, nameof(GuestRuntime.MemoryOutOfBounds));
        EmitTrap(_cold.Overflow, -1, nameof(GuestRuntime.IntegerOverflow));
        EmitThrow(_cold.Unaligned, nameof(GuestRuntime.UnalignedAtomic), takesContext: false);
        EmitThrow(_cold.TypeTrap, nameof(GuestRuntime.IndirectCallTypeMismatch), takesContext: false);
        EmitThrow(_cold.CastFailure, nameof(GuestRuntime.CastFailure), takesContext: false);
        EmitThrow(_cold.StackCheck, nameof(GuestRuntime.StackCheckFailed), takesContext: true);
        EmitThrow(_cold.Fuel, nameof(GuestRuntime.OutOfFuel), takesContext: true);
    }

    private int MemoryTrapLabel() => TrapLabel(ref _cold.MemoryTrap, nameof(GuestRuntime.MemoryOutOfBounds));

    /// <summary>Where a failed check goes. The block is shared, but where traps can tell their line it knows the instruction.</summary>
    private int TrapLabel(ref int shared, string helper)
    {
        if (!_tracesMemory)
        {
            return ColdLabel(ref shared);
        }

        _cold.Traced ??= [];
        if (_cold.Traced is not [.., var last] || last.Offset != _instructionOffset)
        {
            _cold.Traced.Add((_il.DefineLabel(), _instructionOffset, helper));
        }

        return _cold.Traced[^1].Label;
    }

    private int ColdLabel(ref int label)
    {
        if (label < 0)
        {
            label = _il.DefineLabel();
        }

        return label;
    }

    private void EmitTrap(int label, int offset, string helper)
    {
        if (label >= 0)
        {
            _il.MarkLabel(label);
            _il.LoadInt32(offset);
            CallHelper(helper);
            _il.Emit(Il.Throw);
        }
    }

    private void EmitThrow(int label, string helper, bool takesContext)
    {
        if (label < 0)
        {
            return;
        }

        _il.MarkLabel(label);
        if (label == _cold.Fuel)
        {
            SaveFuel();
        }

        if (takesContext)
        {
            LoadContext();
        }

        CallHelper(helper);
        _il.Emit(Il.Throw);
    }

    /// <summary>
    /// An upper estimate of the frame: optimised code keeps most locals in registers, but unoptimised code gives each a slot, and adds
    /// temporaries of its own in proportion to the code, of 16 bytes for the results of vector instructions.
    /// </summary>
    private int EstimateFrame()
    {
        long slots = 16L * (_locals.Count + _parameterCount + _type.Results.Length);
        long code = _il.Length > 40_000 || slots > LargeFrameBytes ? _il.Length : _il.Length / 8;
        if (_module.MayRunUnoptimised)
        {
            // Results and arguments of vector instructions take up to 48 bytes for 5 of IL. Those of small functions fit into what is spare below the limit.
            code = _il.Length <= LargeFrameBytes / 2 ? 2L * _il.Length : Math.Max(_il.Length, Math.Min(10L * _il.Length, 128 * 1024));
        }

        return (int)Math.Min(slots + code + (16L * _vectors), 16 << 20);
    }

    private void CompileInstruction(ref WasmReader reader, Opcode opcode)
    {
        if (opcode is not (Opcode.BrIf or Opcode.If or Opcode.Select or Opcode.SelectT or Opcode.I32Eqz))
        {
            SettleCompare();
        }

        if (opcode is >= Opcode.I32Load and <= Opcode.I64Store32)
        {
            CompileAccess(ref reader, opcode);
        }
        else if (opcode is >= Opcode.I32Eqz and <= Opcode.I64Extend32S || opcode is >= Opcode.I32TruncSatF32S and <= Opcode.I64TruncSatF64U)
        {
            CompileNumeric(opcode);
        }
        else if ((int)opcode >> 16 == VectorInstructions.Prefix >> 16)
        {
            CompileVector(ref reader, opcode);
        }
        else if ((int)opcode >> 16 == AtomicInstructions.Prefix >> 16)
        {
            CompileAtomic(ref reader, opcode);
        }
        else if ((int)opcode >> 16 == (int)Opcode.StructNew >> 16)
        {
            CompileHeap(ref reader, opcode);
        }
        else if (!CompileControl(ref reader, opcode) && !CompileReference(ref reader, opcode))
        {
            CompileOther(ref reader, opcode);
        }
    }

    private void CompileOther(ref WasmReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Drop: Drop(); break;
            case Opcode.Select: CompileSelect(); break;
            case Opcode.SelectT:
                reader.SkipImmediate(ImmediateKind.SelectTypes);
                CompileSelect();
                break;
            case Opcode.LocalGet: PushLocal((int)reader.ReadVarU32()); break;
            case Opcode.LocalSet: SetLocal((int)reader.ReadVarU32(), tee: false); break;
            case Opcode.LocalTee: SetLocal((int)reader.ReadVarU32(), tee: true); break;
            case Opcode.GlobalGet: CompileGlobalGet((int)reader.ReadVarU32()); break;
            case Opcode.GlobalSet: CompileGlobalSet((int)reader.ReadVarU32()); break;
            case Opcode.I32Const: PushConst(LocalKind.I32, reader.ReadVarS32()); break;
            case Opcode.I64Const: PushConst(LocalKind.I64, reader.ReadVarS64()); break;
            case Opcode.F32Const: PushConst(LocalKind.F32, reader.ReadF32Bits()); break;
            case Opcode.F64Const: PushConst(LocalKind.F64, (long)reader.ReadF64Bits()); break;
            case Opcode.RefNull:
                reader.SkipImmediate(ImmediateKind.HeapType);
                PushConst(LocalKind.Reference, 0);
                break;
            case Opcode.RefIsNull:
                PushCompare(CompareOperator.IsNull, LoadOperands(1));
                break;
            default: CompileRuntimeCall(ref reader, opcode); break;
        }
    }

    private void CallHelper(string name) => _il.Emit(Il.Call, _module.Helper(name));

    private void LoadContext()
    {
        if (_inRegion)
        {
            _il.LoadLocal(_contextLocal);
        }
        else
        {
            _il.LoadArgument(_contextArgument);
        }
    }

    private void LoadControl(string field)
    {
        if (_controlLocal < 0)
        {
            _controlLocal = AddLocal(LocalKind.Pointer);
        }

        _il.LoadLocal(_controlLocal);
        int offset = field switch
        {
            nameof(StoreControl.StackLimit) => 0,
            nameof(StoreControl.Go) => (int)ControlOffsets.Go,
            _ => (int)ControlOffsets.Fuel,
        };
        if (offset != 0)
        {
            _il.LoadInt32(offset);
            _il.Emit(Il.Add);
        }
    }

    private static unsafe class ControlOffsets
    {
        public static readonly nint Go = Offset(c => (nint)(&c->Go));
        public static readonly nint Fuel = Offset(c => (nint)(&c->Fuel));

        private delegate nint AddressOf(StoreControl* control);

        private static nint Offset(AddressOf address)
        {
            StoreControl control;
            return address(&control) - (nint)(&control);
        }
    }
}
