using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <summary>What the JIT compiler surely does not take a value for. Without any of these it may know the value, whatever it is.</summary>
[Flags]
internal enum Hidden : byte
{
    Nothing = 0,
    PositiveZero = 1,
    NegativeZero = 2,
    One = 4,
    NaN = 8,

    /// <summary>It knows no value at all, so that it does not know the result of an operation on it either.</summary>
    Value = 16,

    All = PositiveZero | NegativeZero | One | NaN | Value,
}

/// <content>
/// A way around what the JIT compiler does to signalling NaNs: when it knows one operand, it takes x − 0, x + −0, x × 1 and x ÷ 1 for x, and the
/// sum of a vector and a NaN for that NaN, while arithmetic has to give a quiet NaN ("NaN Propagation"). It knows constants, what it computes from
/// them, and what reached it in locals or by inlining. So an operand that it could know to be neutral gets there by instructions that are never
/// folded: those for scalars are neither when one operand is known, nor is a shuffle. They are the same machine code, but the JIT compiler needs
/// ten times as long to read them as an addition of IL, hence all the looking at where operands come from.
/// </content>
internal sealed partial class FunctionCompiler
{
    /// <summary>Most vectors that are hidden before a loop.</summary>
    private const int MaximumHiddenVectors = 64;

    private LocalSecret[] _secrets = [];

    /// <summary>Locals that are vectors.</summary>
    private int[] _vectorLocals = [];

    /// <summary>Number of the arm or block that was begun last.</summary>
    private int _arm;

    /// <summary>The innermost loop around.</summary>
    private Frame? _loop;

    /// <summary>
    /// Whether a float was compared with what may be one: behind the branch the JIT compiler takes it for one. (It does not with zeros, of which there are two.)
    /// </summary>
    private bool _comparesWithOne;

    /// <summary>What is hidden of a local's value.</summary>
    private struct LocalSecret
    {
        /// <summary>What is hidden of all values that it was set to so far.</summary>
        public Hidden Sets;

        /// <summary>It is surely set in this arm, and as long as the arm goes on: its depth and number.</summary>
        public int Depth;
        public int Arm;

        /// <summary>Likewise of those in the innermost loop in which it was set last.</summary>
        public Hidden SetsInLoop;

        /// <summary>The arm in which it was set last.</summary>
        public int LastArm;
    }

    private void ResetHiding(int locals, int parameters)
    {
        // Whoever goes on in the middle reads all locals from memory.
        bool isResumed = _resumeOffset != 0;
        _secrets = new LocalSecret[locals];
        _secrets.AsSpan(isResumed ? 0 : parameters).Fill(new LocalSecret { Sets = Hidden.All, Arm = isResumed ? 1 : 0 });
        _vectorLocals = [.. Enumerable.Range(0, locals).Where(local => _wasmLocals[local] == LocalKind.V128).Take(MaximumHiddenVectors + 1)];
        _arm = 0;
        _loop = null;
        _comparesWithOne = false;
    }

    private Hidden HiddenOf(in Entry entry)
    {
        if (entry.Kind == EntryKind.Const)
        {
            return HiddenOfConstant(entry.Type, entry.Bits);
        }

        Hidden hidden = entry.Kind == EntryKind.Local ? HiddenOfLocal(entry.Index) : entry.Hidden;
        return _comparesWithOne && entry.Type != LocalKind.V128 ? hidden & ~(Hidden.One | Hidden.Value) : hidden;
    }

    private static Hidden HiddenOfConstant(LocalKind kind, long bits)
    {
        if (kind is not (LocalKind.F32 or LocalKind.F64))
        {
            return kind == LocalKind.V128 ? HiddenOfVector(bits, bits) : Hidden.Nothing;
        }

        double number = kind == LocalKind.F32 ? BitConverter.Int32BitsToSingle((int)bits) : BitConverter.Int64BitsToDouble(bits);
        return (Hidden.All & ~Hidden.Value) & ~(number switch
        {
            0 => double.IsNegative(number) ? Hidden.NegativeZero : Hidden.PositiveZero,
            1 => Hidden.One,
            double.NaN => Hidden.NaN,
            _ => Hidden.Nothing,
        });
    }

