namespace Atoll.Cli;

/// <summary>An error whose message is meant for the user: what is wrong, where, and what to do.</summary>
internal sealed class CliException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;

    public static CliException Usage(string message) => new(ExitCodes.Usage, message);

    public static CliException Failed(string message, Exception? inner = null) => new(ExitCodes.Failed, message, inner);
}
