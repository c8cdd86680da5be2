using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Atoll.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Atoll.Host.Telemetry;

/// <summary>
/// Writes log lines to a text writer (standard error) from a thread of its own, so that a slow reader delays no call. The queue is
/// bounded; lines that do not fit are counted and the count is written. Thread-safe; disposal writes what is queued.
/// </summary>
internal sealed class TextLoggerProvider : ILoggerProvider, ISupportExternalScope
{
    private const int Capacity = 4096;
    private readonly BlockingCollection<string> _lines = new(Capacity);
    private readonly TextWriter _writer;
    private readonly Func<Exception, bool>? _isMistake;
    private readonly Thread _thread;
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();
    private int _dropped;

    /// <param name="writer">Where lines go.</param>
    /// <param name="isMistake">Whether an exception is a client's mistake, which the client was told: a warning with the message alone, whatever else is logged about it left out.</param>
    public TextLoggerProvider(TextWriter writer, Func<Exception, bool>? isMistake = null)
    {
        _writer = writer;
        _isMistake = isMistake;
        _thread = new Thread(WriteLines) { IsBackground = true, Name = "atoll log" };
        _thread.Start();
    }

    public ILogger CreateLogger(string categoryName) => new TextLogger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    /// <summary>Queues a line as it is, in order with the log.</summary>
    public void WriteLine(string text) => Add(text);

    public void Dispose()
    {
        if (_lines.IsAddingCompleted)
        {
            return;
        }

        _lines.CompleteAdding();
        _thread.Join(TimeSpan.FromSeconds(2));
    }

    private void Add(string line)
    {
        try
        {
            if (!_lines.TryAdd(line))
            {
                Interlocked.Increment(ref _dropped);
            }
        }
        catch (InvalidOperationException)
        {
            // The log is closed: the process ends.
        }
    }

    private void WriteLines()
    {
        try
        {
            foreach (var line in _lines.GetConsumingEnumerable())
            {
                _writer.WriteLine(line);
                if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
                {
                    _writer.WriteLine($"warn log: {dropped} lines were dropped; the reader of this log is too slow");
                }

                if (_lines.Count == 0)
                {
                    _writer.Flush();
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Nobody reads the log any more; there is no other place to say so.
            _lines.CompleteAdding();
        }
    }

    private sealed class TextLogger(TextLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => provider._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var isMistake = exception is not null && provider._isMistake?.Invoke(exception) == true;
            if (isMistake && logLevel > LogLevel.Warning)
            {
                return;
            }

            var line = new StringBuilder(160);
            line.Append(DateTime.UtcNow.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)).Append(' ').Append(Word(logLevel)).Append(' ').Append(category).Append(": ");
            var start = line.Length;
            line.Append(Printable.Shorten(formatter(state, exception), 4000));
            provider._scopes.ForEachScope(
                static (scope, at) =>
                {
                    if (scope is IReadOnlyList<KeyValuePair<string, object?>> pairs)
                    {
                        foreach (var (name, value) in pairs)
                        {
                            if (name == "trace_id")
                            {
                                at.Append(' ').Append(name).Append('=').Append(value);
                            }
                        }
                    }
                },
                line);
            if (isMistake)
            {
                line.Append(' ').Append(Printable.Shorten(exception!.Message, 1000));
            }
            else if (exception is not null)
            {
                line.AppendLine().Append(exception);
            }

            provider.Add(line.ToString());
        }

        private static string Word(LogLevel level) => level switch
        {
            LogLevel.Trace => "trce",
            LogLevel.Debug => "dbug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            _ => "crit",
        };
    }
}
