using System.Collections.Concurrent;

namespace Atoll.Components.Tests;

/// <summary>Counts over the whole run, printed when it ends, so that nothing is left out in silence.</summary>
public sealed class Totals : IDisposable
{
    private readonly ConcurrentDictionary<(string Part, string Word), int> _counts = new();

    internal void Add(string part, string word, int count = 1) => _counts.AddOrUpdate((part, word), count, (_, sum) => sum + count);

    public void Dispose()
    {
        foreach (IGrouping<string, KeyValuePair<(string Part, string Word), int>> part in _counts.GroupBy(p => p.Key.Part).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"components: part={part.Key} {string.Join(' ', part.OrderBy(p => p.Key.Word, StringComparer.Ordinal).Select(p => $"{p.Key.Word}={p.Value}"))}");
        }
    }
}
