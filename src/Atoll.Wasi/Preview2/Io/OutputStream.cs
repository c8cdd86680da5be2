using Atoll.Components;
using Atoll.Wasi.Streams;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview2.Io;

/// <summary><c>wasi:io/streams.output-stream</c>: takes bytes that go somewhere.</summary>
/// <remarks>
/// A class derived from it says how much it would take (<see cref="Room"/>), takes it (<see cref="Put"/>) and passes it on (<see cref="BeginFlush"/>); none
/// of them waits.
/// </remarks>
internal abstract class OutputStream(WasiContext context, WasiResource? parent = null) : WasiResource(context, parent), IWaitable
{
    /// <summary>Most bytes that one write is permitted.</summary>
    public const int MaximumPermit = 1024 * 1024;

    /// <summary>Most bytes of one <c>blocking-write-and-flush</c>.</summary>
    private const int MaximumBlockingWrite = 4096;

    private static readonly byte[] Zeroes = new byte[MaximumBlockingWrite];

    // What the last check-write permitted and no write has used.
    private ulong _permit;

    // An error that was found while nobody asked for one; and whether one was told.
    private StreamError? _untold;
    private bool _isOver;

    /// <summary>Whether a check-write would permit bytes or tell of an error. If not, the run's bell rings once it would.</summary>
    public virtual bool IsReady()
    {
        if (_isOver || _untold is not null)
        {
            return true;
        }

        _untold = Room(out int room);
        return _untold is not null || room > 0;
    }

    /// <summary>How many bytes <see cref="Put"/> would take now; none while it is full or a flush is under way.</summary>
    /// <returns>Null, or that the stream is closed or failed; after that nothing is called again.</returns>
    public abstract StreamError? Room(out int count);

    /// <summary>Takes bytes, not more than <see cref="Room"/> said; all of them, or the stream fails.</summary>
    public abstract StreamError? Put(ReadOnlySpan<byte> bytes);

    /// <summary>Begins to pass on what was written. Until that is done there is no <see cref="Room"/>.</summary>
    public virtual StreamError? BeginFlush() => null;

    /// <summary><c>check-write</c></summary>
    public Result<ulong, StreamError> CheckWrite()
    {
        StreamError? error = Look(out int count);
        _permit = error is null ? (ulong)Math.Min(count, MaximumPermit) : 0;
        return error is null ? Result<ulong, StreamError>.Ok(_permit) : Result<ulong, StreamError>.Fail(error);
    }

    /// <summary><c>write</c></summary>
    /// <exception cref="TrapException">It is more than the last check-write permitted.</exception>
    public StreamError? Write(ReadOnlySpan<byte> bytes)
    {
        Spend((ulong)bytes.Length);
        return Give(bytes);
    }

    /// <summary><c>write-zeroes</c></summary>
    /// <exception cref="TrapException">It is more than the last check-write permitted.</exception>
    public StreamError? WriteZeroes(ulong length)
    {
        Spend(length);
        StreamError? error = null;
        for (ulong left = length; left > 0 && error is null; left -= Math.Min(left, MaximumBlockingWrite))
        {
            error = Give(Zeroes.AsSpan(0, (int)Math.Min(left, MaximumBlockingWrite)));
        }

        return error;
    }

    /// <summary><c>blocking-flush</c></summary>
    public StreamError? Flush(ComponentCaller caller)
    {
        if (Flush() is { } error)
        {
            return error;
        }

        Pollable.Wait(caller, Context, this);
        return Look(out _);
    }

    /// <summary><c>flush</c></summary>
    public StreamError? Flush() => Told(_isOver ? StreamError.End : _untold ?? BeginFlush());

    /// <summary><c>blocking-write-and-flush</c></summary>
    /// <exception cref="TrapException">There are more than 4096 bytes.</exception>
    public StreamError? WriteAndFlush(ComponentCaller caller, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaximumBlockingWrite)
        {
            throw new TrapException(TrapKind.Host, $"blocking-write-and-flush takes at most {MaximumBlockingWrite} bytes, not {bytes.Length}");
        }

        while (!bytes.IsEmpty)
        {
            Pollable.Wait(caller, Context, this);
            StreamError? error = Look(out int room);
            int count = Math.Min(room, bytes.Length);
            if ((error ?? Give(bytes[..count])) is { } failed)
            {
                return failed;
            }

            bytes = bytes[count..];
        }

        return Flush(caller);
    }

    /// <summary><c>blocking-write-zeroes-and-flush</c></summary>
    /// <exception cref="TrapException">There are more than 4096 bytes.</exception>
    public StreamError? WriteZeroesAndFlush(ComponentCaller caller, ulong length) => length > MaximumBlockingWrite
        ? throw new TrapException(TrapKind.Host, $"blocking-write-zeroes-and-flush takes at most {MaximumBlockingWrite} bytes, not {length}")
        : WriteAndFlush(caller, Zeroes.AsSpan(0, (int)length));

    /// <summary><c>splice</c>: from an input into this, as much as both have and take now.</summary>
    public Result<ulong, StreamError> Splice(InputStream source, ulong length)
    {
        if (Look(out int room) is { } full)
        {
            return Result<ulong, StreamError>.Fail(full);
        }

        Span<byte> buffer = Context.Buffer.AsSpan(0, (int)Math.Min(length, (ulong)Math.Min(room, InputStream.MaximumRead)));
        if (buffer.IsEmpty)
        {
            return Result<ulong, StreamError>.Ok(0);
        }

        StreamError? error = source.Next(buffer, out int count) ?? Give(buffer[..count]);
        return error is null ? Result<ulong, StreamError>.Ok((ulong)count) : Result<ulong, StreamError>.Fail(error);
    }

    /// <summary><c>blocking-splice</c></summary>
    public Result<ulong, StreamError> BlockingSplice(ComponentCaller caller, InputStream source, ulong length)
    {
        Pollable.Wait(caller, Context, this);
        Pollable.Wait(caller, Context, source);
        return Splice(source, length);
    }

    /// <summary>As <see cref="Room"/>; a stream that failed once is closed.</summary>
    private StreamError? Look(out int count)
    {
        count = 0;
        return Told(_isOver ? StreamError.End : _untold ?? Room(out count));
    }

    private StreamError? Give(ReadOnlySpan<byte> bytes) => Told(_isOver ? StreamError.End : _untold ?? Put(bytes));

    private StreamError? Told(StreamError? error)
    {
        if (error is not null)
        {
            _isOver = true;
            _untold = null;
        }

        return error;
    }

    private void Spend(ulong length)
    {
        if (length > _permit)
        {
            throw new TrapException(TrapKind.Host, $"{length} bytes were written to a stream whose last check-write permitted {_permit}");
        }

        _permit -= length;
    }
}

/// <summary>Standard output or error, or its absence: then it is closed.</summary>
internal sealed class StandardOutputStream(WasiContext context, StandardStream? stream) : OutputStream(context)
{
    public override StreamError? Room(out int count)
    {
        count = stream?.Room ?? 0;
        return stream is null ? StreamError.End : null;
    }

    public override StreamError? Put(ReadOnlySpan<byte> bytes)
    {
        if (stream is null)
        {
            return StreamError.End;
        }

        return stream.Offer(bytes, out _) switch
        {
            Errno.Success => null,
            Errno.Pipe => StreamError.End,
            Errno error => new StreamError.LastOperationFailed(new IoError(Context, $"standard output cannot be written ({error})")),
        };
    }
}
