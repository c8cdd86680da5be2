using System.Text;

namespace Atoll.Testing;

/// <summary>Keeps what is written.</summary>
/// <param name="also">Who gets it too; null for nobody.</param>
/// <param name="maxBytes">How much is kept; writing more fails.</param>
internal sealed class Capture(Capture? also, long maxBytes = int.MaxValue) : Stream
{
    private readonly MemoryStream _bytes = new();

    /// <summary>What was written, as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(_bytes.GetBuffer(), 0, (int)_bytes.Length);

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.GetBuffer().AsMemory(0, (int)_bytes.Length);

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
        if (buffer.Length > maxBytes - _bytes.Length)
        {
            throw new IOException($"more than {maxBytes} bytes were written");
        }

        _bytes.Write(buffer);
        also?.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
