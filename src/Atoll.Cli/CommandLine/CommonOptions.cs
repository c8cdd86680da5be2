using System.CommandLine;

namespace Atoll.Cli.CommandLine;

/// <summary>Options and arguments that several verbs have, so that they read the same everywhere.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print the answer as one JSON object." };

    public static Option<bool> FaultChecks() => new("--fault-checks")
    {
        Description = "Leave it to the processor to find accesses outside of a memory: real programs run up to a tenth faster. On Linux and x64; elsewhere without effect.",
    };

    public static Argument<string> File(string name, string description) => new(name) { HelpName = name, Description = description };

    public static Option<string[]> Many(string name, string value, string description) => new(name)
    {
        HelpName = value,
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    public static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
