using System.Buffers;
using Atoll.Wasm;

namespace Atoll.Mcp.Tools;

/// <summary>A stream that a guest writes to.</summary>
internal abstract class GuestOutput : Stream
{
    public sealed override bool CanRead => false;

    public sealed override bool CanSeek => false;

    public sealed override bool CanWrite => true;

    public sealed override long Length => throw new NotSupportedException();

    public sealed override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public abstract override void Write(ReadOnlySpan<byte> buffer);

    public sealed override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public sealed override void Flush()
    {
    }

    public sealed override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>Keeps standard output up to a limit and stops the guest there.</summary>
internal sealed class BoundedOutput(int limit) : GuestOutput
{
    private readonly ArrayBufferWriter<byte> _written = new(4096);

    public bool IsFull { get; private set; }

    public ReadOnlyMemory<byte> Written => _written.WrittenMemory;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_written.WrittenCount + (long)buffer.Length > limit)
        {
            IsFull = true;
            throw new TrapException(TrapKind.Host, $"the program wrote more than its output limit of {limit} bytes");
        }

        _written.Write(buffer);
    }
}
