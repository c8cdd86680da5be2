using Atoll.Components;
using Atoll.Wasi.Streams;

namespace Atoll.Wasi.Preview2.Io;

/// <summary><c>wasi:io/streams.input-stream</c>: bytes that come from somewhere, some now and some later.</summary>
/// <remarks>A class derived from it says whether there is something (<see cref="IsReady"/>) and gives it (<see cref="Take"/>); neither waits.</remarks>
internal abstract class InputStream(WasiContext context, WasiResource? parent = null) : WasiResource(context, parent), IWaitable
{
    /// <summary>Most bytes that one read gives.</summary>
    public const int MaximumRead = 64 * 1024;

    private bool _isOver;

    /// <summary>Whether <see cref="Take"/> has something to give: bytes, the end, or an error. If not, the run's bell rings once it has.</summary>
    public abstract bool IsReady();

    /// <summary>Takes bytes that are there. Does not wait: none and no error is what there is while the stream is not ready.</summary>
    /// <param name="buffer">Where to put them; may be empty.</param>
    /// <param name="count">How many there were.</param>
    /// <returns>Null, or that the stream has ended or failed; after that it is not called again.</returns>
    public abstract StreamError? Take(Span<byte> buffer, out int count);

    /// <summary><c>read</c></summary>
    public Result<byte[], StreamError> Read(ulong length)
    {
        byte[] buffer = Context.Buffer;
        return Next(buffer.AsSpan(0, (int)Math.Min(length, MaximumRead)), out int count) is { } error
            ? Result<byte[], StreamError>.Fail(error)
            : Result<byte[], StreamError>.Ok(buffer.AsSpan(0, count).ToArray());
    }

    /// <summary><c>skip</c></summary>
    public Result<ulong, StreamError> Skip(ulong length) =>
        Next(Context.Buffer.AsSpan(0, (int)Math.Min(length, MaximumRead)), out int count) is { } error
            ? Result<ulong, StreamError>.Fail(error)
            : Result<ulong, StreamError>.Ok((ulong)count);

    /// <summary>As <see cref="Take"/>; a stream that failed once is closed.</summary>
    public StreamError? Next(Span<byte> buffer, out int count)
    {
        if (_isOver)
        {
            count = 0;
            return StreamError.End;
        }

        StreamError? error = Take(buffer, out count);
        _isOver = error is not null;
        return error;
    }
}

/// <summary>Bytes in memory.</summary>
internal sealed class MemoryInputStream(WasiContext context, ReadOnlyMemory<byte> bytes, WasiResource? parent = null) : InputStream(context, parent)
{
    private ReadOnlyMemory<byte> _bytes = bytes;

    public override bool IsReady() => true;

    public override StreamError? Take(Span<byte> buffer, out int count)
    {
        count = Math.Min(buffer.Length, _bytes.Length);
        _bytes.Span[..count].CopyTo(buffer);
        bool isAtEnd = _bytes.IsEmpty;
        _bytes = _bytes[count..];
        return isAtEnd ? StreamError.End : null;
    }
}

/// <summary>Standard input, or its absence.</summary>
internal sealed class StandardInputStream(WasiContext context, StandardStream? stream) : InputStream(context)
{
    public override bool IsReady() => stream?.IsReady() ?? true;

    public override StreamError? Take(Span<byte> buffer, out int count)
    {
        count = 0;
        if (stream is null)
        {
            return StreamError.End;
        }

        if (buffer.IsEmpty || !stream.IsReady())
        {
            return null;
        }

        try
        {
            count = stream.Take(buffer);
        }
        catch (IOException)
        {
            return new StreamError.LastOperationFailed(new IoError(Context, "standard input cannot be read"));
        }

        return count == 0 ? StreamError.End : null;
    }
}
