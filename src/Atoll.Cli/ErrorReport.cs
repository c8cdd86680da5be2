namespace Atoll.Cli;

/// <summary>How an exception is shown and which exit code it gives.</summary>
internal sealed record ErrorReport(int ExitCode, string Message, IReadOnlyList<string> Details)
{
    public static ErrorReport For(Exception exception) => exception switch
    {
        CliException known => new(known.ExitCode, known.Message, []),
        OperationCanceledException => new(ExitCodes.Cancelled, "stopped.", []),
        FileNotFoundException missing => new(ExitCodes.Failed, $"`{missing.FileName}` does not exist. Check the path.", []),
        DirectoryNotFoundException or IOException or UnauthorizedAccessException => new(ExitCodes.Failed, exception.Message, []),
        PlatformNotSupportedException => new(ExitCodes.Failed, exception.Message, []),
        _ => new(ExitCodes.Internal, $"a fault of Atoll itself: {exception.GetType().Name}: {exception.Message} Run it again with --debug and report what it prints.", []),
    };

    /// <summary>Writes it; with an exception also where it came from.</summary>
    public void Write(TextWriter output, Exception? trace)
    {
        output.WriteLine($"atoll: {Message}");
        foreach (string detail in Details)
        {
            output.WriteLine($"    {detail}");
        }

        if (trace is not null)
        {
            output.WriteLine(trace.ToString());
        }
    }
}
