using Atoll.Fuzz.Running;

namespace Atoll.Fuzz.Tests;

/// <summary>Counts over the whole run, printed when it ends.</summary>
public sealed class Totals : IDisposable
{
    private readonly int[] _cases = new int[3];
    private int _valid;
    private int _executions;

    internal void Add(FuzzKind kind, RunReport report)
    {
        Interlocked.Increment(ref _cases[(int)kind]);
        Interlocked.Add(ref _valid, kind != FuzzKind.Generated && report.Refusal is null ? 1 : 0);
        Interlocked.Add(ref _executions, report.Executions);
    }

    public void Dispose() => Console.WriteLine($"fuzz: modules={_cases[0]} mutations={_cases[1] + _cases[2]} still_valid={_valid} executions={_executions}");
}
