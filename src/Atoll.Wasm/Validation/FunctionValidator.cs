using System.Runtime.CompilerServices;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Validation;

/// <summary>Checks function bodies by the algorithm of the specification's appendix: an operand stack and a control stack of types.</summary>
/// <remarks>
/// One value serves all functions of a module, so nothing is allocated per instruction or per function. Operands are codes
/// of the binary format in an array of numbers, so that the operands of a block or call are compared many at a time:
/// two bytes of code can name a thousand of them.
/// </remarks>
internal ref partial struct FunctionValidator
{
    /// <summary>Operand of any type: what an instruction behind an unconditional branch finds on the empty stack.</summary>
    private const long Bottom = -1;

    private const int I32 = 0x7F;
    private const int I64 = 0x7E;
    private const int F32 = 0x7D;
    private const int F64 = 0x7C;
    private const int V128 = 0x7B;
    private const int CancellationInterval = 1 << 16;

    private readonly ModuleDefinition _module;
    private readonly ModuleLimits _limits;
    private readonly DeclaredReferences _declared;
    private readonly CancellationToken _cancellation;
    private readonly OperatorRow[] _rows;
    private WasmReader _reader;
    private readonly LocalTypes _locals;
    private int _function;
    private int _instructionOffset;

    private long[] _stack;
    private int _height;

    /// <summary>Height of the operand stack where the innermost block starts; operands below belong to blocks around it.</summary>
    private int _base;

    private ControlFrame[] _frames = new ControlFrame[32];
    private int _depth;
    private long _branchTables;
    private bool _hasCalls;
    private bool _hasLoops;
    private int _tries;

    /// <summary>Locals without a default value that are set here, parameters left out.</summary>
    private readonly HashSet<int> _isSet = [];

    /// <summary>The same in the order in which they were set.</summary>
    private readonly List<int> _setLocals = [];
    private int _parameterCount;

    public FunctionValidator(ModuleDefinition module, ModuleLimits limits, DeclaredReferences declared, CancellationToken cancellation)
    {
        _module = module;
        _limits = limits;
        _rows = OperatorTable.For(module.Features);
        _declared = declared;
        _cancellation = cancellation;
        _locals = new LocalTypes();
        _stack = new long[Math.Min(256, limits.MaxOperands)];
    }

    private struct ControlFrame
    {
        public FunctionType Type;
        public int Height;
        public Opcode Kind;
        public bool Unreachable;

        /// <summary>How many locals without a default value were set where the block starts.</summary>
        public int SetHeight;

        /// <summary>The last br_table that was checked against this block.</summary>
        public long CheckedBranchTable;

        /// <summary>What a branch to this block takes along.</summary>
        public readonly ReadOnlySpan<ValueType> LabelTypes() => Kind == Opcode.Loop ? Type.Parameters.AsSpan() : Type.Results.AsSpan();
    }

    /// <summary>Checks the body of a function; <paramref name="function"/> counts imports.</summary>
    public void Validate(int function, FunctionBody body)
    {
        _function = function;
        FunctionType type = _module.TypeOf(function);
        _locals.Reset(type, body);
        ResetSetLocals(type);
        _reader = new WasmReader(_module.Bytes, body.Code.Start, body.Code.End, _module.Features, _module.Types);
        _height = 0;
        _base = 0;
        _depth = 0;
        _hasCalls = false;
        _hasLoops = false;
        _tries = 0;
        PushFrame(Opcode.Block, type, pushParameters: false);
        int untilCheck = CancellationInterval;
        while (_depth > 0)
        {
            if (_reader.AtEnd)
            {
                throw Unterminated();
            }

            if (--untilCheck == 0)
            {
                _cancellation.ThrowIfCancellationRequested();
                untilCheck = CancellationInterval;
            }

            Step();
        }

        if (!_reader.AtEnd)
        {
            throw new MalformedModuleException($"section size mismatch: {_reader.Remaining} bytes after the end of function {function}", _reader.Position);
        }

        body.HasCalls = _hasCalls;
        body.HasLoops = _hasLoops;
        body.Tries = _tries;
    }

    private void Step()
    {
        _instructionOffset = _reader.Position;
        Opcode opcode = _reader.ReadOpcode();
        ref OperatorRow row = ref _rows[OperatorTable.IndexOf(opcode)];
        if (!row.HasFixedType)
        {
            if (!row.Exists)
            {
                throw OpcodeReader.Illegal(opcode, _instructionOffset);
            }

            StepSpecial(opcode);
            return;
        }

        long first = row.First;
        if (row.Immediate == ImmediateKind.Memory)
        {
            first = CheckMemoryArgument(row.NaturalAlignment);
        }
        else if (row.Immediate != ImmediateKind.None)
        {
            first = CheckLanes(row);
        }

        if (row.PopCount >= 2)
        {
            if (row.PopCount == 3)
            {
                Pop(row.Third);
            }

            Pop(row.Second);
        }

        Pop(first);
        if (row.Push != 0)
        {
            Push(row.Push);
        }
    }

    private void StepSpecial(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.LocalGet:
                Push(ReadLocal(out int index));
                CheckIsSet(index);
                break;
            case Opcode.LocalSet:
                Pop(ReadLocal(out index));
                NoteSet(index);
                break;
            case Opcode.LocalTee:
                long local = ReadLocal(out index);
                Pop(local);
                Push(local);
                NoteSet(index);
                break;
            case Opcode.I32Const:
                _reader.ReadVarS32();
                Push(I32);
                break;
            case Opcode.I64Const:
                _reader.ReadVarS64();
                Push(I64);
                break;
            case Opcode.F32Const:
                _reader.ReadF32Bits();
                Push(F32);
                break;
            case Opcode.F64Const:
                _reader.ReadF64Bits();
                Push(F64);
                break;
            case Opcode.GlobalGet:
                Push(ReadGlobal().Type.Code);
                break;
            case Opcode.GlobalSet:
                StepGlobalSet();
                break;
            case Opcode.Drop:
                PopAny();
                break;
            case Opcode.Nop:
                break;
            case (>= Opcode.Try and <= Opcode.ThrowRef) or Opcode.Delegate or Opcode.CatchAll or Opcode.TryTable:
                StepException(opcode);
                break;
            case <= Opcode.CallIndirect:
                StepControl(opcode);
                break;
            default:
                StepRare(opcode);
                break;
        }
    }

    private void StepControl(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Unreachable:
                SetUnreachable();
                break;
            case Opcode.Block or Opcode.Loop or Opcode.If:
                StepBlock(opcode);
                break;
            case Opcode.Else:
                StepElse();
                break;
            case Opcode.End:
                StepEnd();
                break;
            case Opcode.Br:
                PopMany(ReadLabel().LabelTypes());
                SetUnreachable();
                break;
            case Opcode.BrIf:
                ReadOnlySpan<ValueType> label = ReadLabel().LabelTypes();
                Pop(I32);
                PopMany(label);
                PushMany(label);
                break;
            case Opcode.BrTable:
                StepBranchTable();
                break;
            case Opcode.Return:
                PopMany(_frames[0].Type.Results.AsSpan());
                SetUnreachable();
                break;
            case Opcode.Call:
                _hasCalls = true;
                Apply(_module.TypeOf(ReadIndex(_module.Functions.Length, "function")));
                break;
            case Opcode.CallIndirect:
                Apply(ReadIndirectType());
                break;
            default:
                throw OpcodeReader.Illegal(opcode, _instructionOffset);
        }
    }

    private void StepBlock(Opcode opcode)
    {
        FunctionType type = ReadBlockType();
        if (opcode == Opcode.If)
        {
            Pop(I32);
        }

        _hasLoops |= opcode == Opcode.Loop;
        PopMany(type.Parameters.AsSpan());
        PushFrame(opcode, type, pushParameters: true);
    }

    private FunctionType ReadBlockType() => _reader.ReadBlockType(out long index) ?? throw Invalid($"unknown type {index}");

    private void StepElse()
    {
        if (_frames[_depth - 1].Kind != Opcode.If)
        {
            throw new MalformedModuleException("END opcode expected: else without if", _instructionOffset);
        }

        FunctionType type = PopFrame();
        PushFrame(Opcode.Else, type, pushParameters: true);
    }

    private void StepEnd()
    {
        bool isOneArmed = _frames[_depth - 1].Kind == Opcode.If;
        FunctionType type = PopFrame();
        if (isOneArmed && !Match(type.Parameters.AsSpan(), type.Results.AsSpan()))
        {
            throw Invalid($"type mismatch: an if of type {type} needs an else");
        }

        if (_depth > 0)
        {
            PushMany(type.Results.AsSpan());
        }
    }

    private void StepBranchTable()
    {
        int start = _reader.Position;
        uint count = _reader.ReadCount();
        if (count > (uint)_limits.MaxBranchTableTargets)
        {
            throw new MalformedModuleException($"br_table with {count} targets, the limit is {_limits.MaxBranchTableTargets}", start);
        }

        Pop(I32);
        _branchTables++;
        ReadOnlySpan<ValueType> first = default;
        for (uint i = 0; i <= count; i++)
        {
            // A block is looked at once per instruction, and equal types only once, so that many targets times many operands stay bounded.
            ref ControlFrame frame = ref ReadLabel();
            if (frame.CheckedBranchTable == _branchTables)
            {
                continue;
            }

            frame.CheckedBranchTable = _branchTables;
            ReadOnlySpan<ValueType> types = frame.LabelTypes();
            if (i == 0)
            {
                first = types;
            }
            else if (types == first)
            {
                continue;
            }
            else if (types.Length != first.Length)
            {
                throw Invalid($"type mismatch: br_table has targets with {first.Length} and with {types.Length} operands");
            }

            CheckTop(types);
        }

        SetUnreachable();
    }

    /// <summary>A call in tail position: its results are the function's ("return_call", "return_call_indirect").</summary>
    private void ReturnResultsOf(FunctionType callee)
    {
        ReadOnlySpan<ValueType> results = _frames[0].Type.Results.AsSpan();
        if (!Match(callee.Results.AsSpan(), results))
        {
            throw Invalid($"type mismatch: a tail call of {callee} in a function with the results [{string.Join(' ', results.ToArray())}]");
        }

        PopMany(callee.Parameters.AsSpan());
        SetUnreachable();
    }

    private FunctionType ReadIndirectType()
    {
        _hasCalls = true;
        uint type = _reader.ReadVarU32();
        TableType table = ReadTable();
        if (!table.Element.Matches(ValueType.FuncRef))
        {
            throw Invalid($"type mismatch: call_indirect through a table of {table.Element}");
        }

        FunctionType function = FunctionTypeAt(type);
        Pop(table.IndexType.Code);
        return function;
    }

    private readonly FunctionType FunctionTypeAt(uint index) =>
        (index < (uint)_module.Types.Count ? _module.Types[(int)index].Function : null) ?? throw Invalid($"unknown type {index}: there is no such type of functions");

    private static bool Match(ReadOnlySpan<ValueType> types, ReadOnlySpan<ValueType> wanted)
    {
        bool match = types.Length == wanted.Length;
        for (int i = 0; match && i < types.Length; i++)
        {
            match = types[i].Matches(wanted[i]);
        }

        return match;
    }

    private void StepGlobalSet()
    {
        GlobalType global = ReadGlobal();
        if (!global.IsMutable)
        {
            throw Invalid("immutable global");
        }

        Pop(global.Type.Code);
    }

    private void Apply(FunctionType type)
    {
        PopMany(type.Parameters.AsSpan());
        PushMany(type.Results.AsSpan());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly MalformedModuleException Unterminated() => new(
        _reader.ModuleRemaining == 0
            ? $"unexpected end of section or function: function {_function} has no end"
            : $"END opcode expected: function {_function} has no end",
        _reader.Position);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly InvalidModuleException Invalid(string message) => new(message, _instructionOffset, _function);
}
