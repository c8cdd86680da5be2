using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Atoll.Components;
using Atoll.Host.Configuration;
using Atoll.Host.Telemetry;
using Atoll.Wasi.Platform;
using Microsoft.AspNetCore.Http;

namespace Atoll.Host.Web;

/// <summary>The log of a server: requests, and what guests write. Thread-safe; a slow reader holds nobody up.</summary>
internal sealed class HttpGuestLog(TextWriter writer, bool isJson) : IDisposable
{
    private const int MaximumText = 4000;
    private readonly TextLoggerProvider _lines = new(writer);

    /// <summary>One request that was answered, or was not.</summary>
    public void Request(HttpContext http, TimeSpan elapsed, string? problem)
    {
        string path = Printable.Shorten(http.Request.Path.ToUriComponent(), MaximumText);
        string? text = problem is null ? null : Printable.Shorten(problem, MaximumText);
        int status = http.Response.StatusCode;
        string method = Printable.Shorten(http.Request.Method, 64);
        double milliseconds = Math.Round(elapsed.TotalMilliseconds, 3);
        if (!isJson)
        {
            string line = string.Create(CultureInfo.InvariantCulture, $"{Now():HH:mm:ss.fff} {method} {path} {status} {milliseconds} ms");
            _lines.WriteLine(text is null ? line : $"{line}: {text}");
            return;
        }

        WriteJson(json =>
        {
            json.WriteString("method", method);
            json.WriteString("path", path);
            json.WriteNumber("status", status);
            json.WriteNumber("ms", milliseconds);
            if (text is not null)
            {
                json.WriteString("problem", text);
            }
        });
    }

    /// <summary>What a guest writes to a stream, as lines of the log.</summary>
    public LineStream Lines(string stream) => new(line => Guest(stream, line), MaximumText);

    /// <summary>An entry that a guest logged.</summary>
    public void Entry(GuestLogEntry entry)
    {
        if (!isJson)
        {
            _lines.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{Now():HH:mm:ss.fff} log| {Printable.Shorten(entry.ToString(), MaximumText)} trace_id={entry.TraceId}"));
            return;
        }

        WriteJson(json =>
        {
            json.WriteString("level", entry.Level.ToString().ToLowerInvariant());
            json.WriteString("source", entry.Source);
            json.WriteString("message", Printable.Shorten(entry.Message, MaximumText));
            json.WriteStartObject("fields");
            foreach ((string name, string value) in entry.Fields)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteString("trace_id", entry.TraceId);
        });
    }

    public void Dispose() => _lines.Dispose();

    private void Guest(string stream, string line)
    {
        line = Printable.Shorten(line, MaximumText);
        if (isJson)
        {
            WriteJson(json => json.WriteString(stream, line));
        }
        else
        {
            _lines.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Now():HH:mm:ss.fff} {stream}| {line}"));
        }
    }

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();

    private void WriteJson(Action<Utf8JsonWriter> members)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", Now());
            members(json);
            json.WriteEndObject();
        }

        _lines.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
