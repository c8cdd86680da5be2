using Atoll.Components;

namespace Atoll.Wasi.Preview2.Http;

using Done = Result<Unit, Unit>;

/// <summary><c>wasi:http/types.incoming-request</c></summary>
internal sealed class IncomingRequest(WasiContext context, HttpExchange exchange) : WasiResource(context)
{
    private bool _isConsumed;

    public Method Method => Method.Of(exchange.Method);

    public string? PathWithQuery => exchange.PathWithQuery;

    public Scheme? Scheme => exchange.Scheme is { } scheme ? Scheme.Of(scheme) : null;

    public string? Authority => exchange.Authority;

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
        return new IncomingBody(Context, new BodyReader(Context, exchange.Incoming));
    }
}

/// <summary><c>wasi:http/types.outgoing-request</c></summary>
internal sealed class OutgoingRequest : WasiResource
{
    private readonly FieldList _headers;

    public OutgoingRequest(WasiContext context, Fields headers)
        : base(context)
    {
        _headers = headers.Items;
        headers.Drop();
    }

    public FieldList Items => _headers;

    public Method Method { get; private set; } = new Method.Get();

    public string? PathWithQuery { get; private set; }

    public Scheme? Scheme { get; private set; }

    public string? Authority { get; private set; }

    /// <summary>The body, if the guest asked for one.</summary>
    public OutgoingBody? Content { get; private set; }

    /// <summary><c>headers</c></summary>
    public Fields Headers() => new(Context, _headers, isImmutable: true, parent: this);

    /// <summary><c>body</c>: the first time the body.</summary>
    public OutgoingBody? Body() => Content is null ? Content = new OutgoingBody(Context, _headers, isRequest: true) : null;

    /// <summary><c>set-method</c></summary>
    public Done SetMethod(Method method)
    {
        bool isSound = HttpSyntax.IsToken(method.Name);
        Method = isSound ? method : Method;
        return Outcome(isSound);
    }

    /// <summary><c>set-path-with-query</c></summary>
    public Done SetPathWithQuery(string? path)
    {
        bool isSound = path is null || HttpSyntax.IsPath(path);
        PathWithQuery = isSound ? path : PathWithQuery;
        return Outcome(isSound);
    }

    /// <summary><c>set-scheme</c></summary>
    public Done SetScheme(Scheme? scheme)
    {
        bool isSound = scheme is not Scheme.Other other || HttpSyntax.IsScheme(other.Value);
        Scheme = isSound ? scheme : Scheme;
        return Outcome(isSound);
    }

    /// <summary><c>set-authority</c></summary>
    public Done SetAuthority(string? authority)
    {
        bool isSound = authority is null || HttpSyntax.IsAuthority(authority);
        Authority = isSound ? authority : Authority;
        return Outcome(isSound);
    }

    private static Done Outcome(bool isSound) => isSound ? Done.Ok(default) : Done.Fail(default);
}

/// <summary><c>wasi:http/types.request-options</c>: times in nanoseconds.</summary>
internal sealed class RequestOptions(WasiContext context) : WasiResource(context)
{
    public ulong? ConnectTimeout { get; set; }

    public ulong? FirstByteTimeout { get; set; }

    public ulong? BetweenBytesTimeout { get; set; }

    /// <summary>A time as .NET's timers take it, at least a millisecond; null for what is longer than they can wait.</summary>
    public static TimeSpan? SpanOf(ulong? nanoseconds) =>
        nanoseconds is { } value && value / 1_000_000 < int.MaxValue ? TimeSpan.FromMilliseconds(Math.Max(1, value / 1_000_000)) : null;
}
