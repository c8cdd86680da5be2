using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
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

    /// <summary>A line that a guest wrote.</summary>
    public void Guest(string stream, string line)
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

/// <summary>What a guest writes for one request, as lines of the log.</summary>
internal sealed class GuestLines(HttpGuestLog log, string name) : Stream
{
    /// <summary>Bytes after which a request is stopped.</summary>
    public const long MaximumBytes = 4 << 20;

    private const int MaximumLine = 4000;
    private readonly ArrayBufferWriter<byte> _line = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int end = buffer.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = buffer[..Math.Min(end < 0 ? buffer.Length : end, MaximumLine - _line.WrittenCount)];
            _line.Write(part);
            buffer = buffer[part.Length..];
            bool isLineEnd = !buffer.IsEmpty && buffer[0] == (byte)'\n';
            if (isLineEnd || _line.WrittenCount == MaximumLine)
            {
                End();
                buffer = isLineEnd ? buffer[1..] : buffer;
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (_line.WrittenCount > 0)
        {
            End();
        }

        base.Dispose(disposing);
    }

    private void End()
    {
        log.Guest(name, Encoding.UTF8.GetString(_line.WrittenSpan));
        _line.ResetWrittenCount();
    }
}
