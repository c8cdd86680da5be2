using System.IO.Pipelines;
using System.Text;
using Atoll.Wasi.Preview2.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Atoll.Host.Web;

/// <summary>A request of Kestrel's as a guest sees it.</summary>
internal sealed class KestrelExchange(HttpContext http) : HttpExchange
{
    private FieldList? _headers;
    private RequestBody? _incoming;

    public override string Method => http.Request.Method;

    public override string? Scheme => http.Request.Scheme;

    public override string? Authority => http.Request.Host is { HasValue: true } host ? host.Value : null;

    public override string? PathWithQuery
    {
        get
        {
            string target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? string.Empty;

            // RFC 9112, section 3.2: a client may also send the whole URI.
            return target.StartsWith('/') || target == "*" ? target : $"{http.Request.Path.ToUriComponent()}{http.Request.QueryString.ToUriComponent()}";
        }
    }

    public override FieldList Headers => _headers ??= Read(http.Request.Headers);

    public override Incoming Incoming => _incoming ??= new RequestBody(http);

    public override PipeWriter Body => http.Response.BodyWriter;

    /// <summary>Whether bytes of the answer's body were written, sent or not.</summary>
    public bool HasBody => Written > 0;

    /// <summary>Waits for what the guest left under way with the connection; short, because nobody else holds it up.</summary>
    /// <returns>Whether everything that was written could be passed on.</returns>
    public async Task<bool> SettleAsync()
    {
        if (_incoming is not null)
        {
            await _incoming.SettleAsync().ConfigureAwait(false);
        }

        try
        {
            if (Flushing is { } flushing)
            {
                await flushing.ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception exception) when (HttpErrors.IsExpected(exception))
        {
            return false;
        }
    }

    protected override void Start(ushort status, FieldList headers)
    {
        http.Response.StatusCode = status;
        foreach ((string name, byte[] value) in headers)
        {
            http.Response.Headers.Append(name, Encoding.Latin1.GetString(value));
        }
    }

    protected override void End(FieldList trailers)
    {
        if (http.Response.SupportsTrailers())
        {
            foreach ((string name, byte[] value) in trailers)
            {
                http.Response.AppendTrailer(name, Encoding.Latin1.GetString(value));
            }
        }
    }

    private static FieldList Read(IHeaderDictionary headers)
    {
        FieldList fields = new();
        foreach (KeyValuePair<string, StringValues> header in headers)
        {
            if (!FieldList.IsForbidden(header.Key))
            {
                foreach (string? value in header.Value)
                {
                    fields.Add(header.Key, value ?? string.Empty);
                }
            }
        }

        return fields;
    }

    private sealed class RequestBody(HttpContext http) : Incoming
    {
        private Task? _pending;

        public override PipeReader Body => http.Request.BodyReader;

        public override FieldList? Trailers() =>
            http.Features.Get<IHttpRequestTrailersFeature>() is { Available: true, Trailers: { Count: > 0 } trailers } ? Read(trailers) : null;

        public override ErrorCode Explain(Exception exception) => exception switch
        {
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new ErrorCode.HttpRequestBodySize(null),
            BadHttpRequestException => new ErrorCode.HttpProtocolError(),
            _ => new ErrorCode.ConnectionTerminated(),
        };

        public override void Close(Task? pending)
        {
            if (pending is not null)
            {
                _pending = pending;
                Body.CancelPendingRead();
            }
        }

        /// <summary>A request must not end while somebody reads its body.</summary>
        public async Task SettleAsync()
        {
            if (_pending is Task<ReadResult> pending)
            {
                try
                {
                    Body.AdvanceTo((await pending.ConfigureAwait(false)).Buffer.Start);
                }
                catch (Exception exception) when (HttpErrors.IsExpected(exception))
                {
                    // The connection is gone, and with it what is left of the body.
                }
            }
        }
    }
}
