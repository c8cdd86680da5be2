namespace Atoll.Bench;

/// <summary>
/// <c>atoll bench components [NAME…] [--runs N]</c>: what components cost: calls in both directions and between two, instances, a JavaScript component's
/// first call, requests of HTTP. Processor time of the whole process; the peer is jco's output on Node, in turns. Names choose measures; without any, all of them run.
/// </summary>
internal static class ComponentsBench
{
    /// <summary>The measures in the order of the closing line.</summary>
    private static readonly (string Name, Func<int, IEnumerable<Measurement>> Run)[] Measures =
    [
        ("calls", ComponentCallsMeasure.Run),
        ("instances", ComponentInstancesMeasure.Run),
        ("first", ComponentFirstMeasure.Run),
        ("http", HttpMeasure.Run),
    ];

    private static readonly string[] Keys =
        ["add_ns", "hostadd_ns", "echo100_ns", "echo10k_us", "bytes10k_us", "text10k_us", "buffer10k_us", "records_us", "c2c_ns", "instantiate_us", "js_first_ms", "http_ratio", "idle_kb"];

    public static Task<int> RunAsync(string[] arguments)
    {
        int runs = KernelBench.Option(arguments, "--runs", 15);
        List<string> names = [.. arguments.Where((a, i) => !a.StartsWith('-') && (i == 0 || arguments[i - 1] != "--runs"))];
        if (names.Find(n => Measures.All(m => m.Name != n)) is { } unknown)
        {
            Console.Error.WriteLine($"there is no measure '{unknown}'; there are: {string.Join(", ", Measures.Select(m => m.Name))}");
            return Task.FromResult(2);
        }

        Console.WriteLine($"{Environment.ProcessorCount} processors; {runs} runs; medians");
        Console.WriteLine(Measurement.Header);
        Dictionary<string, string> words = [];
        foreach ((string name, Func<int, IEnumerable<Measurement>> run) in Measures.Where(m => names.Count == 0 || names.Contains(m.Name)))
        {
            foreach (Measurement measurement in EngineBench.Guarded(name, run, runs))
            {
                Console.WriteLine(measurement);
                if (measurement.Word is { } word)
                {
                    words[measurement.Key!] = word;
                }
            }
        }

        Console.WriteLine("components: " + string.Join(' ', Keys.Where(words.ContainsKey).Select(k => words[k])));
        return Task.FromResult(0);
    }
}
