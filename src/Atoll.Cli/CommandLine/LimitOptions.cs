using System.CommandLine;

namespace Atoll.Cli.CommandLine;

/// <summary>The options that limit a guest, so that they read the same for every verb that runs one to its end.</summary>
internal sealed class LimitOptions
{
    public Option<ulong?> MaxMemory { get; } =
        Quantities.SizeOption("--max-memory", "Most memory that the guest may have, for example 64MB; growing beyond fails in the guest.");

    public Option<TimeSpan?> Timeout { get; } = Quantities.DurationOption("--timeout", "Stop the guest after this time, for example 5s.");

    public Option<ulong?> Fuel { get; } = new("--fuel") { HelpName = "N", Description = "Stop the guest after about N instructions; the same N stops it at the same point." };

    public void Define(Command command)
    {
        command.Add(MaxMemory);
        command.Add(Timeout);
        command.Add(Fuel);
    }
}
