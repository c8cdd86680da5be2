using System.Collections.Concurrent;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using Atoll.Wasi.Network;
using Atoll.Wasi.Platform;
using Atoll.Wasi.Preview2.Http;

namespace Atoll.Testing;

/// <summary>A network in which there is what a test put in. Nothing leaves the process.</summary>
/// <param name="record">Takes calls.</param>
internal sealed class MockNetwork(Action<MockCall> record) : NetworkBackend
{
    public ConcurrentDictionary<string, DnsAnswer[]> Names { get; } = new(StringComparer.OrdinalIgnoreCase);

    public ConcurrentDictionary<(string Host, int Port), ConnectionFacts> Connections { get; } = new();

    public ConcurrentDictionary<(string Host, int Port), SessionFacts> Sessions { get; } = new();

    /// <summary>What answers requests, the last one that was added first.</summary>
    public ConcurrentStack<Func<MockHttpRequest, MockHttpResponse?>> Routes { get; } = new();

    public override bool HasSockets => false;

    public override Task<IPAddress[]> FindAsync(string host, CancellationToken cancellation)
    {
        IPAddress[] found = [.. Names.GetValueOrDefault(host, []).Where(record => record.Kind is RecordKind.A or RecordKind.Aaaa).Select(record => IPAddress.Parse(record.Value))];
        return found.Length > 0 ? Task.FromResult(found) : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
    }

    public override Task<DnsAnswer[]> QueryAsync(string name, RecordKind kind, CancellationToken cancellation) => Names.TryGetValue(name, out DnsAnswer[]? records)
        ? Task.FromResult(records.Where(known => known.Kind == kind || known.Kind == RecordKind.Cname).ToArray())
        : Task.FromException<DnsAnswer[]>(new PlatformFailure(new PlatformError.Network(NetworkFailure.NameUnresolved)));

    public override HttpMessageInvoker MakeInvoker(NetworkPolicy policy) => new(new Handler(this));

    public override Task<ConnectionFacts> ProbeAsync(NetworkPolicy policy, string host, int port, CancellationToken cancellation) =>
        Find(Connections.GetValueOrDefault((host, port)) ?? Sessions.GetValueOrDefault((host, port))?.Connection);

    public override Task<SessionFacts> ProbeTlsAsync(NetworkPolicy policy, string host, int port, string serverName, CancellationToken cancellation) =>
        Find(Sessions.GetValueOrDefault((host, port)));

    private static Task<T> Find<T>(T? known)
        where T : class => known is not null ? Task.FromResult(known) : Task.FromException<T>(new HttpFailure(new ErrorCode.ConnectionRefused()));

    private sealed class Handler(MockNetwork network) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            byte[] body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            MockHttpRequest asked = new(
                request.Method.Method, request.RequestUri!,
                [.. request.Headers.NonValidated.Concat(request.Content?.Headers.NonValidated ?? default).SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value)))],
                [.. body]);
            network.Record(asked);
            MockHttpResponse answer = network.Routes.Select(route => route(asked)).FirstOrDefault(known => known is not null)
                ?? throw new HttpRequestException(HttpRequestError.ConnectionError, "nobody answers", new SocketException((int)SocketError.ConnectionRefused));
            HttpResponseMessage response = new((HttpStatusCode)answer.Status) { RequestMessage = request, Content = new ReadOnlyMemoryContent(answer.Body) };
            foreach ((string name, string value) in answer.Headers)
            {
                if (!response.Headers.TryAddWithoutValidation(name, value))
                {
                    response.Content.Headers.TryAddWithoutValidation(name, value);
                }
            }

            return response;
        }
    }

    private void Record(MockHttpRequest request) => record(new MockHttpCall(request));
}
