using System.Buffers;
using System.IO.Pipelines;
using Atoll.Components;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Http;

/// <summary>The bytes of a message that arrives, read when the guest looks for them and not before, so that who sends has to wait for a guest that is slow.</summary>
/// <remarks>Used on the thread of the run.</remarks>
internal sealed class BodyReader : IWaitable
{
    private readonly WasiContext _context;
    private readonly PipeReader _reader;
    private readonly Incoming _message;
    private ReadOnlySequence<byte> _bytes;
    private Task<ReadResult>? _pending;
    private bool _isHeld;
    private bool _isLast;
    private bool _isOver;

    public BodyReader(WasiContext context, Incoming message)
    {
        _context = context;
        _message = message;
        _reader = message.Body;
    }

    /// <summary>What went wrong, once there is nothing more.</summary>
    public ErrorCode? Error { get; private set; }

    /// <summary>Whether everything was read, or something went wrong.</summary>
    public bool IsOver => _isOver;

    /// <summary>The trailers, once everything was read; null for none.</summary>
    public FieldList? Trailers => _message.Trailers();

    /// <inheritdoc/>
    public bool IsReady()
    {
        while (!_isOver && _bytes.IsEmpty)
        {
            if (_pending is null)
            {
                Begin();
            }
            else if (_pending.IsCompleted)
            {
                Task<ReadResult> done = _pending;
                _pending = null;
                Accept(done);
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes bytes that are there.</summary>
    public int Take(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, _bytes.Length);
        _bytes.Slice(0, count).CopyTo(buffer);
        Skip(count);
        return count;
    }

    /// <summary>Reads on without keeping anything.</summary>
    /// <returns>Whether everything was read.</returns>
    public bool Drain()
    {
        while (IsReady())
        {
            if (_isOver)
            {
                return true;
            }

            Skip(_bytes.Length);
        }

        return false;
    }

    /// <summary>Nothing more is wanted. What is under way ends soon after.</summary>
    public void Close()
    {
        _isOver = true;
        _bytes = default;
        Release();
        _message.Close(_pending);
    }

    private void Begin()
    {
        Release();
        try
        {
            ValueTask<ReadResult> read = _message.ReadAsync();
            if (read.IsCompleted)
            {
                Accept(read.AsTask());
                return;
            }

            _pending = read.AsTask();
            _context.RingAfter(_pending);
        }
        catch (Exception exception) when (HttpErrors.IsExpected(exception))
        {
            Fail(exception);
        }
    }

    private void Accept(Task<ReadResult> read)
    {
        try
        {
            ReadResult result = read.GetAwaiter().GetResult();
            _isHeld = true;
            _bytes = result.Buffer;
            _isLast = result.IsCompleted || result.IsCanceled;
            Skip(0);
        }
        catch (Exception exception) when (HttpErrors.IsExpected(exception))
        {
            Fail(exception);
        }
    }

    private void Skip(long count)
    {
        _bytes = _bytes.Slice(count);
        _isOver |= _isLast && _bytes.IsEmpty;
    }

    private void Release()
    {
        if (_isHeld)
        {
            _isHeld = false;
            _reader.AdvanceTo(_bytes.Start);
        }
    }

    private void Fail(Exception exception)
    {
        _isOver = true;
        _bytes = default;
        Error = _message.Explain(exception);
    }
}

/// <summary>Where the bytes of a message come from.</summary>
internal abstract class Incoming
{
    public abstract PipeReader Body { get; }

    /// <summary>Reads on; throws what <see cref="Explain"/> explains.</summary>
    public virtual ValueTask<ReadResult> ReadAsync() => Body.ReadAsync();

    /// <summary>The trailers of a message that was read to its end; null for none.</summary>
    public abstract FieldList? Trailers();

    /// <summary>What an exception of reading is to the guest.</summary>
    public abstract ErrorCode Explain(Exception exception);

    /// <summary>Nobody will read on.</summary>
    /// <param name="pending">A read that is under way.</param>
    public abstract void Close(Task? pending);
}

/// <summary><c>wasi:http/types.incoming-body</c></summary>
internal sealed class IncomingBody(WasiContext context, BodyReader reader) : WasiResource(context)
{
    private BodyReader? _reader = reader;
    private bool _isTaken;

    /// <summary><c>stream</c>: the first time the contents.</summary>
    public InputStream? Stream()
    {
        if (_isTaken)
        {
            return null;
        }

        _isTaken = true;
        return new BodyInputStream(Context, _reader!, this);
    }

    /// <summary><c>finish</c></summary>
    /// <exception cref="Wasm.TrapException">The stream was not dropped.</exception>
    public FutureTrailers Finish()
    {
        if (HasChildren)
        {
            Drop();
        }

        BodyReader reader = _reader!;
        _reader = null;
        Drop();
        return new FutureTrailers(Context, reader);
    }

    protected override void Release() => _reader?.Close();
}

/// <summary>The contents of a body.</summary>
internal sealed class BodyInputStream(WasiContext context, BodyReader reader, WasiResource parent) : InputStream(context, parent)
{
    public override bool IsReady() => reader.IsReady();

    public override StreamError? Take(Span<byte> buffer, out int count)
    {
        count = 0;
        if (!reader.IsReady())
        {
            return null;
        }

        if (reader.IsOver)
        {
            return reader.Error is { } error ? new StreamError.LastOperationFailed(new IoError(Context, error.Name, error)) : StreamError.End;
        }

        count = reader.Take(buffer);
        return null;
    }
}

/// <summary><c>wasi:http/types.future-trailers</c>: reads what the guest left of the body, and then has what came after it.</summary>
internal sealed class FutureTrailers(WasiContext context, BodyReader reader) : WasiResource(context), IWaitable
{
    private bool _isTaken;

    /// <inheritdoc/>
    public bool IsReady() => reader.Drain();

    /// <summary>The trailers once they are there, or why there will be none; the second time nothing.</summary>
    public Result<Result<Fields?, ErrorCode>, Unit>? Get()
    {
        if (!IsReady())
        {
            return null;
        }

        if (_isTaken)
        {
            return Result<Result<Fields?, ErrorCode>, Unit>.Fail(default);
        }

        _isTaken = true;
        return Result<Result<Fields?, ErrorCode>, Unit>.Ok(reader.Error is { } error
            ? Result<Fields?, ErrorCode>.Fail(error)
            : Result<Fields?, ErrorCode>.Ok(reader.Trailers is { } trailers ? new Fields(Context, trailers, isImmutable: true) : null));
    }

    protected override void Release() => reader.Close();
}
