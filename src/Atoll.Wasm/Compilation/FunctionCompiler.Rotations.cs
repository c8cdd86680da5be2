using System.Runtime.Intrinsics.X86;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// A way around a mistake of the JIT compiler of .NET 10: on x86 it takes rotations by a constant for instructions that set the zero flag, which
/// they do not, and leaves out the test that belongs between <c>rol</c> and a conditional jump. So the result of a rotation gets a zero added by <c>or</c>
/// that the JIT compiler does not know to be one: then the <c>or</c> is what is tested. A function whose loops rotate more than they compare, as
/// hashes do, adds the zero to all that it compares, passes on and returns instead (the JIT compiler may inline either side): there a rotation stays
/// the one instruction.
/// </content>
internal sealed partial class FunctionCompiler
{
    private static readonly bool MistakesRotations = X86Base.IsSupported && Environment.Version.Major == 10;

    /// <summary>Any value may be the bare result of a rotation, and is hidden where it is used.</summary>
    private bool _mayBeRotated;

    private void DecideOnRotations(int rotations, int comparisons) => _mayBeRotated = MistakesRotations && rotations > comparisons;

    /// <summary>The value on top of IL's stack is the result of a rotation.</summary>
    private void HideResultOfRotation(LocalKind kind)
    {
        if (MistakesRotations && !_mayBeRotated)
        {
            AddHiddenZero(kind);
        }
    }

    /// <summary>The value on top of IL's stack is about to be compared, passed or returned.</summary>
    private void HideRotation(LocalKind kind)
    {
        if (_mayBeRotated && kind is LocalKind.I32 or LocalKind.I64)
        {
            AddHiddenZero(kind);
        }
    }

    private void AddHiddenZero(LocalKind kind)
    {
        LoadContext();
        _il.Emit(Il.Ldfld, _module.ContextField(nameof(InstanceContext.Zero)));
        if (kind == LocalKind.I32)
        {
            _il.Emit(Il.ConvI4);
        }

        _il.Emit(Il.Or);
    }

    /// <summary>As <see cref="LoadOperands"/>, for arguments.</summary>
    private int LoadArgumentValues(int count)
    {
        if (!_mayBeRotated)
        {
            return LoadOperands(count);
        }

        // Only what is loaded one by one can be hidden.
        SpillAll();
        int first = _stack.Count - count;
        int depth = 0;
        for (int i = first; i < _stack.Count; i++)
        {
            Entry entry = _stack[i];
            depth = Math.Max(depth, entry.Depth);
            Load(entry);
            if (entry.Kind != EntryKind.Const)
            {
                HideRotation(entry.Type);
            }
        }

        _stack.RemoveRange(first, count);
        return depth;
    }
}
