using System.Buffers;
using System.IO.Pipelines;
using Atoll.Components;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Http;

/// <summary><c>wasi:http/types.outgoing-body</c></summary>
/// <remarks>What a guest writes before it is known where to goes into a pipe. Used on the thread of the run; the other end of the pipe by whoever sends.</remarks>
internal sealed class OutgoingBody : WasiResource
{
    /// <summary>Most bytes of a body that wait to be sent.</summary>
    public const int MaximumWaiting = 64 * 1024;

    private readonly bool _isRequest;
    private readonly ulong? _length;
    private Pipe? _pipe;
    private IOutgoing? _target;
    private bool _isTaken;
    private bool _isFinished;

    public OutgoingBody(WasiContext context, FieldList headers, bool isRequest)
        : base(context)
    {
        _isRequest = isRequest;
        headers.TryGetLength(out _length);
    }

    /// <summary>Bytes that the guest wrote.</summary>
    public ulong Written { get; set; }

    /// <summary>Whether that is as much as its headers say.</summary>
    public bool HasWholeLength => _length == Written;

    /// <summary>Where to write.</summary>
    public PipeWriter Writer => _target?.Body ?? Pipe.Writer;

    /// <summary>Where a request's body is read from.</summary>
    public PipeReader Reader => Pipe.Reader;

    /// <summary>The trailers, when the guest finished with some.</summary>
    public FieldList? Trailers { get; private set; }

    /// <summary>The flush that is under way.</summary>
    public Task<FlushResult>? Flushing { get; set; }

    private Pipe Pipe => _pipe ??= new Pipe(new PipeOptions(
        pauseWriterThreshold: MaximumWaiting, resumeWriterThreshold: MaximumWaiting / 2, useSynchronizationContext: false));

    /// <summary>The failure of a write that makes the body longer than its headers say.</summary>
    public ErrorCode? Excess(int count) => _length is { } length && Written + (ulong)count > length ? BodySize() : null;

    /// <summary><c>write</c>: the first time the contents.</summary>
    public OutputStream? Write()
    {
        if (_isTaken)
        {
            return null;
        }

        _isTaken = true;
        return new BodyOutputStream(Context, this);
    }

    /// <summary>From here on it goes where the message goes; what was written before, too.</summary>
    public void Attach(IOutgoing target)
    {
        _target = target;
        if (IsClosed && !_isFinished)
        {
            target.Abort();
            return;
        }

        if (_pipe is { } pipe)
        {
            // All that a guest can have flushed without anybody reading is there at once.
            pipe.Writer.Complete();
            while (pipe.Reader.TryRead(out ReadResult result))
            {
                foreach (ReadOnlyMemory<byte> bytes in result.Buffer)
                {
                    Write(target.Body, bytes.Span);
                }

                pipe.Reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }

            pipe.Reader.Complete();
            _pipe = null;
        }

        if (_isFinished)
        {
            target.Finish(Trailers);
        }
    }

    /// <summary>Writes all of the bytes. A writer that has no room yet may give none to whoever does not say how much is wanted.</summary>
    public static void Write(PipeWriter writer, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> room = writer.GetSpan(Math.Min(bytes.Length, 4096));
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            writer.Advance(count);
            bytes = bytes[count..];
        }
    }

    /// <summary><c>finish</c></summary>
    /// <exception cref="Wasm.TrapException">The stream was not dropped.</exception>
    public Result<Unit, ErrorCode> Finish(Fields? trailers)
    {
        if (HasChildren)
        {
            Drop();
        }

        FieldList? items = trailers?.Items;
        trailers?.Drop();
        if (_length is { } length && length != Written && !(Written == 0 && _target is { MayBeEmpty: true }))
        {
            Drop();
            return Result<Unit, ErrorCode>.Fail(BodySize());
        }

        _isFinished = true;
        Trailers = items;
        if (_target is not null)
        {
            _target.Finish(items);
        }
        else
        {
            Pipe.Writer.Complete();
        }

        Drop();
        return Result<Unit, ErrorCode>.Ok(default);
    }

    /// <summary>The guest gave up in the middle: who gets the message must see that it is not whole.</summary>
    protected override void Release()
    {
        if (_isFinished)
        {
            return;
        }

        if (_target is not null)
        {
            _target.Abort();
        }
        else
        {
            Pipe.Writer.Complete(new IOException("the guest did not finish the body"));
        }
    }

    private ErrorCode BodySize() => _isRequest ? new ErrorCode.HttpRequestBodySize(Written) : new ErrorCode.HttpResponseBodySize(Written);
}

/// <summary>Where a message of the guest goes.</summary>
internal interface IOutgoing
{
    /// <summary>The body.</summary>
    PipeWriter Body { get; }

    /// <summary>Whether there may be no body though a length is announced, as in the answer to HEAD.</summary>
    bool MayBeEmpty { get; }

    /// <summary>The body is whole.</summary>
    void Finish(FieldList? trailers);

    /// <summary>The body will never be whole.</summary>
    void Abort();
}

/// <summary>The contents of a body.</summary>
internal sealed class BodyOutputStream(WasiContext context, OutgoingBody body) : OutputStream(context, body)
{
    private ErrorCode? _error;
    private bool _isClosed;
    private int _waiting;

    public override StreamError? Room(out int count)
    {
        count = 0;
        if (body.Flushing is { IsCompleted: true } done)
        {
            body.Flushing = null;
            Accept(done);
        }

        if (Failure() is { } failure)
        {
            return failure;
        }

        count = body.Flushing is null ? OutgoingBody.MaximumWaiting - _waiting : 0;
        return null;
    }

    public override StreamError? Put(ReadOnlySpan<byte> bytes)
    {
        if (Failure() is { } failure)
        {
            return failure;
        }

        if (body.Excess(bytes.Length) is { } excess)
        {
            _error = excess;
            return Failure();
        }

        OutgoingBody.Write(body.Writer, bytes);
        body.Written += (ulong)bytes.Length;
        _waiting += bytes.Length;
        return _waiting >= OutgoingBody.MaximumWaiting ? BeginFlush() : null;
    }

    public override StreamError? BeginFlush()
    {
        if (body.Flushing is not null || Failure() is not null)
        {
            return Room(out _);
        }

        _waiting = 0;
        try
        {
            ValueTask<FlushResult> flush = body.Writer.FlushAsync();
            if (flush.IsCompleted)
            {
                Accept(flush.AsTask());
            }
            else
            {
                body.Flushing = flush.AsTask();
                Context.RingAfter(body.Flushing);
            }
        }
        catch (Exception exception) when (HttpErrors.IsExpected(exception))
        {
            _error = HttpErrors.Of(exception);
        }

        return Failure();
    }

    private void Accept(Task<FlushResult> flush)
    {
        try
        {
            _isClosed |= flush.GetAwaiter().GetResult().IsCompleted;
        }
        catch (Exception exception) when (HttpErrors.IsExpected(exception))
        {
            _error = HttpErrors.Of(exception);
        }
    }

    private StreamError? Failure() =>
        _error is { } error ? new StreamError.LastOperationFailed(new IoError(Context, error.Name, error))
        : _isClosed ? StreamError.End
        : null;
}
