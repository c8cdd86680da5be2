using Atoll.Components;
using Atoll.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Tools;

/// <summary>Standard error of a tool: each line becomes a log line, up to a limit for the call; what comes after is dropped and said so once.</summary>
internal sealed partial class LogOutput : GuestOutput
{
    private const int MaxLine = 4000;
    private readonly CurrentCall _call;
    private readonly int _limit;
    private readonly LineStream _lines;
    private long _taken;
    private long _number;

    public LogOutput(CurrentCall call, int limit)
    {
        _call = call;
        _limit = limit;
        _lines = new LineStream(
            line =>
            {
                if (line.Length > 0)
                {
                    LogLine(call.Logger, call.Tool, Printable.Shorten(line, MaxLine));
                }
            },
            MaxLine);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_number != _call.Number)
        {
            (_number, _taken) = (_call.Number, 0);
        }

        if (_taken > _limit)
        {
            return;
        }

        _taken += buffer.Length;
        if (_taken > _limit)
        {
            End();
            LogTooMuch(_call.Logger, _call.Tool, _limit);
            return;
        }

        _lines.Write(buffer);
    }

    /// <summary>Logs a line that has no end yet.</summary>
    public void End() => _lines.Dispose();

    protected override void Dispose(bool disposing)
    {
        End();
        base.Dispose(disposing);
    }

    [LoggerMessage(EventId = 310, Level = LogLevel.Information, Message = "{Tool}| {Line}")]
    private static partial void LogLine(ILogger logger, string tool, string line);

    [LoggerMessage(EventId = 311, Level = LogLevel.Warning, Message = "{Tool} wrote more than {Limit} bytes to standard error; the rest of this call's is dropped")]
    private static partial void LogTooMuch(ILogger logger, string tool, int limit);
}
