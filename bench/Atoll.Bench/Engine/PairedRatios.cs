using System.Diagnostics;
using System.Text.Json;

namespace Atoll.Bench.Engine;

/// <summary>Ratios of two processor times that were taken in turns, and their middle. The machine's speed changes from second to second, so only pairs compare.</summary>
internal sealed class PairedRatios
{
    private readonly List<double> _ours = [];
    private readonly List<double> _theirs = [];

    public double Ours => _ours.Order().ElementAt(_ours.Count / 2);

    public double Theirs => _theirs.Order().ElementAt(_theirs.Count / 2);

    public void Add(double ours, double theirs)
    {
        _ours.Add(ours);
        _theirs.Add(Math.Max(theirs, 0.001));
    }

    /// <summary>The median of the ratios, and its interval by order statistics (binomial, 95 %).</summary>
    public (double Ratio, double Low, double High) Median()
    {
        List<double> ratios = [.. _ours.Zip(_theirs, (a, b) => a / b).Order()];
        int reach = (int)Math.Ceiling(0.98 * Math.Sqrt(ratios.Count));
        int middle = ratios.Count / 2;
        return (ratios[middle], ratios[Math.Max(0, middle - reach)], ratios[Math.Min(ratios.Count - 1, middle + reach)]);
    }

    public void Print(string name)
    {
        (double ratio, double low, double high) = Median();
        Console.WriteLine(FormattableString.Invariant($"{name,-12} {Ours,9:F2} {Theirs,9:F2} {ratio,7:F3}  [{low:F3}, {high:F3}]"));
    }

    public static void PrintHeader(string what, string version, int runs)
    {
        Console.WriteLine($"{what}; peer: Node {version}; {runs} runs in turns; ratio = ours ÷ V8's processor time, median over rounds [95 % interval]");
        Console.WriteLine($"{"part",-12} {"ours ms",9} {"V8 ms",9} {"ratio",7}  interval");
    }
}

/// <summary>A live Node process that answers lines of JSON.</summary>
internal sealed class NodeProgram : IDisposable
{
    private readonly Process _process;

    public NodeProgram(string script)
    {
        _process = Process.Start(new ProcessStartInfo("node", [script]) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("node could not be started; install Node.js");
    }

    public static double OurMilliseconds => Environment.CpuUsage.TotalTime.TotalMilliseconds;

    public JsonElement Ask(object command)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(command));
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("node ended unexpectedly");
        JsonElement answer = JsonDocument.Parse(line).RootElement;
        return answer.GetProperty("ok").GetBoolean() ? answer : throw new InvalidOperationException($"node: {line}");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
