using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Validation;

/// <summary>The operand stack and the control stack (specification, "Validation Algorithm / Data Structures").</summary>
internal ref partial struct FunctionValidator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Push(long type)
    {
        if (_height == _stack.Length)
        {
            Grow(1);
        }

        _stack[_height++] = type;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Pop(long expected)
    {
        int top = _height - 1;
        if (top >= _base && _stack[top] == expected)
        {
            _height = top;
            return;
        }

        PopSlow(expected);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PopSlow(long expected)
    {
        long actual = PopAny();
        if (!IsMatch(actual, expected))
        {
            throw Invalid($"type mismatch: expected {Name(expected)}, the stack has {Name(actual)}");
        }
    }

    /// <summary>Whether an operand can stand where a type is expected ("Matching").</summary>
    private static bool IsMatch(long actual, long expected) =>
        actual == expected || actual == Bottom || (expected != Bottom && Subtyping.Matches(new ValueType(actual), new ValueType(expected)));

    private long PopAny()
    {
        if (_height > _base)
        {
            return _stack[--_height];
        }

        return _frames[_depth - 1].Unreachable ? Bottom : throw Invalid("type mismatch: the stack is empty in this block");
    }

    private void PopMany(ReadOnlySpan<ValueType> types)
    {
        CheckTop(types);
        _height -= Math.Min(types.Length, _height - _base);
    }

    /// <summary>Checks the topmost operands without taking them.</summary>
    private readonly void CheckTop(ReadOnlySpan<ValueType> types)
    {
        int available = Math.Min(types.Length, _height - _base);
        if (available < types.Length && !_frames[_depth - 1].Unreachable)
        {
            throw Mismatch(types);
        }

        ReadOnlySpan<long> expected = MemoryMarshal.Cast<ValueType, long>(types[(types.Length - available)..]);
        ReadOnlySpan<long> actual = _stack.AsSpan(_height - available, available);
        int i = 0;
        for (; i <= available - Vector<long>.Count; i += Vector<long>.Count)
        {
            var found = new Vector<long>(actual[i..]);
            Vector<long> same = Vector.Equals(found, new Vector<long>(expected[i..])) | Vector.Equals(found, new Vector<long>(Bottom));
            if (!Vector.EqualsAll(same, Vector<long>.AllBitsSet))
            {
                break;
            }
        }

        for (; i < available; i++)
        {
            if (!IsMatch(actual[i], expected[i]))
            {
                throw Mismatch(types);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly InvalidModuleException Mismatch(ReadOnlySpan<ValueType> types)
    {
        const int Shown = 8;
        long[] found = _stack[Math.Max(_base, _height - Math.Min(types.Length, Shown)).._height];
        string wanted = string.Join(' ', types[Math.Max(0, types.Length - Shown)..].ToArray());
        string dots = types.Length > Shown ? "… " : "";
        return Invalid($"type mismatch: instruction requires [{dots}{wanted}] but stack has [{dots}{string.Join(' ', found.Select(Name))}]");
    }

    private void PushMany(ReadOnlySpan<ValueType> types)
    {
        if (types.Length > _stack.Length - _height)
        {
            Grow(types.Length);
        }

        MemoryMarshal.Cast<ValueType, long>(types).CopyTo(_stack.AsSpan(_height));
        _height += types.Length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        int needed = _height + count;
        if (needed > _limits.MaxOperands)
        {
            throw Invalid($"too many operands on the stack: the limit is {_limits.MaxOperands}");
        }

        Array.Resize(ref _stack, Math.Max(needed, (int)Math.Min(_stack.Length * 2L, _limits.MaxOperands)));
    }

    private void PushFrame(Opcode kind, FunctionType type, bool pushParameters)
    {
        if (_depth == _frames.Length)
        {
            Array.Resize(ref _frames, _frames.Length * 2);
        }

        // The function itself is the outermost block and does not count.
        if (_depth > _limits.MaxNesting)
        {
            throw Invalid($"blocks are nested too deeply: the limit is {_limits.MaxNesting}");
        }

        _base = _height;
        _frames[_depth++] = new ControlFrame { Kind = kind, Type = type, Height = _height, SetHeight = _setLocals.Count };
        if (pushParameters)
        {
            PushMany(type.Parameters.AsSpan());
        }
    }

    /// <summary>Ends the innermost block: its results, and nothing else, must be on the stack. The caller pushes them.</summary>
    private FunctionType PopFrame()
    {
        FunctionType type = _frames[_depth - 1].Type;
        PopMany(type.Results.AsSpan());
        if (_height != _base)
        {
            throw Invalid($"type mismatch: {_height - _base} more operands than results at the end of the block");
        }

        ForgetSetLocals(_frames[_depth - 1].SetHeight);
        _depth--;
        _base = _depth > 0 ? _frames[_depth - 1].Height : 0;
        return type;
    }

    private void SetUnreachable()
    {
        _height = _base;
        _frames[_depth - 1].Unreachable = true;
    }

    private ref ControlFrame ReadLabel() => ref LabelAt(_reader.ReadVarU32());

    private readonly ref ControlFrame LabelAt(uint label)
    {
        if (label >= (uint)_depth)
        {
            throw Invalid($"unknown label {label}");
        }

        return ref _frames[_depth - 1 - (int)label];
    }
}
