using System.Runtime.InteropServices;
using Atoll.Cli.CommandLine;

namespace Atoll.Cli;

internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        EarlyStart.Begin(args);
        using CancellationTokenSource cancellation = new();

        // The first signal asks for an orderly end; the second is left to the system, which ends the process.
        void OnSignal(PosixSignalContext context)
        {
            if (!cancellation.IsCancellationRequested)
            {
                context.Cancel = true;
                cancellation.Cancel();
            }
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        try
        {
            CliContext context = CliContext.ForProcess(cancellation.Token);
            int code = await AtollCommand.InvokeAsync(args, context).ConfigureAwait(false);
            return Flush(context) ? code : ExitCodes.Failed;
        }
        catch (CliException early)
        {
            await Console.Error.WriteLineAsync($"atoll: {early.Message}").ConfigureAwait(false);
            return early.ExitCode;
        }
    }

    /// <summary>Passes on what was answered; whether all of it could be.</summary>
    private static bool Flush(CliContext context)
    {
        try
        {
            context.Out.Flush();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            ErrorReport.Tell(new ErrorReport(ExitCodes.Failed, $"standard output cannot be written: {exception.Message}", []), context.Error, null);
            return false;
        }
    }
}
