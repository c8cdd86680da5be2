using Atoll.Wasi.Platform;
using Microsoft.Extensions.Logging;

namespace Atoll.Extensions;

/// <summary>Turns what guests log into log entries.</summary>
public static class LoggerGuestExtensions
{
    /// <summary>Writes an entry of a guest: for <see cref="PlatformGrants.AllowLogging"/>. Its fields become those of the entry, with the prefix <c>guest.</c>.</summary>
    /// <param name="logger">Gets it.</param>
    /// <param name="entry">The entry.</param>
    public static void WriteGuestEntry(this ILogger logger, GuestLogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(logger);
        ArgumentNullException.ThrowIfNull(entry);

        // Both lists of levels go from trace to critical.
        LogLevel level = (LogLevel)entry.Level;
        if (!logger.IsEnabled(level))
        {
            return;
        }

        List<KeyValuePair<string, object?>> state = [.. entry.Fields.Select(field => KeyValuePair.Create<string, object?>($"guest.{field.Key}", field.Value))];
        state.Add(new("Source", entry.Source));
        if (entry.TraceId.Length > 0)
        {
            state.Add(new("TraceId", entry.TraceId));
        }

        string text = (entry.Source.Length == 0 ? entry.Message : $"{entry.Source}: {entry.Message}").Replace("\n", "\\n", StringComparison.Ordinal);
        logger.Log(level, default, state, null, (_, _) => text);
    }
}
