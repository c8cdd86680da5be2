using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <summary>
/// Runs instructions one by one (specification, "Execution"). Plain and slow: its only purpose is to be obviously right, so that it can judge the
/// compiler. One at a time for all instances that know each other.
/// </summary>
internal sealed partial class Interpreter
{
    private readonly OperandStack _stack = new();
    private readonly Stack<Frame> _frames = new();
    private Frame _frame = null!;

    /// <summary>Instructions that may still be executed. Bulk instructions count their elements too.</summary>
    public long StepsLeft { get; set; } = 100_000_000;

    /// <summary>
    /// Instructions that were executed, as the engine counts fuel: a branch to a loop does not execute the loop's instruction, nor does what goes around the rest of
    /// a block execute its end.
    /// </summary>
    public long Executed { get; private set; }

    /// <summary>Whether an instruction was executed that the engine charges by the number of elements too.</summary>
    public bool HasUsedElements { get; private set; }

    /// <summary>Calls within calls at which the stack counts as exhausted.</summary>
    public int MaxCallDepth { get; init; } = 10_000;

    /// <summary>Whether the deterministic profile holds ("Profiles").</summary>
    public bool Deterministic { get; init; }

    /// <summary>Bytes that one memory may have.</summary>
    public ulong MaxMemoryBytes { get; init; } = 1UL << 32;

    /// <summary>Elements that one table may have.</summary>
    public uint MaxTableElements { get; init; } = 10_000_000;

    /// <summary>Calls a function with arguments of the right types ("Invocation").</summary>
    public Slot[] Invoke(FunctionInstance function, params ReadOnlySpan<Slot> arguments)
    {
        // After a trap there may be frames left of the call before.
        _frames.Clear();
        _stack.Shrink(0);
        _stack.PushMany(arguments);
        Enter(function);
        Run();
        Slot[] results = _stack.PopMany(function.Type.Results.Length);
        return _stack.Height == 0 ? results : throw new ReferenceDefectException("values were left on the operand stack");
    }

    private static ReferenceTrapException Trap(TrapKind kind) => new(kind);

    /// <summary>Executes until the outermost frame is left.</summary>
    private void Run()
    {
        while (_frames.TryPeek(out Frame? frame))
        {
            _frame = frame;
            Step step = frame.Steps[frame.Next++];
            Spend(1);
            Executed++;
            HasUsedElements |= step.Operator is null && (int)step.Opcode >> 16 is (int)Opcode.MemoryCopy >> 16 or (int)Opcode.StructNew >> 16;
            if (step.Operator is { } apply)
            {
                (Deterministic ? Numerics.DeterministicOperators.Find(step.Row.Mnemonic) ?? apply : apply)(_stack);
            }
            else
            {
                Execute(step);
            }
        }
    }

    private void Execute(Step step)
    {
        if (!TryControl(step) && !TryVariable(step) && !TryReference(step) && !TryMemory(step) && !TryTable(step) && !TryException(step) && !TryHeap(step) && !TryVector(step) && !TryAtomic(step))
        {
            throw new ReferenceDefectException($"the interpreter does not know {step.Row.Mnemonic}");
        }
    }

    private void Spend(ulong steps)
    {
        StepsLeft = steps > (ulong)StepsLeft ? -1 : StepsLeft - (long)steps;
        if (StepsLeft < 0)
        {
            StepsLeft = 0;
            throw new ReferenceLimitException("the steps are used up");
        }
    }

    /// <summary>Constants, locals, globals, <c>drop</c> and <c>select</c>.</summary>
    private bool TryVariable(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.I32Const:
                _stack.Push(new Slot(SlotKind.I32, step.Bits));
                return true;
            case Opcode.I64Const:
                _stack.Push(new Slot(SlotKind.I64, step.Bits));
                return true;
            case Opcode.F32Const:
                _stack.Push(new Slot(SlotKind.F32, step.Bits));
                return true;
            case Opcode.F64Const:
                _stack.Push(new Slot(SlotKind.F64, step.Bits));
                return true;
            case Opcode.V128Const:
                _stack.Push(new Slot(SlotKind.V128, step.Bits));
                return true;
            case Opcode.Drop:
                _stack.Pop();
                return true;
            case Opcode.Select or Opcode.SelectT:
                uint condition = _stack.PopI32();
                Slot second = _stack.Pop();
                Slot first = _stack.Pop(second.Kind);
                _stack.Push(condition != 0 ? first : second);
                return true;
            case Opcode.LocalGet:
                _stack.Push(_frame.Locals[step.First]);
                return true;
            case Opcode.LocalSet:
                _frame.Locals[step.First] = _stack.Pop(_frame.Locals[step.First].Kind);
                return true;
            case Opcode.LocalTee:
                Slot value = _stack.Pop(_frame.Locals[step.First].Kind);
                _frame.Locals[step.First] = value;
                _stack.Push(value);
                return true;
            case Opcode.GlobalGet:
                _stack.Push(_frame.Module.Globals[step.First].Value);
                return true;
            case Opcode.GlobalSet:
                GlobalInstance global = _frame.Module.Globals[step.First];
                global.Value = _stack.Pop(global.Value.Kind);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A label on the stack.</summary>
    /// <param name="Arity">How many values a branch to it takes along.</param>
    /// <param name="Continuation">Where it continues.</param>
    /// <param name="Height">Height of the operand stack below the block.</param>
    /// <param name="Block">The block, if it has handlers.</param>
    /// <param name="Caught">In a handler of the older form: the exception that it handles.</param>
    private readonly record struct Label(int Arity, int Continuation, int Height, Step? Block = null, ExceptionObject? Caught = null);

    /// <summary>An activation of a function ("Frames").</summary>
    private sealed class Frame(ModuleInstance module, List<Step> steps, Slot[] locals, int arity, int height)
    {
        public ModuleInstance Module { get; } = module;

        public List<Step> Steps { get; } = steps;

        public Slot[] Locals { get; } = locals;

        /// <summary>Number of results.</summary>
        public int Arity { get; } = arity;

        /// <summary>Height of the operand stack below the frame.</summary>
        public int Height { get; } = height;

        public Stack<Label> Labels { get; } = new();

        /// <summary>The instruction to execute next.</summary>
        public int Next { get; set; }
    }
}
