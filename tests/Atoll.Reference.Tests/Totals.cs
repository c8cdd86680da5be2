namespace Atoll.Reference.Tests;

/// <summary>Counts over the whole run, printed when it ends.</summary>
public sealed class Totals : IDisposable
{
    private int _files;
    private int _passed;
    private int _compared;

    internal void Add(int passed, int compared)
    {
        Interlocked.Increment(ref _files);
        Interlocked.Add(ref _passed, passed);
        Interlocked.Add(ref _compared, compared);
    }

    public void Dispose() => Console.WriteLine($"reference: files={_files} assertions_interpreted={_passed} actions_compared={_compared}");
}
