using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Compilation;

/// <summary>
/// A pass over a body before it is compiled: where loops end, where locals are set, and which loops go on by a comparison of a local with a number, so that it
/// is known between what the local lies at the loop's start, and how often control comes there at most.
/// </summary>
internal sealed class LoopScan
{
    /// <summary>The longest sequence of instructions that is told.</summary>
    private const int WindowSize = 3;

    private readonly (Opcode Opcode, long Immediate, int Position)[] _window = new (Opcode, long, int)[WindowSize];

    /// <summary>The blocks around the current instruction, and how many loops are open in each, itself included.</summary>
    private readonly List<(int Start, int Loops)> _blocks = [];

    /// <summary>Those of them that are loops.</summary>
    private readonly List<Loop> _open = [];
    private readonly Dictionary<int, Loop> _loops = [];
    private readonly List<Set>?[] _setsOf;

    /// <summary>Offsets behind the operation codes of vector instructions that calculate with floats.</summary>
    private readonly List<int> _vectorArithmetic = [];
    private long _next;

    public LoopScan(ModuleDefinition definition, FunctionBody body)
    {
        _setsOf = new List<Set>?[body.LocalCount];

        // Handlers come to places by ways that are no branches.
        bool isStructured = body.Tries == 0;
        WasmReader reader = new(definition.Bytes, body.Code.Start, body.Code.End, types: definition.Types);
        while (!reader.AtEnd)
        {
            Opcode opcode = reader.ReadOpcode();
            int position = reader.Position;
            Instructions.TryGet(opcode, out Instruction instruction);
            long immediate = 0;
            switch (instruction.Immediate)
            {
                case ImmediateKind.Local:
                    immediate = reader.ReadVarU32();
                    break;
                case ImmediateKind.I32:
                    immediate = reader.ReadVarS32();
                    break;
                case ImmediateKind.Label when isStructured:
                    NoteBranch(opcode, (int)reader.ReadVarU32(), position);
                    break;
                case ImmediateKind.BranchTable when isStructured:
                    for (uint left = reader.ReadCount() + 1; left > 0; left--)
                    {
                        NoteBranch(opcode, (int)reader.ReadVarU32(), position);
                    }

                    break;
                case ImmediateKind.CastTypes when isStructured:
                    reader.ReadByte();
                    NoteBranch(opcode, (int)reader.ReadVarU32(), position);
                    reader.ReadVarS33();
                    reader.ReadVarS33();
                    break;
                default:
                    reader.SkipImmediate(instruction.Immediate);
                    break;
            }

            Note(opcode, instruction, position);
            if (opcode is Opcode.LocalSet or Opcode.LocalTee)
            {
                (_setsOf[immediate] ??= []).Add(new Set(position, StepHere(immediate), _blocks.Count > 0 ? _blocks[^1].Start : 0));
            }

            _window[_next++ % WindowSize] = (opcode, immediate, position);
        }
    }

    /// <summary>Rotations in the body.</summary>
    public int Rotations { get; private set; }

    /// <summary>Comparisons in the body, and what is none without one.</summary>
    public int Comparisons { get; private set; }

    /// <summary>The loop whose operation code ends at an offset.</summary>
    public Loop At(int position) => _loops[position];

    /// <summary>Whether a local is set in a loop.</summary>
    public bool Sets(Loop loop, int local) => _setsOf[local] is { } sets && FirstFrom(sets, loop.Start) < FirstFrom(sets, loop.End);

    /// <summary>Whether a loop calculates with vectors of floats.</summary>
    public bool HasVectorArithmetic(Loop loop)
    {
        int next = _vectorArithmetic.BinarySearch(loop.Start);
        next = next < 0 ? ~next : next;
        return next < _vectorArithmetic.Count && _vectorArithmetic[next] < loop.End;
    }

    /// <summary>What is added to a local between a loop's start and the branch back; 0 when that is not always one and the same.</summary>
    public int StepOf(Loop loop, Condition condition)
    {
        if (_setsOf[condition.Local] is not { } sets)
        {
            return 0;
        }

        int first = FirstFrom(sets, loop.Start);
        if (FirstFrom(sets, loop.End) != first + 1 || sets[first].Position > condition.Position)
        {
            return 0;
        }

        // Nothing leads around what stands in no block inside of the loop; and what makes the condition was surely executed before the branch.
        return sets[first].Block == loop.Start || sets[first].Position == condition.Tee ? sets[first].Step : 0;
    }

