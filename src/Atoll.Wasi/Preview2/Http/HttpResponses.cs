using Atoll.Components;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Http;

/// <summary><c>wasi:http/types.outgoing-response</c></summary>
internal sealed class OutgoingResponse : WasiResource
{
    private readonly FieldList _headers;

    public OutgoingResponse(WasiContext context, Fields headers)
        : base(context)
    {
        _headers = headers.Items;
        headers.Drop();
    }

    public ushort StatusCode { get; private set; } = 200;

    public FieldList Items => _headers;

    /// <summary>The body, if the guest asked for one.</summary>
    public OutgoingBody? Content { get; private set; }

    /// <summary><c>headers</c></summary>
    public Fields Headers() => new(Context, _headers, isImmutable: true, parent: this);

    /// <summary><c>body</c>: the first time the body.</summary>
    public OutgoingBody? Body() => Content is null ? Content = new OutgoingBody(Context, _headers, isRequest: false) : null;

    /// <summary><c>set-status-code</c>: that of a last response, with three digits.</summary>
    public Result<Unit, Unit> SetStatusCode(ushort status)
    {
        if (status is < 200 or > 999)
        {
            return Result<Unit, Unit>.Fail(default);
        }

        StatusCode = status;
        return Result<Unit, Unit>.Ok(default);
    }
}

/// <summary><c>wasi:http/types.response-outparam</c></summary>
internal sealed class ResponseOutparam(WasiContext context, HttpExchange exchange) : WasiResource(context)
{
    /// <summary><c>set</c></summary>
    public void Set(Result<OutgoingResponse, ErrorCode> response)
    {
        if (response.IsError)
        {
            exchange.Fail(response.Error!);
        }
        else
        {
            OutgoingResponse sent = response.Value!;
            exchange.Begin(sent.StatusCode, sent.Items, sent.Content);
            sent.Drop();
        }

        Drop();
    }
}

/// <summary><c>wasi:http/types.incoming-response</c></summary>
internal sealed class IncomingResponse(WasiContext context, OutgoingExchange exchange) : WasiResource(context)
{
    private bool _isConsumed;

    public ushort Status => exchange.Status;

    /// <summary><c>headers</c></summary>
    public Fields Headers() => new(Context, exchange.Headers, isImmutable: true, parent: this);

    /// <summary><c>consume</c>: the first time the body.</summary>
    public IncomingBody? Consume()
    {
        if (_isConsumed)
        {
            return null;
        }

        _isConsumed = true;
        return new IncomingBody(Context, new BodyReader(Context, exchange));
    }

    protected override void Release()
    {
        if (!_isConsumed)
        {
            exchange.Close(null);
        }
    }
}

/// <summary><c>wasi:http/types.future-incoming-response</c></summary>
internal sealed class FutureIncomingResponse(WasiContext context, OutgoingExchange exchange) : WasiResource(context), IWaitable
{
    private readonly TaskWaitable _end = new(context, exchange.Sent);
    private bool _isTaken;

    /// <inheritdoc/>
    public bool IsReady() => _end.IsReady();

    /// <summary><c>get</c>: the response once it is there, or why there will be none; the second time nothing.</summary>
    public Result<Result<IncomingResponse, ErrorCode>, Unit>? Get()
    {
        if (!IsReady())
        {
            return null;
        }

        if (_isTaken)
        {
            return Result<Result<IncomingResponse, ErrorCode>, Unit>.Fail(default);
        }

        _isTaken = true;
        if (exchange.Sent.Result is not { } failure)
        {
            return Result<Result<IncomingResponse, ErrorCode>, Unit>.Ok(Result<IncomingResponse, ErrorCode>.Ok(new IncomingResponse(Context, exchange)));
        }

        // Told here and not where it was found, which is on another thread.
        if (failure.Denied is { } denied)
        {
            Context.Deny(denied);
        }

        exchange.Close(null);
        return Result<Result<IncomingResponse, ErrorCode>, Unit>.Ok(Result<IncomingResponse, ErrorCode>.Fail(failure.Code));
    }

    protected override void Release()
    {
        if (!_isTaken)
        {
            exchange.Close(null);
        }
    }
}
