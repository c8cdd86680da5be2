using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Atoll.Components;
using Atoll.Wasi.Network;

namespace Atoll.Wasi.Preview2.Http;

/// <summary><c>wasi:http/outgoing-handler</c>: sends requests of guests to the hosts that were granted, and nothing of the host's own with them.</summary>
internal static class OutgoingHttp
{
    /// <summary>Most requests that a run may have under way, bodies included.</summary>
    public const int MaximumRequests = 64;

    private const int MaximumHeaderKilobytes = 64;

    private static readonly HttpRequestOptionsKey<TimeSpan> ConnectTimeoutKey = new("atoll.connect-timeout");

    /// <summary><c>handle</c></summary>
    public static Result<FutureIncomingResponse, ErrorCode> Handle(WasiContext context, OutgoingRequest request, RequestOptions? options)
    {
        if (Check(context, request, out Uri? uri) is { } error)
        {
            // Nobody will read what the guest writes.
            request.Content?.Reader.Complete();
            request.Drop();
            options?.Drop();
            return Result<FutureIncomingResponse, ErrorCode>.Fail(error);
        }

        OutgoingExchange exchange = new(context, context.Network!, uri!, request, options);
        request.Drop();
        options?.Drop();
        return Result<FutureIncomingResponse, ErrorCode>.Ok(new FutureIncomingResponse(context, exchange));
    }

    /// <summary>Gives a request the time that its connection may take to be made.</summary>
    public static void SetConnectTimeout(HttpRequestMessage message, TimeSpan timeout) => message.Options.Set(ConnectTimeoutKey, timeout);

    /// <summary>A request without headers and body.</summary>
    public static HttpRequestMessage MakeMessage(HttpMethod method, Uri uri) => new(method, uri)
    {
        Version = uri.Scheme == "https" ? HttpVersion.Version20 : HttpVersion.Version11,

        // Never "or higher": HTTP/3 would find its way to other addresses without asking the policy.
        VersionPolicy = uri.Scheme == "https" ? HttpVersionPolicy.RequestVersionOrLower : HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>What sends requests: no cookies, proxies, credentials or redirects, no unpacking, and connections by the policy alone.</summary>
    public static HttpMessageInvoker MakeInvoker(NetworkPolicy policy) => new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = Timeout.InfiniteTimeSpan,
        Credentials = null,
        MaxResponseHeadersLength = MaximumHeaderKilobytes,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        UseCookies = false,
        UseProxy = false,
        ConnectCallback = (connection, cancellation) => ConnectAsync(policy, connection, cancellation),
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = TlsProbe.ChainPolicy(),
            RemoteCertificateValidationCallback = static (_, _, _, errors) =>
                errors == SslPolicyErrors.None ? true : throw new HttpFailure(new ErrorCode.TlsCertificateError()),
        },
    });

    private static async ValueTask<Stream> ConnectAsync(NetworkPolicy policy, SocketsHttpConnectionContext connection, CancellationToken cancellation)
    {
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (connection.InitialRequestMessage.Options.TryGetValue(ConnectTimeoutKey, out TimeSpan timeout))
        {
            timer.CancelAfter(timeout);
        }

        try
        {
            Socket socket = await policy.ConnectAsync(connection.DnsEndPoint.Host, connection.DnsEndPoint.Port, timer.Token).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpFailure(new ErrorCode.ConnectionTimeout());
        }
    }

    private static ErrorCode? Check(WasiContext context, OutgoingRequest request, out Uri? uri)
    {
        uri = null;
        if (request.Method is Method.Connect)
        {
            // A tunnel would not be HTTP any more.
            return new ErrorCode.HttpRequestMethodInvalid();
        }

        if (request.Scheme is Scheme.Other || !request.Items.TryGetLength(out _))
        {
            return new ErrorCode.HttpProtocolError();
        }

        bool isPlain = request.Scheme is Scheme.Http;
        if (request.Authority is null || !HttpSyntax.TrySplit(request.Authority, out string host, out int? given))
        {
            return new ErrorCode.HttpRequestUriInvalid();
        }

        int port = given ?? (isPlain ? 80 : 443);
        Capability asked = NetworkPolicy.CapabilityOf(host, port);
        if (context.Network?.AllowsHost(host, port) != true)
        {
            context.Deny(asked);
            return new ErrorCode.HttpRequestDenied();
        }

        if (context.HttpRequests >= MaximumRequests)
        {
            return new ErrorCode.ConnectionLimitReached();
        }

        string path = request.PathWithQuery is { Length: > 0 } text ? text : "/";
        path = path[0] == '?' ? "/" + path : path;
        if (path == "*" || !Uri.TryCreate(
            $"{(isPlain ? "http" : "https")}://{request.Authority}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out uri))
        {
            return new ErrorCode.HttpRequestUriInvalid();
        }

        context.Allow(asked);
        return null;
    }
}
