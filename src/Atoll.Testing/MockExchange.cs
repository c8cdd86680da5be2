using System.Buffers;
using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Text;
using Atoll.Wasi.Preview2.Http;

namespace Atoll.Testing;

/// <summary>A request that a test has a component answer, and the answer.</summary>
internal sealed class MockExchange : HttpExchange
{
    private const int MaxBodyBytes = 64 << 20;

    private readonly MockHttpRequest _request;
    private readonly Capture _body = new(null, MaxBodyBytes);

    public MockExchange(MockHttpRequest request)
    {
        _request = request;
        Body = PipeWriter.Create(_body);
        foreach ((string name, string value) in request.Headers)
        {
            if (!HttpSyntax.IsToken(name) || !HttpSyntax.IsFieldValue(Encoding.Latin1.GetBytes(value)))
            {
                throw new ArgumentException($"`{name}: {value}` is no header", nameof(request));
            }

            if (!FieldList.IsForbidden(name))
            {
                Headers.Add(name, value);
            }
        }

        if (!HttpSyntax.IsToken(request.Method) || !request.Url.IsAbsoluteUri)
        {
            throw new ArgumentException($"`{request.Method} {request.Url}` is no request", nameof(request));
        }

        Incoming = new RequestBody(request.Body);
    }

    public override string Method => _request.Method;

    public override string? Scheme => _request.Url.Scheme;

    public override string? Authority => _request.Url.Authority;

    public override string? PathWithQuery => _request.Url.PathAndQuery;

    public override FieldList Headers { get; } = new();

    public override Incoming Incoming { get; }

    public override PipeWriter Body { get; }

    private int Status { get; set; }

    private FieldList Fields { get; set; } = new();

    /// <summary>The whole answer.</summary>
    /// <exception cref="InvalidOperationException">There is none, or only a part of one.</exception>
    public MockHttpResponse Response()
    {
        Flushing?.GetAwaiter().GetResult();
        if (Failure is { } failure)
        {
            throw new InvalidOperationException($"the component answered with the error {failure.Name}");
        }

        return IsAnswered && IsFinished
            ? new MockHttpResponse(Status) { Headers = Joined(), Body = _body.Bytes }
            : throw new InvalidOperationException(IsAnswered ? "the component did not finish the body of its answer" : "the component did not answer");
    }

    protected override void Start(ushort status, FieldList headers)
    {
        Status = status;
        Fields = headers;
    }

    protected override void End(FieldList trailers)
    {
    }

    // RFC 9110, section 5.3: several fields of a name are one, with commas between.
    private ImmutableDictionary<string, string> Joined() => Fields.GroupBy(field => field.Name, StringComparer.OrdinalIgnoreCase)
        .ToImmutableDictionary(same => same.Key, same => string.Join(", ", same.Select(field => Encoding.Latin1.GetString(field.Value))), StringComparer.OrdinalIgnoreCase);

    private sealed class RequestBody(ImmutableArray<byte> bytes) : Incoming
    {
        public override PipeReader Body { get; } = PipeReader.Create(new ReadOnlySequence<byte>(bytes.AsMemory()));

        public override FieldList? Trailers() => null;

        public override ErrorCode Explain(Exception exception) => new ErrorCode.ConnectionTerminated();

        public override void Close(Task? pending)
        {
        }
    }
}
