using System.Text;

namespace Atoll.Components;

/// <summary>A stream that hands on each line that is written to it: for what guests print.</summary>
/// <remarks>
/// Can only be written, by one thread at a time. Lines are UTF-8; what is none becomes <c>�</c>. A line feed ends a line, with a carriage return before it or without; neither is handed on.
/// Control characters are: take them out before a terminal sees them. Disposing hands on what stands in an unfinished line, and may be repeated.
/// </remarks>
public sealed class LineStream : Stream
{
    private readonly Action<string> _line;
    private readonly int _maxLineBytes;

    // Made with the first byte: most streams of a server's calls see none.
    private byte[] _bytes = [];
    private int _count;

    /// <summary>Makes a stream.</summary>
    /// <param name="line">Gets each line, on the thread that writes.</param>
    /// <param name="maxLineBytes">Bytes after which a line is cut; what follows is the next one.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLineBytes"/> is less than 1.</exception>
    public LineStream(Action<string> line, int maxLineBytes = 16 * 1024)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLineBytes, 1);
        _line = line;
        _maxLineBytes = maxLineBytes;
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_bytes.Length == 0 && !buffer.IsEmpty)
        {
            _bytes = new byte[_maxLineBytes];
        }

        while (!buffer.IsEmpty)
        {
            int end = buffer.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? buffer : buffer[..end];
            buffer = end < 0 ? default : buffer[(end + 1)..];
            while (part.Length > _bytes.Length - _count)
            {
                int room = _bytes.Length - _count;
                part[..room].CopyTo(_bytes.AsSpan(_count));
                part = part[room..];
                _count = _bytes.Length;
                End();
            }

            part.CopyTo(_bytes.AsSpan(_count));
            _count += part.Length;
            if (end >= 0)
            {
                End();
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void WriteByte(byte value) => Write([value]);

    /// <summary>Without effect: lines are handed on when they end.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _count > 0)
        {
            End();
        }

        base.Dispose(disposing);
    }

    private void End()
    {
        int length = _count > 0 && _bytes[_count - 1] == (byte)'\r' ? _count - 1 : _count;
        _count = 0;
        _line(Encoding.UTF8.GetString(_bytes, 0, length));
    }
}
