namespace Atoll.Bench;

/// <summary>Measures the engine and the server against peers: <c>Atoll.Bench NAME</c>.</summary>
internal static class Program
{
    private static readonly SortedDictionary<string, (string What, Func<string[], Task<int>> Run)> Benches = new(StringComparer.Ordinal)
    {
        ["tools"] = ("calls of file tools against a native twin and a peer", ToolsBench.RunAsync),
        ["components"] = ("calls, instances and first calls of components", ComponentsBench.RunAsync),
        ["sdk"] = ("size of guests, and calls through generated bindings against those by hand", SdkBench.RunAsync),
        ["limits"] = ("time from a limit to the return of a guest that never ends", LimitsBench.RunAsync),
        ["engine"] = ("kernels, programs, calls, instances and checks of the engine", EngineBench.RunAsync),
        ["kernels"] = ("C kernels against V8, processor time, interleaved runs [--pinned]", KernelBench.RunAsync),
    };

    private static async Task<int> Main(string[] arguments)
    {
        bool asked = arguments.Any(a => a is "--help" or "-h");
        if (!asked && arguments.Length > 0 && Benches.TryGetValue(arguments[0], out (string What, Func<string[], Task<int>> Run) bench))
        {
            return await bench.Run(arguments[1..]);
        }

        TextWriter output = asked ? Console.Out : Console.Error;
        output.WriteLine("usage: atoll bench NAME [OPTIONS]");
        foreach ((string name, (string what, _)) in Benches)
        {
            output.WriteLine($"  {name,-12} {what}");
        }

        output.WriteLine($"measures of engine, all unless named: {string.Join(' ', EngineBench.Names)}");
        output.WriteLine("example: atoll bench engine sqlite switch --runs 15");
        return asked ? 0 : 2;
    }
}
