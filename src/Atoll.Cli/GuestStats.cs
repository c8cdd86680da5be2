using System.Globalization;
using Atoll.Cli.CommandLine;
using Atoll.Wasm;

namespace Atoll.Cli;

/// <summary>How <c>--stats</c> reports.</summary>
internal enum StatsForm
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>A line for people.</summary>
    Text,

    /// <summary>A line with a JSON object.</summary>
    Json,
}

/// <summary>Says what a guest used.</summary>
internal static class GuestStats
{
    public static void Write(TextWriter output, StatsForm form, Store store)
    {
        if (form == StatsForm.None || store.LastCall is not { } stats)
        {
            return;
        }

        bool countsFuel = store.Engine.Options.ConsumeFuel;
        if (form == StatsForm.Json)
        {
            JsonOutput.Write(output, json =>
            {
                json.WriteNumber("elapsedMilliseconds", Math.Round(stats.Elapsed.TotalMilliseconds, 3));
                json.WriteNumber("cpuMilliseconds", Math.Round(stats.CpuTime.TotalMilliseconds, 3));
                json.WriteNumber("peakMemoryBytes", stats.PeakMemoryBytes);
                json.WriteNumber("hostCalls", stats.HostCalls);
                if (countsFuel)
                {
                    json.WriteNumber("fuel", stats.Fuel);
                }
            }, indented: false);
            return;
        }

        string fuel = countsFuel ? string.Create(CultureInfo.InvariantCulture, $", {stats.Fuel:N0} fuel") : string.Empty;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"stats: {stats.Elapsed.TotalMilliseconds:N1} ms, {stats.CpuTime.TotalMilliseconds:N1} ms of processor time, {stats.PeakMemoryBytes / 1024.0:N0} KiB of memory, {stats.HostCalls:N0} calls of the host{fuel}"));
    }
}
