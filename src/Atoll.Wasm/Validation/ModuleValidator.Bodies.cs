using System.Runtime.ExceptionServices;

namespace Atoll.Wasm.Validation;

/// <content>Function bodies, which know nothing of each other.</content>
internal sealed partial class ModuleValidator
{
    /// <summary>Code from which on the work is shared by all processors: some milliseconds' worth.</summary>
    private const int SharedWorkBytes = 1 << 20;

    /// <summary>Functions that are taken at a time.</summary>
    private const int RangeLength = 128;

    private void CheckBodies(CancellationToken cancellationToken)
    {
        int workers = _module.CodeBytes < SharedWorkBytes ? 1 : Environment.ProcessorCount;
        Range next = new();
        if (workers == 1)
        {
            CheckRanges(next, cancellationToken);
        }
        else
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ => CheckRanges(next, cancellationToken));
        }

        next.Failure?.Throw();
    }

    private void CheckRanges(Range next, CancellationToken cancellationToken)
    {
        FunctionValidator validator = new(_module, _limits, _declared, cancellationToken);
        while (next.Take(_module.Bodies.Length, out int first))
        {
            int end = Math.Min(first + RangeLength, _module.Bodies.Length);
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (int i = first; i < end; i++)
                {
                    validator.Validate(_module.ImportedFunctionCount + i, _module.Bodies[i]);
                }
            }
            catch (Exception exception)
            {
                next.Fail(first, exception);
            }
        }
    }

    /// <summary>
    /// Gives ranges out in order, and none after a failure. Those before it were given out already, so the failure that is reported is that of the first bad
    /// function, however the work was shared.
    /// </summary>
    private sealed class Range
    {
        private readonly Lock _lock = new();
        private int _next;
        private int _failed = int.MaxValue;

        public ExceptionDispatchInfo? Failure { get; private set; }

        public bool Take(int count, out int first)
        {
            lock (_lock)
            {
                first = _next;
                _next += RangeLength;
                return first < count && Failure is null;
            }
        }

        public void Fail(int range, Exception exception)
        {
            lock (_lock)
            {
                if (range < _failed)
                {
                    _failed = range;
                    Failure = ExceptionDispatchInfo.Capture(exception);
                }
            }
        }
    }
}
