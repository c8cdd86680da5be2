using System.Collections.Concurrent;
using Atoll.Wasm.Text;

namespace Atoll.Spec.Tests;

/// <summary>Counts over the whole run, printed when it ends.</summary>
public sealed class Totals : IDisposable
{
    private readonly ConcurrentDictionary<string, (int Files, int Passed, int Expected)> _forms = new();

    internal void Add(string form, WastResult result) =>
        _forms.AddOrUpdate(form, (1, result.Passed, result.Failed), (_, sum) => (sum.Files + 1, sum.Passed + result.Passed, sum.Expected + result.Failed));

    public void Dispose()
    {
        foreach ((string form, (int files, int passed, int expected)) in _forms.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"wast: {form} files={files} assertions_passed={passed} expected_failures={expected}");
        }
    }
}
