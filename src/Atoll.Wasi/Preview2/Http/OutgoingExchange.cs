using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http;
using Atoll.Wasi.Network;

namespace Atoll.Wasi.Preview2.Http;

/// <summary>One request that a guest sent, and its answer. It lives until the guest has dropped all that there is of it; then it is cancelled.</summary>
/// <remarks>Sending runs on .NET's threads; everything public is used on the thread of the run.</remarks>
internal sealed class OutgoingExchange : Incoming
{
    private static readonly TimeSpan DefaultConnectTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DefaultFirstByteTimeout = TimeSpan.FromMinutes(10);

    private readonly WasiContext _context;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TimeSpan _connectTimeout;
    private readonly TimeSpan _firstByteTimeout;
    private readonly TimeSpan? _betweenBytesTimeout;
    private HttpResponseMessage? _response;
    private PipeReader? _body;
    private bool _isClosed;

    public OutgoingExchange(WasiContext context, NetworkPolicy policy, Uri uri, OutgoingRequest request, RequestOptions? options)
    {
        _context = context;
        _connectTimeout = RequestOptions.SpanOf(options?.ConnectTimeout) ?? DefaultConnectTimeout;
        _firstByteTimeout = RequestOptions.SpanOf(options?.FirstByteTimeout) ?? DefaultFirstByteTimeout;
        _betweenBytesTimeout = RequestOptions.SpanOf(options?.BetweenBytesTimeout);
        context.HttpRequests++;

        // The thread of the guest does none of the sending: its stack is the guest's.
        HttpMethod method = new(request.Method.Name);
        FieldList headers = request.Items;
        PipeReader? body = request.Content?.Reader;
        Sent = Task.Run(() => SendAsync(policy.Http, method, uri, headers, body));
    }

    /// <summary>Ends without an exception when there is a response or none will come: null, or why.</summary>
    public Task<HttpFailure?> Sent { get; }

    public ushort Status { get; private set; }

    public FieldList Headers { get; } = new();

    /// <inheritdoc/>
    public override PipeReader Body => _body ??= PipeReader.Create(_response!.Content.ReadAsStream(), new StreamPipeReaderOptions(bufferSize: 16 * 1024));

    /// <inheritdoc/>
    public override async ValueTask<ReadResult> ReadAsync()
    {
        if (_betweenBytesTimeout is not { } timeout)
        {
            return await Body.ReadAsync(_cancellation.Token).ConfigureAwait(false);
        }

        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(_cancellation.Token);
        timer.CancelAfter(timeout);
        return await Body.ReadAsync(timer.Token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override FieldList? Trailers()
    {
        // Of trailers that are too many the guest gets as many as there may be; the message was accepted already.
        FieldList trailers = new();
        TryAdd(_response!.TrailingHeaders.NonValidated, trailers);
        return trailers.Count == 0 ? null : trailers;
    }

    /// <inheritdoc/>
    public override ErrorCode Explain(Exception exception) =>
        exception is OperationCanceledException ? new ErrorCode.ConnectionReadTimeout() : HttpErrors.Of(exception);

    /// <inheritdoc/>
    public override void Close(Task? pending)
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _context.HttpRequests--;
        _cancellation.Cancel();
        Sent.ContinueWith(
            static (_, exchange) => ((OutgoingExchange)exchange!).Release(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void Release()
    {
        _response?.Dispose();
        _cancellation.Dispose();
    }

    private async Task<HttpFailure?> SendAsync(HttpMessageInvoker http, HttpMethod method, Uri uri, FieldList headers, PipeReader? body)
    {
        try
        {
            using HttpRequestMessage message = OutgoingHttp.MakeMessage(method, uri);
            OutgoingHttp.SetConnectTimeout(message, _connectTimeout);
            message.Content = body is null ? null : await ContentAsync(method, headers, body).ConfigureAwait(false);
            AddHeaders(message, headers);
            if (message.Content is not GuestContent)
            {
                AwaitFirstByte(_connectTimeout + _firstByteTimeout);
            }

            _response = await http.SendAsync(message, _cancellation.Token).ConfigureAwait(false);
            _cancellation.CancelAfter(Timeout.InfiniteTimeSpan);
            return Accept(_response);
        }
        catch (Exception exception) when (HttpErrors.IsExpected(exception))
        {
            HttpFailure? failure = HttpErrors.FailureIn(exception);
            return new HttpFailure(exception is OperationCanceledException && failure is null ? new ErrorCode.HttpResponseTimeout() : HttpErrors.Of(exception), failure?.Denied);
        }
        finally
        {
            // Whoever still writes learns that nobody reads.
            body?.Complete();
        }
    }

    private void AwaitFirstByte(TimeSpan timeout) => _cancellation.CancelAfter(timeout);

    private HttpFailure? Accept(HttpResponseMessage response)
    {
        Status = (ushort)response.StatusCode;
        return TryAdd(response.Headers.NonValidated, Headers) && TryAdd(response.Content.Headers.NonValidated, Headers)
            ? null
            : new HttpFailure(new ErrorCode.HttpResponseHeaderSectionSize(null));
    }

    private static bool TryAdd(System.Net.Http.Headers.HttpHeadersNonValidated headers, FieldList fields)
    {
        foreach (KeyValuePair<string, System.Net.Http.Headers.HeaderStringValues> header in headers)
        {
            if (FieldList.IsForbidden(header.Key))
            {
                continue;
            }

            foreach (string value in header.Value)
            {
                if (fields.Count == FieldList.MaximumCount)
                {
                    return false;
                }

                fields.Add(header.Key, value);
            }
        }

        return true;
    }

    /// <summary>What the guest has written when it finishes before anything is sent has a length; otherwise it is sent as it is written.</summary>
    private async Task<HttpContent?> ContentAsync(HttpMethod method, FieldList headers, PipeReader body)
    {
        ReadResult first = await body.ReadAsync(_cancellation.Token).ConfigureAwait(false);
        if (!first.IsCompleted)
        {
            body.AdvanceTo(first.Buffer.Start);
            headers.TryGetLength(out ulong? length);
            return new GuestContent(body, length, () => AwaitFirstByte(_firstByteTimeout));
        }

        byte[] all = first.Buffer.ToArray();
        body.AdvanceTo(first.Buffer.End);
        return all.Length == 0 && method.Method is "GET" or "HEAD" or "DELETE" or "OPTIONS" or "TRACE" ? null : new ByteArrayContent(all);
    }

    /// <summary>Adds the fields of a guest.</summary>
    public static void AddHeaders(HttpRequestMessage message, FieldList headers)
    {
        foreach ((string name, byte[] value) in headers)
        {
            string text = System.Text.Encoding.Latin1.GetString(value);

            // The length is that of the content.
            if (!FieldList.IsSame(name, "Content-Length") && !message.Headers.TryAddWithoutValidation(name, text))
            {
                message.Content ??= new ByteArrayContent([]);
                message.Content.Headers.TryAddWithoutValidation(name, text);
            }
        }
    }

    /// <summary>A body that is sent as the guest writes it.</summary>
    private sealed class GuestContent(PipeReader body, ulong? length, Action sent) : HttpContent
    {
        protected override bool TryComputeLength(out long bytes)
        {
            bytes = (long)(length ?? 0);
            return length is not null;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            ReadResult result;
            do
            {
                result = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
                foreach (ReadOnlyMemory<byte> bytes in result.Buffer)
                {
                    await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                }

                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                body.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);
            sent();
        }
    }
}
