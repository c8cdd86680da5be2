using System.Text;
using Atoll.Components;

namespace Atoll.Wasi.Platform;

/// <summary>How much a log entry of a guest matters (<c>atoll:platform/logging.level</c>).</summary>
public enum GuestLogLevel
{
    /// <summary>Every step.</summary>
    Trace,

    /// <summary>What helps to find a defect.</summary>
    Debug,

    /// <summary>What happens in the ordinary way.</summary>
    Info,

    /// <summary>What is not as it should be, though all goes on.</summary>
    Warn,

    /// <summary>Something failed.</summary>
    Error,

    /// <summary>The guest cannot go on.</summary>
    Critical,
}

/// <summary>An entry that a guest wrote. Its texts are the guest's: they have no control characters other than tabs and line feeds, and are cut at limits.</summary>
/// <param name="Level">How much it matters.</param>
/// <param name="Source">Which part of the guest speaks; may be empty. At most 128 characters.</param>
/// <param name="Message">What it says; at most 16,384 characters.</param>
/// <param name="Fields">Names with values; at most 64, with names of at most 128 and values of at most 4096 characters.</param>
/// <param name="TraceId">Trace of the call in which it was written; empty for none.</param>
public sealed record GuestLogEntry(GuestLogLevel Level, string Source, string Message, IReadOnlyList<KeyValuePair<string, string>> Fields, string TraceId)
{
    /// <summary>The entry as one line: level, source, message and fields. Line feeds are written as <c>\n</c>.</summary>
    public override string ToString()
    {
        StringBuilder line = new(Level.ToString().ToLowerInvariant());
        line.Append(' ').Append(Source).Append(Source.Length == 0 ? "" : ": ").Append(Message);
        foreach ((string name, string value) in Fields)
        {
            bool isPlain = value.Length > 0 && !value.AsSpan().ContainsAny(" \t\n\"=");
            line.Append(' ').Append(name).Append('=').Append(isPlain ? value : $"\"{value.Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        }

        return line.Replace("\n", "\\n").ToString();
    }
}

internal sealed record LogGrant(Action<GuestLogEntry> Sink, GuestLogLevel Minimum, long LimitBytes) : IGrant
{
    public static readonly Capability Write = Capability.Of("log", "write", "**");

    public IEnumerable<Capability> Capabilities => [Write];
}

/// <summary>The log of one run.</summary>
internal sealed class GuestLog(LogGrant grant)
{
    private const int MaximumMessage = 16 * 1024;
    private const int MaximumFields = 64;
    private const int MaximumName = 128;
    private const int MaximumValue = 4096;
    private const int BytesPerEntry = 64;

    private long _written;
    private bool _isFull;

    public GuestLogLevel? Threshold => _isFull ? null : grant.Minimum;

    /// <summary>What was logged before does not count any more.</summary>
    public void BeginCall()
    {
        _written = 0;
        _isFull = false;
    }

    public bool Takes(GuestLogLevel level) => !_isFull && level >= grant.Minimum;

    public void Write(GuestLogEntry entry)
    {
        _written += BytesPerEntry + entry.Message.Length + entry.Source.Length + entry.Fields.Sum(field => (long)field.Key.Length + field.Value.Length);
        if (_written > grant.LimitBytes)
        {
            _isFull = true;
            entry = new GuestLogEntry(GuestLogLevel.Warn, "", $"the guest has logged more than {grant.LimitBytes} bytes; what it logs from here on is dropped", [], entry.TraceId);
        }

        grant.Sink(entry);
    }

    public static GuestLogEntry Entry(GuestLogLevel level, string source, string message, Field[] fields, string traceId) => new(
        level, Clean(source, MaximumName), Clean(message, MaximumMessage),
        [.. fields.Take(MaximumFields).Select(field => KeyValuePair.Create(Clean(field.Name, MaximumName), Clean(field.Value, MaximumValue)))], traceId);

    /// <summary>Cuts a text, not within a character, and takes out what would steer a terminal.</summary>
    private static string Clean(string text, int maximum)
    {
        if (text.Length > maximum)
        {
            int length = maximum - 1;
            text = string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[length - 1]) ? length - 1 : length), "…");
        }

        return text.Any(IsControl)
            ? string.Create(text.Length, text, static (target, source) =>
            {
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = IsControl(source[i]) ? '\ufffd' : source[i];
                }
            })
            : text;
    }

    // Beside control characters: those that change the direction of text, with which a line can be made to look like another one.
    private static bool IsControl(char c) =>
        (char.IsControl(c) && c is not ('\t' or '\n')) || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\u2028' or '\u2029';
}

/// <summary>The functions of <c>atoll:platform/logging</c>.</summary>
internal static class LoggingHost
{
    public static void AddTo(ComponentLinker linker) => linker.Instance(PlatformHost.Name("logging"))
        .DefineFunction("log", (ComponentCaller caller, GuestLogLevel level, string source, string message, Field[] fields) =>
        {
            caller.Work((uint)Math.Min(64L + message.Length + (fields.Length * 64L), uint.MaxValue));
            if (Log(caller) is not { } log || !log.Takes(level))
            {
                return;
            }

            WasiContext context = PlatformHost.Context(caller);
            GuestLogEntry entry = GuestLog.Entry(level, source, message, fields, context.CallContext?.TraceId ?? "");
            if (context.Observer?.Invoke("logging.log", entry) is null)
            {
                log.Write(entry);
            }
        })
        .DefineFunction("threshold", (ComponentCaller caller) => Log(caller)?.Threshold);

    private static GuestLog? Log(ComponentCaller caller)
    {
        WasiContext context = PlatformHost.Context(caller);
        context.TellOnce(LogGrant.Write, context.Log is not null);
        return context.Log;
    }
}