    private static int FirstFrom(List<Set> sets, int position)
    {
        int low = 0;
        for (int high = sets.Count; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = sets[middle].Position < position ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private void Note(Opcode opcode, Instruction instruction, int position)
    {
        if (instruction.OpensBlock)
        {
            if (opcode == Opcode.Loop)
            {
                // What is around it is none of one level.
                NotPlain();
                _open.Add(_loops[position] = new Loop { Start = position });
            }

            _blocks.Add((position, _open.Count));
        }
        else if (opcode is Opcode.End or Opcode.Delegate && _blocks.Count > 0)
        {
            if (_open.Count > 0 && _open[^1].Start == _blocks[^1].Start)
            {
                _open[^1].End = position;
                _open.RemoveAt(_open.Count - 1);
            }

            _blocks.RemoveAt(_blocks.Count - 1);
        }
        else if (opcode == Opcode.Return && _open.Count > 0)
        {
            _open[^1].IsLeft = true;
        }
        else if (!IsPlain(opcode))
        {
            NotPlain();
        }

        if (instruction.Feature is WasmFeatures.Simd or WasmFeatures.RelaxedSimd && FunctionCompiler.IsVectorArithmetic(opcode))
        {
            _vectorArithmetic.Add(position);
        }

        Rotations += opcode is Opcode.I32Rotl or Opcode.I32Rotr or Opcode.I64Rotl or Opcode.I64Rotr ? 1 : 0;
        Comparisons += opcode is Opcode.If or Opcode.BrIf or Opcode.Select or (>= Opcode.I32Eqz and <= Opcode.I64GeU) ? 1 : 0;
    }

    private void NotPlain()
    {
        // If one is not, those around it are not any more.
        for (int i = _open.Count - 1; i >= 0 && _open[i].IsPlain; i--)
        {
            _open[i].IsPlain = false;
        }
    }

    /// <summary>Whether an instruction takes no time to speak of.</summary>
    private static bool IsPlain(Opcode opcode) => opcode is Opcode.Nop or Opcode.Block or Opcode.If or Opcode.Else or Opcode.End or Opcode.Br or Opcode.BrIf or Opcode.BrTable
        or Opcode.Return or Opcode.Drop or Opcode.Select or Opcode.SelectT or (>= Opcode.LocalGet and <= Opcode.GlobalSet)
        or (>= Opcode.I32Load and <= Opcode.I64Store32) or (>= Opcode.I32Const and <= Opcode.I64Extend32S) or (>= Opcode.I32TruncSatF32S and <= Opcode.I32TruncSatF32S + 7)
        || (int)opcode >> 16 == VectorInstructions.Prefix >> 16;

    private void NoteBranch(Opcode opcode, int depth, int position)
    {
        if (_open.Count == 0)
        {
            return;
        }

        // Past the outermost block it leaves the function.
        (int start, int loops) = depth < _blocks.Count ? _blocks[^(depth + 1)] : default;
        bool leaves = loops < _open.Count;
        if (leaves)
        {
            _open[^1].IsLeft = true;
        }

        if (loops > 0 && _open[loops - 1] is { } loop && loop.Start == start)
        {
            // From within another loop it may be passed more than once in a round.
            loop.Condition = loop.Branches++ == 0 && opcode == Opcode.BrIf && !leaves ? ConditionAt(position) : null;
        }
    }

    private (Opcode Opcode, long Immediate, int Position) Back(int distance) => _next >= distance ? _window[(_next - distance) % WindowSize] : default;

    /// <summary>What a local that is about to be set gets added, if that is it: local.get, i32.const, i32.add.</summary>
    private int StepHere(long local) =>
        Back(1).Opcode == Opcode.I32Add && Back(2).Opcode == Opcode.I32Const && Back(3).Opcode == Opcode.LocalGet && Back(3).Immediate == local ? (int)Back(2).Immediate : 0;

    /// <summary>The condition of a branch at an offset, if it is one of those that say something: a local, or that, i32.const and a comparison.</summary>
    private Condition? ConditionAt(int position)
    {
        (Opcode comparison, long number, int distance) = (Opcode.I32Ne, 0L, 1);
        if (Back(1).Opcode is Opcode.I32Ne or Opcode.I32LtS or Opcode.I32LtU or Opcode.I32LeS or Opcode.I32LeU && Back(2).Opcode == Opcode.I32Const)
        {
            (comparison, number, distance) = (Back(1).Opcode, Back(2).Immediate, 3);
        }

        (Opcode opcode, long local, int at) = Back(distance);
        return opcode is Opcode.LocalGet or Opcode.LocalTee
            ? new Condition((int)local, comparison, (int)number) { Position = position, Tee = opcode == Opcode.LocalTee ? at : 0 }
            : null;
    }

    /// <param name="Position">Offset behind the operation code.</param>
    /// <param name="Step">What is added to the local's own value, an i32; 0: it comes from elsewhere.</param>
    /// <param name="Block">Offset behind the operation code of the innermost block around.</param>
    private readonly record struct Set(int Position, int Step, int Block);

    /// <summary>A loop of the body.</summary>
    internal sealed class Loop
    {
        /// <summary>Offset behind its operation code.</summary>
        public required int Start { get; init; }

        /// <summary>Offset behind its end.</summary>
        public int End { get; set; } = int.MaxValue;

        /// <summary>Whether there is no loop in it, nor any instruction that can take long.</summary>
        public bool IsPlain { get; set; } = true;

        /// <summary>A loop without loops in it: whether a branch or return leads out of it.</summary>
        public bool IsLeft { get; set; }

        /// <summary>Number of branches to its start.</summary>
        public int Branches { get; set; }

        /// <summary>On which the only one of them is taken.</summary>
        public Condition? Condition { get; set; }
    }

    /// <summary>A branch that is taken when an i32 local compares with a number.</summary>
    /// <param name="Local">The local.</param>
    /// <param name="Comparison">Ne, LtS, LtU, LeS or LeU of i32.</param>
    /// <param name="Number">The number.</param>
    internal readonly record struct Condition(int Local, Opcode Comparison, int Number)
    {
        /// <summary>Offset behind the branch's operation code.</summary>
        public int Position { get; init; }

        /// <summary>Offset behind the operation code of what sets the local on the way to the comparison; 0: nothing does.</summary>
        public int Tee { get; init; }

        /// <summary>
        /// Between what the local lies whenever control is at the loop's start, how many rounds there are at most (0: not known), and whether there are always as
        /// many, unless control leaves the loop in another way.
        /// </summary>
        /// <param name="entry">Between what it lies when the loop is entered.</param>
        /// <param name="step">What each round adds to it; 0: not known.</param>
        public (NumberRange Range, long Rounds, bool IsExact) Evaluate(NumberRange entry, int step)
        {
            if (!entry.IsKnown)
            {
                return default;
            }

            return Comparison switch
            {
                Opcode.I32Ne => UntilEqual(entry, step),
                Opcode.I32LtU => WhileBelow(entry, step, (uint)Number),
                Opcode.I32LeU => WhileBelow(entry, step, (uint)Number + 1L),
                _ => WhileBelowSigned(entry, step, Comparison == Opcode.I32LtS ? Number : Number + 1L),
            };
        }

        /// <summary>
        /// From one number to another in steps of which the last one hits it: no other way around the circle of 2^32 numbers can have been meant, and none is
        /// taken. The local has each value from the first on, and not the last.
        /// </summary>
        private (NumberRange Range, long Rounds, bool IsExact) UntilEqual(NumberRange entry, int step)
        {
            if (!entry.IsConstant || step == 0)
            {
                return default;
            }

            uint first = (uint)entry.Low;
            uint distance = step > 0 ? (uint)Number - first : first - (uint)Number;
            long size = Math.Abs((long)step);
            if (distance == 0 || distance % size != 0)
            {
                return default;
            }

            long low = step > 0 ? first : first - (distance - size);
            long most = low + (distance - size);
            return (low >= 0 && most < NumberRange.Limit32 ? new NumberRange(low, most + 1) : default, distance / size, true);
        }

        /// <summary>Whatever it is set to, control comes back only when that is below the bound.</summary>
        private static (NumberRange Range, long Rounds, bool IsExact) WhileBelow(NumberRange entry, int step, long bound)
        {
            if (step > 0 && Math.Max(entry.Most, bound - 1) + step < NumberRange.Limit32)
            {
                // It only grows.
                long rounds = Math.Max(1, (bound - entry.Low + step - 1) / step);
                return (new NumberRange(entry.Low, Math.Max(entry.End, bound)), rounds, entry.IsConstant);
            }

            return (NumberRange.Below(Math.Max(entry.End, bound)), 0, false);
        }

        /// <summary>With sign, as long as no value can be negative.</summary>
        private static (NumberRange Range, long Rounds, bool IsExact) WhileBelowSigned(NumberRange entry, int step, long bound) =>
            step > 0 && Math.Max(entry.Most, bound - 1) + step <= int.MaxValue ? WhileBelow(entry, step, Math.Max(bound, 0)) : default;
    }
}
