using System.Runtime.CompilerServices;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Validation;

/// <summary>Types of the locals of one function: the first in an array, the others found by their run.</summary>
/// <remarks>Three bytes can declare 50,000 locals, so they are not spread out for each function.</remarks>
internal sealed class LocalTypes
{
    private const int DirectCount = 1024;

    private readonly long[] _direct = new long[DirectCount];
    private int[] _runEnds = [];
    private LocalRun[] _runs = [];
    private FunctionType? _parameters;

    public int Count { get; private set; }

    /// <summary>Whether a local must be set before it is read.</summary>
    public bool HasUndefaultable { get; private set; }

    /// <summary>Type of a local below <see cref="Count"/>, as the code of the binary format.</summary>
    public long this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)index < DirectCount ? _direct[index] : Find(index);
    }

    public void Reset(FunctionType type, FunctionBody body)
    {
        Count = body.LocalCount;
        _runs = body.Locals;
        int next = 0;
        foreach (ValueType parameter in type.Parameters.AsSpan())
        {
            if (next < DirectCount)
            {
                _direct[next] = parameter.Code;
            }

            next++;
        }

        if (_runEnds.Length < _runs.Length)
        {
            Array.Resize(ref _runEnds, Math.Max(_runs.Length, _runEnds.Length * 2));
        }

        for (int i = 0; i < _runs.Length; i++)
        {
            int end = next + _runs[i].Count;
            if (next < DirectCount)
            {
                _direct.AsSpan(next, Math.Min(end, DirectCount) - next).Fill(_runs[i].Type.Code);
            }

            next = end;
            _runEnds[i] = end;
        }

        HasUndefaultable = false;
        foreach (LocalRun run in _runs)
        {
            HasUndefaultable |= !run.Type.IsDefaultable && run.Count > 0;
        }

        // Parameters fit the array unless the limits were raised; then they are looked up in the type.
        _parameters = type.Parameters.Length > DirectCount ? type : null;
    }

    private long Find(int index)
    {
        if (_parameters is { } type && index < type.Parameters.Length)
        {
            return type.Parameters[index].Code;
        }

        // The run whose end is the first beyond the index; empty runs share their end with the run before them.
        int low = 0;
        int high = _runs.Length - 1;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_runEnds[middle] > index)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return _runs[low].Type.Code;
    }
}
