using System.Text;
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
        return new LoggerStream(logger, level);
    }

    private sealed class LoggerStream(ILogger logger, LogLevel level) : Stream
    {
        private const int MaxLine = 16384;

        private readonly byte[] _line = new byte[MaxLine];
        private int _length;

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
            foreach (byte value in buffer)
            {
                if (value == '\n' || _length == MaxLine)
                {
                    End();
                }

                if (value != '\n')
                {
                    _line[_length++] = value;
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
            if (disposing && _length > 0)
            {
                End();
            }

            base.Dispose(disposing);
        }

        private void End()
        {
            if (logger.IsEnabled(level))
            {
                string text = Encoding.UTF8.GetString(_line, 0, _length).TrimEnd('\r');
                logger.Log(level, default, string.Create(text.Length, text, static (target, source) =>
                {
                    for (int i = 0; i < target.Length; i++)
                    {
                        target[i] = char.IsControl(source[i]) && source[i] != '\t' ? '\ufffd' : source[i];
                    }
                }), null, static (line, _) => line);
            }

            _length = 0;
        }
    }
}
