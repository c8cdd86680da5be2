namespace Atoll.Bench;

/// <summary>
/// <c>atoll bench engine [NAME…] [--runs N]</c>: what the engine costs, measure by measure. Processor time of the whole process; where a peer is
/// live, both sides run in turns. Names choose measures; without any, all of them run.
/// </summary>
internal static class EngineBench
{
    /// <summary>The measures in the order of the closing line, with the keys that they fill.</summary>
    private static readonly (string Name, string[] Keys, Func<int, IEnumerable<Measurement>> Run)[] Measures =
    [
        ("kernels", ["kernels_geomean", "kernels_worst"], KernelsMeasure.Run),
        ("sqlite", ["sqlite", "sqlite_fault"], SqliteMeasure.Run),
        ("switch", ["switch"], SwitchMeasure.Run),
        ("sightglass", ["sightglass"], SightglassMeasure.Run),
        ("esbuild", ["esbuild_uncached", "esbuild_cached"], EsbuildMeasure.Run),
        ("cold", ["cold_ratio", "cold_ms"], ColdMeasure.Run),
        ("calls", ["call_ns", "hostcall_ns"], CallsMeasure.Run),
        ("instances", ["instantiate_us", "idle_kb"], InstancesMeasure.Run),
        ("checks", ["epoch_pct", "guard_pct", "fuel_pct"], ChecksMeasure.Run),
        ("features", [], FeaturesMeasure.Run),
    ];

    public static IEnumerable<string> Names => Measures.Select(m => m.Name);

    public static Task<int> RunAsync(string[] arguments)
    {
        int runs = KernelBench.Option(arguments, "--runs", 15);
        List<string> names = [.. arguments.Where((a, i) => !a.StartsWith('-') && (i == 0 || arguments[i - 1] != "--runs"))];
        if (names.Find(n => Measures.All(m => m.Name != n)) is { } unknown)
        {
            Console.Error.WriteLine($"there is no measure '{unknown}'; there are: {string.Join(", ", Names)}");
            return Task.FromResult(2);
        }

        Console.WriteLine($"{Environment.ProcessorCount} processors; {runs} runs; ratio = ours ÷ the peer's processor time, median over rounds");
        Console.WriteLine(Measurement.Header);
        Dictionary<string, string> words = [];
        foreach ((string name, _, Func<int, IEnumerable<Measurement>> run) in Measures.Where(m => names.Count == 0 || names.Contains(m.Name)))
        {
            foreach (Measurement measurement in Guarded(name, run, runs))
            {
                Console.WriteLine(measurement);
                if (measurement.Word is { } word)
                {
                    words[measurement.Key!] = word;
                }
            }
        }

        Console.WriteLine("engine: " + string.Join(' ', Measures.SelectMany(m => m.Keys).Where(words.ContainsKey).Select(k => words[k])));
        return Task.FromResult(0);
    }

    /// <summary>A measure that fails, because a tool or data are missing, is a line of the table and not the end of the others.</summary>
    internal static IEnumerable<Measurement> Guarded(string name, Func<int, IEnumerable<Measurement>> run, int runs)
    {
        using IEnumerator<Measurement> results = run(runs).GetEnumerator();
        for (bool failed = false; !failed;)
        {
            Measurement current;
            try
            {
                if (!results.MoveNext())
                {
                    yield break;
                }

                current = results.Current;
            }
            catch (Exception exception) when (exception is InvalidOperationException or IOException or Wasm.WasmException or System.ComponentModel.Win32Exception)
            {
                failed = true;
                current = Measurement.Missing(null, name, exception.Message);
            }

            yield return current;
        }
    }
}
