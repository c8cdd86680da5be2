using System.Diagnostics;
using System.Net.Http;
using System.Text;
using Atoll.Components;
using Atoll.Wasi.Network;
using Atoll.Wasi.Preview2.Clocks;
using Atoll.Wasi.Preview2.Http;

namespace Atoll.Wasi.Platform;

/// <summary><c>atoll:platform/http.request</c></summary>
internal sealed record FetchRequest(string Method, string Url, Field[] Headers, byte[]? Body, ulong? Timeout, uint? BodyLimit, byte Redirects);

/// <summary><c>atoll:platform/http.response</c></summary>
internal sealed record FetchResponse(ushort Status, Field[] Headers, ReadOnlyMemory<byte> Body, string Url, ulong Elapsed);

/// <summary>The functions of <c>atoll:platform/http</c>: whole requests and answers over what sends those of <c>wasi:http</c>.</summary>
internal static class Fetch
{
    private const uint DefaultBody = 1024 * 1024;
    private const uint MaximumBody = 16 * 1024 * 1024;
    private const int MaximumRedirects = 10;
    private const int MaximumUrl = 16 * 1024;

    private static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestTime = TimeSpan.FromMinutes(10);

    public static void AddTo(ComponentLinker linker) =>
        linker.Instance(PlatformHost.Name("http")).DefineFunction("fetch", (ComponentCaller caller, FetchRequest request) => Run(caller, request));

    private static Result<FetchResponse, PlatformError> Run(ComponentCaller caller, FetchRequest request)
    {
        WasiContext context = PlatformHost.Context(caller);
        caller.Work((uint)(request.Url.Length + (request.Body?.Length ?? 0)));
        TimeSpan time = Waiting.Limit(request.Timeout, DefaultTime, LongestTime, out PlatformError? error);
        FieldList fields = [];
        Uri? uri = null;
        error ??= Check(request, fields);
        error ??= Address(request.Url, out uri) ?? Allow(context, uri!);
        error ??= context.Observer?.Invoke("http.fetch", request);
        if (error is not null)
        {
            return PlatformResult.Fail<FetchResponse>(error);
        }

        long ends = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        ulong began = ClocksHost.Now(context.Time);
        Exchange exchange = new(new HttpMethod(request.Method.Length == 0 ? "GET" : request.Method), uri!, fields, request.Body, request.BodyLimit ?? DefaultBody);
        for (int redirects = request.Redirects; ; redirects--)
        {
            NetworkPolicy policy = context.Network!;
            TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), ends);
            Exchange sent = exchange;
            Result<FetchResponse, PlatformError> answer = left <= TimeSpan.Zero
                ? PlatformResult.Fail<FetchResponse>(new PlatformError.Timeout())
                : Waiting.Run(caller, context, left, cancellation => SendAsync(policy, sent, cancellation));
            if (answer.IsError)
            {
                return answer;
            }

            caller.Work((uint)answer.Value.Body.Length);
            if (redirects == 0 || exchange.Follow(answer.Value) is not { } next)
            {
                return PlatformResult.Ok(answer.Value with { Elapsed = ProbesHost.Elapsed(context, began) });
            }

            if (Allow(context, next.Uri) is { } refusal)
            {
                return PlatformResult.Fail<FetchResponse>(refusal);
            }

