using System.Text;
using Atoll.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Tools;

/// <summary>Standard error of a tool: each line becomes a log line, up to a limit for the call; what comes after is dropped and said so once.</summary>
internal sealed partial class LogOutput(ILogger logger, string tool, int limit) : GuestOutput
{
    private const int MaxLine = 4000;
    private readonly List<byte> _line = [];
    private int _taken;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_taken > limit)
        {
            return;
        }

        _taken += buffer.Length;
        if (_taken > limit)
        {
            End();
            LogTooMuch(logger, tool, limit);
            return;
        }

        foreach (var b in buffer)
        {
            if (b == (byte)'\n' || _line.Count >= MaxLine)
            {
                End();
            }

            if (b != (byte)'\n')
            {
                _line.Add(b);
            }
        }
    }

    /// <summary>Logs a line that has no end yet.</summary>
    public void End()
    {
        if (_line.Count > 0)
        {
            LogLine(logger, tool, Printable.Shorten(Encoding.UTF8.GetString([.. _line]), MaxLine));
            _line.Clear();
        }
    }

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
