using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Atoll.Host.Telemetry;

/// <summary>Trace ids of the W3C Trace Context recommendation: 32 lower-case hexadecimal digits, not all zero.</summary>
internal static class TraceId
{
    /// <summary>Makes a new random id.</summary>
    public static string Create() => ActivityTraceId.CreateRandom().ToHexString();

    public static bool IsValid([NotNullWhen(true)] string? text)
        => text is { Length: 32 } && IsLowerHex(text) && text.AsSpan().IndexOfAnyExcept('0') >= 0;

    /// <summary>Reads the trace id of a <c>traceparent</c> value (Trace Context §3.2).</summary>
    public static bool TryParseTraceParent(string? header, [NotNullWhen(true)] out string? traceId)
    {
        traceId = null;

        // 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01; later versions may append fields after a dash, ff is invalid.
        if (header is null || header.Length < 55 || header.Length > 512
            || header[2] != '-' || header[35] != '-' || header[52] != '-'
            || !IsLowerHex(header.AsSpan(0, 2)) || !IsLowerHex(header.AsSpan(36, 16)) || !IsLowerHex(header.AsSpan(53, 2))
            || header.StartsWith("ff", StringComparison.Ordinal)
            || (header.StartsWith("00", StringComparison.Ordinal) ? header.Length != 55 : header.Length > 55 && header[55] != '-')
            || header.AsSpan(36, 16).IndexOfAnyExcept('0') < 0)
        {
            return false;
        }

        var id = header.Substring(3, 32);
        if (!IsValid(id))
        {
            return false;
        }

        traceId = id;
        return true;
    }

    private static bool IsLowerHex(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }
        }

        return true;
    }
}