            exchange = next;
        }
    }

    /// <summary>Takes the headers into a list; null, or what is wrong with the request.</summary>
    private static PlatformError? Check(FetchRequest request, FieldList fields)
    {
        if (request.Method.Length > 0 && (!HttpSyntax.IsToken(request.Method) || request.Method.Length > 64 || request.Method is "CONNECT"))
        {
            return new PlatformError.Invalid("the method is none; write GET, POST or the like. CONNECT cannot be asked for");
        }

        if (request.Redirects > MaximumRedirects)
        {
            return new PlatformError.Invalid($"at most {MaximumRedirects} redirects can be followed");
        }

        if (request.BodyLimit > MaximumBody || request.Body?.Length > MaximumBody)
        {
            return new PlatformError.Invalid($"a body has at most {MaximumBody} bytes");
        }

        int bytes = 0;
        foreach (Field header in request.Headers)
        {
            bytes += header.Name.Length + header.Value.Length + 32;
            if (request.Headers.Length > FieldList.MaximumCount || bytes > FieldList.MaximumBytes)
            {
                return new PlatformError.Invalid($"there are more than {FieldList.MaximumCount} headers or {FieldList.MaximumBytes} bytes of them");
            }

            if (header.Value.Any(c => c > 0xFF) || FieldList.Check(header.Name, Encoding.Latin1.GetBytes(header.Value)) is not null)
            {
                return new PlatformError.Invalid("a header is not of the form of HTTP, or is the host's to set");
            }

            fields.Add(header.Name, header.Value);
        }

        return null;
    }

    private static PlatformError? Address(string url, out Uri? uri)
    {
        uri = null;
        return url.Length <= MaximumUrl && Uri.TryCreate(url, UriKind.Absolute, out uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.Host.Length > 0
            && uri.HostNameType is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
            ? null
            : new PlatformError.Invalid("the address is none of HTTP; write https://HOST/PATH, without a name and password");
    }

    private static PlatformError? Allow(WasiContext context, Uri uri)
    {
        string host = HostOf(uri);
        Capability asked = NetworkPolicy.CapabilityOf(host, uri.Port);
        if (context.Network?.AllowsHost(host, uri.Port) != true)
        {
            context.Deny(asked);
            return new PlatformError.Denied(asked.ToString());
        }

        context.Allow(asked);
        return null;
    }

    private static string HostOf(Uri uri) => uri.HostNameType == UriHostNameType.IPv6 ? $"[{uri.IdnHost.Trim('[', ']')}]" : uri.IdnHost;

    private static async Task<FetchResponse> SendAsync(NetworkPolicy policy, Exchange exchange, CancellationToken cancellation)
    {
        using HttpRequestMessage message = OutgoingHttp.MakeMessage(exchange.Method, exchange.Uri);
        message.Content = exchange.Body is null ? null : new ByteArrayContent(exchange.Body);
        OutgoingExchange.AddHeaders(message, exchange.Headers);
        using HttpResponseMessage response = await policy.Http.SendAsync(message, cancellation).ConfigureAwait(false);
        List<Field> headers = [];
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            headers.AddRange(values.Where(_ => headers.Count < FieldList.MaximumCount).Select(value => new Field(name, value)));
        }

        byte[] body = await ReadAsync(response.Content, exchange.BodyLimit, cancellation).ConfigureAwait(false);
        return new FetchResponse((ushort)response.StatusCode, [.. headers], body, exchange.Uri.AbsoluteUri, 0);
    }

    private static async Task<byte[]> ReadAsync(HttpContent content, uint limit, CancellationToken cancellation)
    {
        PlatformFailure tooLong = new(new PlatformError.Exhausted($"the body of the answer has more than {limit} bytes"));
        if (content.Headers.ContentLength > limit)
        {
            throw tooLong;
        }

        using Stream stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using MemoryStream body = new();
        byte[] buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and int read)
        {
            if (body.Length + read > limit)
            {
                throw tooLong;
            }

            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    /// <summary>A request that is to be sent.</summary>
    private sealed record Exchange(HttpMethod Method, Uri Uri, FieldList Headers, byte[]? Body, uint BodyLimit)
    {
        // What proves to one host who somebody is, and is nobody else's business.
        private static readonly string[] Secrets = ["Authorization", "Cookie"];

        /// <summary>The request that an answer leads to (RFC 9110, section 15.4); null for none. From https nothing leads to http.</summary>
        public Exchange? Follow(FetchResponse answer)
        {
            if (answer.Status is not (301 or 302 or 303 or 307 or 308)
                || answer.Headers.FirstOrDefault(header => FieldList.IsSame(header.Name, "Location")) is not { } location
                || !Uri.TryCreate(Uri, location.Value, out Uri? target) || Address(target.AbsoluteUri, out Uri? next) is not null
                || (Uri.Scheme == "https" && next!.Scheme != "https"))
            {
                return null;
            }

            FieldList headers = Headers.Copy();
            if (!Uri.GetLeftPart(UriPartial.Authority).Equals(next!.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase))
            {
                Array.ForEach(Secrets, headers.Remove);
            }

            bool becomesGet = answer.Status == 303 ? Method != HttpMethod.Head : answer.Status is 301 or 302 && Method == HttpMethod.Post;
            if (!becomesGet)
            {
                return this with { Uri = next, Headers = headers };
            }

            headers.RemoveAll(header => header.Name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase));
            return this with { Uri = next, Headers = headers, Method = HttpMethod.Get, Body = null };
        }
    }
}
