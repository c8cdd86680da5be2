namespace Atoll.Bench;

/// <summary>What a fresh process takes until it has called a component: the command of this clone, on the clock, with the component's code out of the disk cache.</summary>
internal static class ComponentFirstMeasure
{
    public static IEnumerable<Measurement> Run(int runs)
    {
        string cache = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
        try
        {
            foreach ((string? key, string name, string goal) in new (string?, string, string)[]
            {
                ("js_first_ms", "js-pure-qjs-stub.wasm", "≤ 200 ms"),
                (null, "c-pure.component.wasm", ""),
            })
            {
                string file = ComponentGuests.PathOf(name);
                WholeProcess.Run(WholeProcess.Atoll, ["compile", file], "", cache);
                Samples wall = new();
                for (int i = 0; i <= runs; i++)
                {
                    WholeProcess.Usage usage = WholeProcess.Run(WholeProcess.Atoll, ["invoke", file, "api#add", "1", "2"], "", cache);
                    if (usage.Output.Trim() != "3")
                    {
                        throw new InvalidOperationException($"{name}: 1 + 2 is {usage.Output.Trim()}");
                    }

                    if (i > 0)
                    {
                        wall.Add(usage.WallMilliseconds);
                    }
                }

                yield return Measurement.Absolute(key, $"first call of {name}, whole process", "ms", wall, goal);
            }
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }
}