    /// <summary>Of a constant vector, whatever its lanes are.</summary>
    private static Hidden HiddenOfVector(long low, long high)
    {
        Hidden hidden = Hidden.All & ~Hidden.Value;
        if (low == high)
        {
            hidden &= ~((ulong)low switch
            {
                0 => Hidden.PositiveZero,
                0x8000_0000_8000_0000 or 0x8000_0000_0000_0000 => Hidden.NegativeZero,
                0x3F80_0000_3F80_0000 or 0x3FF0_0000_0000_0000 => Hidden.One,
                _ => Hidden.Nothing,
            });
        }

        return (IsNaN(low) && IsNaN(high)) || (IsNaNs(low) && IsNaNs(high)) ? hidden & ~Hidden.NaN : hidden;

        static bool IsNaN(long bits) => double.IsNaN(BitConverter.Int64BitsToDouble(bits));
        static bool IsNaNs(long bits) =>
            float.IsNaN(BitConverter.Int32BitsToSingle((int)bits)) && float.IsNaN(BitConverter.Int32BitsToSingle((int)(bits >> 32)));
    }

    private Hidden HiddenOfLocal(int local)
    {
        ref LocalSecret secret = ref _secrets[local];
        if (_wasmLocals[local] == LocalKind.V128)
        {
            if (_loop is { HidesVectors: true, Loop: { } loop } && _scan!.Sets(loop, local))
            {
                // What it was before is hidden. Together with what the loop sets it to further down it is no value that the JIT compiler knows, unless that
                // unrolls the loop, which it was not seen to do with loops of ours.
                return _loop.Arm <= secret.LastArm ? secret.SetsInLoop : Hidden.All;
            }
        }
        else if (_loop?.Arm > secret.LastArm)
        {
            // The same for scalars; but hiding these costs time to compile only.
            return Hidden.Nothing;
        }

        return secret.Arm > 0 && IsOpen(secret) ? secret.Sets : secret.Sets & ~(Hidden.PositiveZero | Hidden.Value);
    }

    private bool IsOpen(in LocalSecret secret) => secret.Depth < _frames.Count && _frames[secret.Depth].Arm == secret.Arm;

    /// <summary>Before a loop: hides vectors that it changes once, so that they need not be hidden in each round.</summary>
    private void HideVectors(Frame frame, LoopScan.Loop loop)
    {
        if (_vectorLocals.Length is 0 or > MaximumHiddenVectors || !_scan!.HasVectorArithmetic(loop))
        {
            return;
        }

        foreach (int local in _vectorLocals)
        {
            if (_scan.Sets(loop, local) && HiddenOfLocal(local) != Hidden.All)
            {
                LoadWasmLocal(local);
                _il.Emit(Il.Call, _module.Vector(nameof(Vectors.Hide)));
                StoreWasmLocal(local);
            }
        }

        frame.HidesVectors = true;
    }

    /// <summary>The local gets the value on top.</summary>
    private void NoteSet(int local, in Entry value)
    {
        Hidden hidden = HiddenOf(value);
        ref LocalSecret secret = ref _secrets[local];
        secret.Sets &= hidden;
        secret.SetsInLoop = _loop?.Arm > secret.LastArm ? hidden : secret.SetsInLoop & hidden;
        secret.LastArm = _arm;
        if (secret.Arm == 0 || !IsOpen(secret))
        {
            secret.Depth = _frames.Count - 1;
            secret.Arm = _frames[^1].Arm;
        }
    }

    /// <summary>Notes what is hidden of the value on top.</summary>
    private void Hide(Hidden hidden) => CollectionsMarshal.AsSpan(_stack)[^1].Hidden = hidden;

    /// <summary>What is hidden of a result that the JIT compiler knows only when it knows all of the top values.</summary>
    private Hidden HiddenOfAll(int operands, LocalKind? kind = null)
    {
        for (int i = _stack.Count - operands; i < _stack.Count; i++)
        {
            if ((kind is null || _stack[i].Type == kind) && HiddenOf(_stack[i]) != Hidden.All)
            {
                return Hidden.Nothing;
            }
        }

        return Hidden.All;
    }

    /// <summary>What an operation's operands must not be known as.</summary>
    private static (Hidden Left, Hidden Right) Neutral(Opcode opcode) => opcode switch
    {
        Opcode.F32Add or Opcode.F32Min or Opcode.F32Max => (Hidden.NegativeZero | Hidden.NaN, Hidden.NegativeZero | Hidden.NaN),
        Opcode.F32Sub => (Hidden.NaN, Hidden.PositiveZero | Hidden.NaN),
        Opcode.F32Mul => (Hidden.One | Hidden.NaN, Hidden.One | Hidden.NaN),
        _ => (Hidden.NaN, Hidden.One | Hidden.NaN),
    };

