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
        CliContext context = CliContext.ForProcess(cancellation.Token);
        int code = await AtollCommand.InvokeAsync(args, context).ConfigureAwait(false);
        context.Out.Flush();
        return code;
    }
}
