using Microsoft.Extensions.Logging;

namespace Atoll.Extensions.Tests;

/// <summary>Output of guests as log entries.</summary>
public sealed class LoggerStreamTests
{
    [Fact]
    public void Each_line_is_an_entry()
    {
        Recorder log = new();
        using (Stream stream = log.ToStream(LogLevel.Warning))
        {
            stream.Write("one\ntw"u8);
            stream.Write("o\r\n\nunfinished ü"u8);
            Assert.Equal(["one", "two", ""], log.Lines);
        }

        Assert.Equal(["one", "two", "", "unfinished ü"], log.Lines);
        Assert.All(log.Levels, level => Assert.Equal(LogLevel.Warning, level));
    }

    [Fact]
    public void Lines_are_bounded_and_cannot_steer_a_terminal()
    {
        Recorder log = new();
        using Stream stream = log.ToStream();
        stream.Write(new byte[40_000].AsSpan());
        stream.Write("\n\u001b[2Jhidden\ttab\n"u8);
        Assert.Equal([16384, 16384, 7232], log.Lines.Take(3).Select(line => line.Length));
        Assert.Equal("\ufffd[2Jhidden\ttab", log.Lines[^1]);
    }

    private sealed class Recorder : ILogger
    {
        public List<string> Lines { get; } = [];

        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Add(formatter(state, exception));
            Levels.Add(logLevel);
        }
    }
}
