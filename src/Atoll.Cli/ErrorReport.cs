using System.Collections.Immutable;
using Atoll.Components;
using Atoll.Host.Configuration;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toml;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Cli;

/// <summary>How an exception is shown and which exit code it gives.</summary>
internal sealed record ErrorReport(int ExitCode, string Message, IReadOnlyList<string> Details)
{
    private const int ShownFrames = 20;

    public static ErrorReport For(Exception exception) => exception switch
    {
        CliException known => new(known.ExitCode, known.Message, []),
        ModuleFileException bad => ForModule(bad.Path + ": ", bad.Reason),
        WasmException guest => ForModule(string.Empty, guest),
        WitException wit => new(ExitCodes.Failed, $"the WIT has {(wit.Errors.Count == 1 ? "an error" : $"{wit.Errors.Count} errors")}:", [.. wit.Errors.SelectMany(Lines)]),
        DiagnosticException bad => new(ExitCodes.Failed, bad.Diagnostics.Count == 1 ? "there is an error:" : $"there are {bad.Diagnostics.Count} findings:",
            [.. bad.Diagnostics.SelectMany(finding => finding.ToString().Split('\n').Append(string.Empty))]),
        ProjectException project => new(ExitCodes.Failed, project.Message, project.Details),
        WaveException value => new(ExitCodes.Usage, value.Message, []),
        ConfigurationException configuration => new(ExitCodes.Usage, configuration.Message, []),
        OperationCanceledException => new(ExitCodes.Cancelled, "stopped.", []),
        IOException or UnauthorizedAccessException or PlatformNotSupportedException => new(ExitCodes.Failed, exception.Message, []),
        _ => new(ExitCodes.Internal, $"a fault of Atoll itself: {exception.GetType().Name}: {exception.Message} Run it again with --debug and report what it prints.", []),
    };

    /// <summary>Writes it, if anybody listens: whoever closed standard error has the exit code.</summary>
    public static void Tell(ErrorReport report, TextWriter output, Exception? trace)
    {
        try
        {
            report.Write(output, trace);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // There is no other place to say it.
        }
    }

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

    private static ErrorReport ForModule(string prefix, WasmException exception) => exception switch
    {
        MalformedModuleException or MalformedComponentException => new(ExitCodes.BadModule, $"{prefix}malformed: {exception.Message}", []),
        InvalidModuleException or InvalidComponentException => new(ExitCodes.BadModule, $"{prefix}invalid: {exception.Message}", []),
        ComponentWritingException writing => new(ExitCodes.Failed, $"{prefix}{exception.Message}{(writing.Problems.IsEmpty ? string.Empty : ":")}", writing.Problems),
        UnlinkableException missing => new(
            ExitCodes.BadModule,
            $"{prefix}cannot be linked: {missing.Missing.Length} import{(missing.Missing.Length == 1 ? string.Empty : "s")} cannot be satisfied. `atoll inspect` lists what it asks for.",
            missing.Missing),
        TrapException trap => new(ExitCodes.Trap, $"{prefix}trap: {trap.Message} [{trap.Code}]", Frames(trap.GuestStack)),
        GuestThrownException thrown => new(ExitCodes.Trap, $"{prefix}{thrown.Message} [{thrown.Code}]", Frames(thrown.GuestStack)),
        LimitExceededException { Limit: LimitKind.Fuel } => new(ExitCodes.Limit, $"{prefix}stopped: the fuel is used up [{exception.Code}]. Give more with --fuel.", []),
        LimitExceededException { Limit: LimitKind.Time } => new(ExitCodes.Limit, $"{prefix}stopped: the time is over [{exception.Code}]. Give more with --timeout.", []),
        LimitExceededException { Limit: LimitKind.Memory } => new(
            ExitCodes.Limit, $"{prefix}cannot start: {exception.Message} [{exception.Code}]. Give more with --max-memory.", []),
        LimitExceededException => new(ExitCodes.Limit, $"{prefix}stopped: {exception.Message} [{exception.Code}]", []),
        HostFunctionException host => new(ExitCodes.Failed, $"{prefix}{host.Message} [{host.Code}]", []),
        _ => new(ExitCodes.Trap, $"{prefix}{exception.Message} [{exception.Code}]", []),
    };

    private static IEnumerable<string> Lines(WitError error) => error.ToString().Split('\n').Select(line => line.TrimEnd('\r')).Append(string.Empty);

    private static IReadOnlyList<string> Frames(ImmutableArray<GuestFrame> stack)
    {
        List<string> lines = [.. stack.Take(ShownFrames).Select(frame => $"at {frame}")];
        if (stack.Length > ShownFrames)
        {
            lines.Add($"... {stack.Length - ShownFrames} more frames");
        }

        return lines;
    }
}