    /// <summary>An addition, subtraction, multiplication or division of scalars.</summary>
    private void Arithmetic(LocalKind kind, Opcode opcode, Il instruction)
    {
        Hidden left = HiddenOf(_stack[^2]);
        Hidden right = HiddenOf(_stack[^1]);
        (Hidden ofLeft, Hidden ofRight) = Neutral(opcode);
        bool isOpen = (ofLeft & ~left) != 0 || (ofRight & ~right) != 0;
        int depth = opcode is Opcode.F32Add or Opcode.F32Mul ? LoadCommutative() : LoadOperands(2);
        if (isOpen)
        {
            _il.Emit(Il.Call, _module.Numeric((kind == LocalKind.F32 ? "F32" : "F64") + opcode.ToString()[3..]));
        }
        else
        {
            _il.Emit(instruction);
        }

        EmitCanonical(kind);
        PushStack(kind, depth + 1);
        Hide(isOpen || left == Hidden.All || right == Hidden.All ? Hidden.All : Hidden.Nothing);
    }

    /// <summary>Whether a vector instruction has operands to hide: from <c>add</c> to <c>max</c> of floats, and what multiplies and adds.</summary>
    public static bool IsVectorArithmetic(Opcode opcode) =>
        ((int)opcode & OpcodeReader.MaxNumber) is (>= 0xE4 and <= 0xE9) or (>= 0xF0 and <= 0xF5) or (>= 0x105 and <= 0x108);

    /// <summary>What the operands of a vector instruction must not be known as: of two, or of three for those that multiply and add.</summary>
    private (Hidden Left, Hidden Right, Hidden Third) NeutralVectors(string name) => name switch
    {
        ['F', ..] when name.EndsWith("Add", StringComparison.Ordinal) && name.Length == 8 => Pair(Opcode.F32Add),
        ['F', .., 'S', 'u', 'b'] => Pair(Opcode.F32Sub),
        ['F', .., 'M', 'u', 'l'] => Pair(Opcode.F32Mul),
        ['F', .., 'D', 'i', 'v'] => Pair(Opcode.F32Div),
        "F32x4Min" or "F32x4Max" or "F64x2Min" or "F64x2Max" => Pair(Opcode.F32Min),
        ['F', .., 'M', 'u', 'l', 'A', 'd', 'd'] => (Hidden.All, Hidden.All, Hidden.All),
        ['F', .., 'a', 'd', 'd'] when !Fma.IsSupported => (Hidden.All, Hidden.All, Hidden.All),
        _ => default,
    };

    private static (Hidden Left, Hidden Right, Hidden Third) Pair(Opcode opcode) => (Neutral(opcode).Left, Neutral(opcode).Right, Hidden.Nothing);

    /// <summary>Loads the operands of a vector instruction; those are hidden that have to be. Returns what is hidden of the result too.</summary>
    private (int Depth, Hidden Result) LoadVectorOperands(string name, int count)
    {
        (Hidden left, Hidden right, Hidden third) = NeutralVectors(name);
        Hidden all = KeepsSecrets(name) ? HiddenOfAll(count, LocalKind.V128) : Hidden.Nothing;
        if ((left | right) == 0)
        {
            return (LoadOperands(count), all);
        }

        ReadOnlySpan<Hidden> neutral = [left, right, third];
        bool isOpen = false;
        for (int i = 0; i < count; i++)
        {
            Hidden hidden = HiddenOf(_stack[_stack.Count - count + i]);
            isOpen |= (neutral[i] & ~hidden) != 0;
            all |= hidden == Hidden.All ? Hidden.All : Hidden.Nothing;
        }

        return isOpen ? (LoadHidden(neutral[..count]), Hidden.All) : (LoadOperands(count), all);
    }

    /// <summary>As <see cref="LoadOperands"/>, and hides operands that may be known as what they must not be.</summary>
    private int LoadHidden(ReadOnlySpan<Hidden> neutral)
    {
        int first = _stack.Count - neutral.Length;
        int depth = 0;
        for (int i = neutral.Length - 1; i > 0; i--)
        {
            ref Entry entry = ref CollectionsMarshal.AsSpan(_stack)[first + i];
            depth = Math.Max(depth, (int)entry.Depth);
            if (entry.Kind == EntryKind.Stack)
            {
                SpillTop(ref entry);
            }
        }

        depth = Math.Max(depth, (int)_stack[first].Depth);
        for (int i = 0; i < neutral.Length; i++)
        {
            Entry entry = _stack[first + i];
            bool isOpen = (neutral[i] & ~HiddenOf(entry)) != 0;
            Load(entry);
            if (isOpen)
            {
                _il.Emit(Il.Call, _module.Vector(nameof(Vectors.Hide)));
            }
        }

        _stack.RemoveRange(first, neutral.Length);
        return depth;
    }

    /// <summary>
    /// Whether the JIT compiler knows an instruction's result only when it knows the operands. Of integers and bits it knows x − x and x ∧ 0, too.
    /// </summary>
    private static bool KeepsSecrets(string name) =>
        name[0] == 'F' || name.Contains("Lane", StringComparison.Ordinal) || name.Contains("Shuffle", StringComparison.Ordinal);
}
