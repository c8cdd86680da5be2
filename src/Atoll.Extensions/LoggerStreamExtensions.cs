using Atoll.Components;
using Microsoft.Extensions.Logging;

namespace Atoll.Extensions;

/// <summary>Turns what guests print into log entries.</summary>
public static class LoggerStreamExtensions
{
    /// <summary>A stream that makes a log entry of each line written to it: for <c>AllowStdout</c> and <c>AllowStderr</c>.</summary>
    /// <param name="logger">Gets the entries.</param>
    /// <param name="level">Level of the entries.</param>
    /// <returns>
    /// A stream that can only be written, by one thread at a time. Lines are cut after 16,384 bytes; control characters other than tabs become <c>�</c>, so that no
    /// guest writes to the terminal that shows the log. Disposing writes out what stands in an unfinished line.
    /// </returns>
    public static Stream ToStream(this ILogger logger, LogLevel level = LogLevel.Information)
    {
        ArgumentNullException.ThrowIfNull(logger);
        return new LineStream(line =>
        {
            if (logger.IsEnabled(level))
            {
                logger.Log(level, default, Plain(line), null, static (text, _) => text);
            }
        });
    }

    private static string Plain(string line) => string.Create(line.Length, line, static (target, source) =>
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = char.IsControl(source[i]) && source[i] != '\t' ? '\ufffd' : source[i];
        }
    });
}
