using System.Net;
using System.Net.Sockets;
using System.Text;
using Atoll.Components;
using Atoll.Wasi.Network;
using Atoll.Wasi.Preview2.Http;
using Atoll.Wasi.Preview2.Io;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary><c>wasi:http</c>: fields, and requests that guests send.</summary>
public sealed class HttpTests
{
    private const string FieldMethod = "http/types#[method]fields.";

    [Fact]
    public void Fields_keep_their_order_and_do_not_tell_letters_apart()
    {
        using WasiProbe probe = new();
        Fields fields = probe.Get<Func<(string, byte[])[], Result<Fields, HeaderError>>>("http/types#[static]fields.from-list")(
            [("Accept", "a"u8.ToArray()), ("x-b", "1"u8.ToArray()), ("ACCEPT", "c"u8.ToArray())]).Value!;
        Assert.Equal(["a"u8.ToArray(), "c"u8.ToArray()], probe.Get<Func<Fields, string, byte[][]>>(FieldMethod + "get")(fields, "accept"));
        Assert.True(probe.Get<Func<Fields, string, bool>>(FieldMethod + "has")(fields, "X-B"));
        Assert.False(probe.Get<Func<Fields, string, Result<Unit, HeaderError>>>(FieldMethod + "delete")(fields, "accept").IsError);
        Assert.False(probe.Get<Func<Fields, string, byte[], Result<Unit, HeaderError>>>(FieldMethod + "append")(fields, "Y", "2"u8.ToArray()).IsError);
        Assert.False(probe.Get<Func<Fields, string, byte[][], Result<Unit, HeaderError>>>(FieldMethod + "set")(fields, "X-b", ["3"u8.ToArray(), []]).IsError);
        Assert.Equal(["Y", "X-b", "X-b"], probe.Get<Func<Fields, (string Name, byte[])[]>>(FieldMethod + "entries")(fields).Select(entry => entry.Name));
    }

    [Theory]
    [InlineData("", "x", typeof(HeaderError.InvalidSyntax))]
    [InlineData("a b", "x", typeof(HeaderError.InvalidSyntax))]
    [InlineData("a\r\nHost", "x", typeof(HeaderError.InvalidSyntax))]
    [InlineData("a", "x\r\ny: z", typeof(HeaderError.InvalidSyntax))]
    [InlineData("a", "x\0", typeof(HeaderError.InvalidSyntax))]
    [InlineData("a", " x", typeof(HeaderError.InvalidSyntax))]
    [InlineData("host", "x", typeof(HeaderError.Forbidden))]
    [InlineData("Transfer-Encoding", "chunked", typeof(HeaderError.Forbidden))]
    [InlineData("CONNECTION", "close", typeof(HeaderError.Forbidden))]
    public void What_is_no_field_of_a_guest_is_refused(string name, string value, Type error)
    {
        using WasiProbe probe = new();
        byte[] bytes = Encoding.Latin1.GetBytes(value);
        Assert.IsType(error, Fields.FromList(probe.Context, [(name, bytes)]).Error);
        Fields fields = new(probe.Context, new FieldList());
        Assert.IsType(error, fields.Append(name, bytes).Error);
        Assert.IsType(error, fields.Set(name, [bytes]).Error);
        Assert.Empty(fields.Items);
    }

    [Fact]
    public void Headers_of_a_message_do_not_change()
    {
        using WasiProbe probe = new();
        OutgoingRequest request = probe.Get<Func<Fields, OutgoingRequest>>("http/types#[constructor]outgoing-request")(new Fields(probe.Context, new FieldList()));
        Fields headers = probe.Get<Func<OutgoingRequest, Fields>>("http/types#[method]outgoing-request.headers")(request);
        Assert.IsType<HeaderError.Immutable>(headers.Append("a", "b"u8.ToArray()).Error);
        Assert.IsType<HeaderError.Immutable>(headers.Delete("a").Error);
        Fields clone = probe.Get<Func<Fields, Fields>>(FieldMethod + "clone")(headers);
        Assert.False(clone.Append("a", "b"u8.ToArray()).IsError);
        Assert.Empty(headers.Items);
        Assert.Throws<TrapException>(() => probe.Get<Action<OutgoingRequest>>("http/types#drop outgoing-request")(request));
    }

    [Fact]
    public void Too_many_or_too_large_fields_trap()
    {
        using WasiProbe probe = new();
        Fields fields = new(probe.Context, new FieldList());
        for (int i = 0; i < FieldList.MaximumCount; i++)
        {
            fields.Append("a", []);
        }

        Assert.Throws<TrapException>(() => fields.Append("a", []));
        Fields large = new(probe.Context, new FieldList());
        Assert.Throws<TrapException>(() => large.Append("a", new byte[FieldList.MaximumBytes].Select(_ => (byte)'x').ToArray()));
    }

    [Fact]
    public async Task A_request_is_sent_and_its_answer_read()
    {
        using TestServer server = new(context =>
        {
            context.Response.Headers["X-Seen"] = $"{context.Request.HttpMethod} {context.Request.RawUrl} {context.Request.Headers["X-Mine"]} {context.Request.Headers["Cookie"]} {context.Request.UserAgent}";
            context.Response.StatusCode = 201;
            context.Response.OutputStream.Write("hello"u8);
        });
        using WasiProbe probe = new(Grants.None.AllowNetwork($"127.0.0.1:{server.Port}"));
        IncomingResponse response = await SendAsync(probe, server, request =>
        {
            request.SetMethod(new Method.Patch());
            request.SetPathWithQuery("/a/../b?c=d");
        }, fields => fields.Append("X-Mine", "yes"u8.ToArray()));
        Assert.Equal(201, response.Status);
        Assert.Equal("PATCH /a/../b?c=d yes", Encoding.Latin1.GetString(response.Headers().Get("x-seen")[0]));
        Assert.False(response.Headers().Has("Transfer-Encoding"));
        Assert.Equal("hello", ReadAll(probe, response));
        Assert.Contains(probe.Decisions, decision => decision.Allowed && decision.Capability.ToString() == $"net:connect:127.0.0.1:{server.Port}");
    }

    [Fact]
    public async Task A_body_is_sent_as_it_is_written_and_waits_for_who_reads()
    {
        using TestServer server = new(context => context.Request.InputStream.CopyTo(context.Response.OutputStream));
        using WasiProbe probe = new(Grants.None.AllowNetwork($"localhost:{server.Port}"));
        OutgoingRequest request = Request(probe, server);
        request.SetMethod(new Method.Post());
        OutgoingBody body = request.Body()!;
        OutputStream contents = body.Write()!;
        FutureIncomingResponse future = OutgoingHttp.Handle(probe.Context, request, null).Value!;
        var write = probe.Get<Func<OutputStream, byte[], Result<Unit, StreamError>>>("io/streams#[method]output-stream.blocking-write-and-flush");
        StringBuilder expected = new();
        for (int i = 0; i < 500; i++)
        {
            string line = new string((char)('a' + (i % 26)), 4000);
            expected.Append(line);
            Assert.False(write(contents, Encoding.ASCII.GetBytes(line)).IsError);
        }

        contents.Drop();
        Assert.False(body.Finish(null).IsError);
        Assert.Equal(expected.ToString(), ReadAll(probe, await AnswerAsync(probe, future)));
    }

    [Fact]
    public async Task A_body_of_another_length_than_announced_is_an_error()
    {
        using TestServer server = new(context => context.Request.InputStream.CopyTo(Stream.Null));
        using WasiProbe probe = new(Grants.None.AllowNetwork($"127.0.0.1:{server.Port}"));
        OutgoingRequest request = Request(probe, server, fields => fields.Append("Content-Length", "3"u8.ToArray()));
        request.SetMethod(new Method.Put());
        OutgoingBody body = request.Body()!;
        OutputStream contents = body.Write()!;
        FutureIncomingResponse future = OutgoingHttp.Handle(probe.Context, request, null).Value!;
        contents.CheckWrite();
        Assert.Null(contents.Write("ab"u8));
        contents.Drop();
        Assert.IsType<ErrorCode.HttpRequestBodySize>(body.Finish(null).Error);
        await Assert.ThrowsAsync<InvalidOperationException>(() => AnswerAsync(probe, future));
    }

    [Fact]
    public async Task Redirects_are_the_guests_to_follow()
    {
        using TestServer server = new(context => context.Response.Redirect("http://169.254.169.254/latest"));
        using WasiProbe probe = new(Grants.None.AllowNetwork($"127.0.0.1:{server.Port}"));
        IncomingResponse response = await SendAsync(probe, server);
        Assert.Equal(302, response.Status);
        Assert.Equal("http://169.254.169.254/latest", Encoding.ASCII.GetString(response.Headers().Get("location")[0]));
    }

    [Fact]
    public async Task A_host_that_is_not_granted_is_refused_and_told()
    {
        using TestServer server = new(context => { });
        foreach (Grants grants in (Grants[])[Grants.None, Grants.None.AllowNetwork("example.org:*"), Grants.None.AllowNetwork($"127.0.0.1:{(server.Port == 1 ? 2 : 1)}")])
        {
            using WasiProbe probe = new(grants);
            Assert.IsType<ErrorCode.HttpRequestDenied>(OutgoingHttp.Handle(probe.Context, Request(probe, server), null).Error);
            Assert.Equal($"net:connect:127.0.0.1:{server.Port}", Assert.Single(probe.Decisions).Capability.ToString());
            Assert.False(probe.Decisions[0].Allowed);
        }

        // A star allows names, not what they must not stand for.
        using WasiProbe starry = new(Grants.None.AllowNetwork("**:*"));
        Exception error = await Assert.ThrowsAsync<InvalidOperationException>(() => SendAsync(starry, server));
        Assert.Equal(nameof(ErrorCode.DestinationIpProhibited), error.Message);
        Assert.Contains(starry.Decisions, decision => !decision.Allowed);
    }

    [Fact]
    public async Task A_name_that_stands_for_a_private_address_is_refused()
    {
        using TestServer server = new(context => { });
        Task<IPAddress[]> Resolve(string name, CancellationToken cancellation) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        Grants grants = Grants.None.AllowNetwork(Resolve, "*.example.org:*");
        using WasiProbe probe = new(grants);
        Exception error = await Assert.ThrowsAsync<InvalidOperationException>(() => SendAsync(probe, server, request => request.SetAuthority($"evil.example.org:{server.Port}")));
        Assert.Equal(nameof(ErrorCode.DestinationIpProhibited), error.Message);

        using WasiProbe trusting = new(grants.AllowPrivateNetwork());
        Assert.Equal(200, (await SendAsync(trusting, server, request => request.SetAuthority($"evil.example.org:{server.Port}"))).Status);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        using TestServer server = new(context => Thread.Sleep(3000));
        using WasiProbe probe = new(Grants.None.AllowNetwork($"127.0.0.1:{server.Port}"));
        RequestOptions options = new(probe.Context) { ConnectTimeout = 50_000_000, FirstByteTimeout = 100_000_000 };
        FutureIncomingResponse future = OutgoingHttp.Handle(probe.Context, Request(probe, server), options).Value!;
        Exception error = await Assert.ThrowsAsync<InvalidOperationException>(() => AnswerAsync(probe, future));
        Assert.Equal(nameof(ErrorCode.HttpResponseTimeout), error.Message);
    }

    [Fact]
    public async Task Nobody_listens()
    {
        using TestServer server = new(context => { });
        int port = server.Port;
        server.Dispose();
        using WasiProbe probe = new(Grants.None.AllowNetwork($"127.0.0.1:{port}"));
        Exception error = await Assert.ThrowsAsync<InvalidOperationException>(() => SendAsync(probe, server));
        Assert.Equal(nameof(ErrorCode.ConnectionRefused), error.Message);
        Assert.Equal(0, probe.Context.HttpRequests);
    }

    [Fact]
    public void There_is_a_limit_to_requests_under_way_and_dropping_ends_them()
    {
        using TestServer server = new(context => Thread.Sleep(1000));
        using WasiProbe probe = new(Grants.None.AllowNetwork($"127.0.0.1:{server.Port}"));
        FutureIncomingResponse[] futures = [.. Enumerable.Range(0, OutgoingHttp.MaximumRequests)
            .Select(_ => OutgoingHttp.Handle(probe.Context, Request(probe, server), null).Value!)];
        Assert.IsType<ErrorCode.ConnectionLimitReached>(OutgoingHttp.Handle(probe.Context, Request(probe, server), null).Error);
        futures[0].Drop();
        Assert.False(OutgoingHttp.Handle(probe.Context, Request(probe, server), null).IsError);
    }

    [Theory]
    [InlineData("user:password@127.0.0.1")]
    [InlineData("127.0.0.1/")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("[::1")]
    public void What_is_no_authority_is_refused(string authority)
    {
        using WasiProbe probe = new();
        OutgoingRequest request = new(probe.Context, new Fields(probe.Context, new FieldList()));
        Assert.True(request.SetAuthority(authority).IsError);
        Assert.Null(request.Authority);
        Assert.True(request.SetPathWithQuery("/a b").IsError);
        Assert.True(request.SetPathWithQuery("/a\r\nx").IsError);
        Assert.True(request.SetMethod(new Method.Other("GET /")).IsError);
        Assert.True(request.SetScheme(new Scheme.Other("1")).IsError);
    }

    [Fact]
    public async Task Trailers_of_an_answer_come_after_its_body()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = Task.Run(async () =>
        {
            using TcpClient client = await listener.AcceptTcpClientAsync();
            await client.GetStream().ReadExactlyAsync(new byte[16]);
            await client.GetStream().WriteAsync(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\nx-sum: 8\r\nKeep-Alive: no\r\n\r\n"u8.ToArray());
            await client.GetStream().CopyToAsync(Stream.Null);
        });
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using WasiProbe probe = new(Grants.None.AllowNetwork($"127.0.0.1:{port}"));
        OutgoingRequest request = new(probe.Context, new Fields(probe.Context, new FieldList()));
        Assert.False(request.SetScheme(Scheme.Plain).IsError);
        Assert.False(request.SetAuthority($"127.0.0.1:{port}").IsError);
        IncomingResponse response = await AnswerAsync(
            probe, probe.Get<Func<OutgoingRequest, RequestOptions?, Result<FutureIncomingResponse, ErrorCode>>>("http/outgoing-handler#handle")(request, null).Value!);

        // Finished before it was read: the rest of the body is passed over.
        FutureTrailers future = response.Consume()!.Finish();
        Pollable pollable = probe.Get<Func<FutureTrailers, Pollable>>("http/types#[method]future-trailers.subscribe")(future);
        probe.Get<Action<Pollable>>("io/poll#[method]pollable.block")(pollable);
        Fields trailers = future.Get()!.Value.Value.Value!;
        Assert.Equal(["7", "8"], trailers.Get("x-sum").Select(value => Encoding.Latin1.GetString(value)));
        Assert.False(trailers.Has("keep-alive"));
        Assert.True(trailers.Set("x-sum", []).IsError);
        probe.Dispose();
        await serving;
    }

    private static OutgoingRequest Request(WasiProbe probe, TestServer server, Action<Fields>? headers = null)
    {
        Fields fields = new(probe.Context, new FieldList());
        headers?.Invoke(fields);
        OutgoingRequest request = new(probe.Context, fields);
        Assert.False(request.SetScheme(Scheme.Plain).IsError);
        Assert.False(request.SetAuthority($"127.0.0.1:{server.Port}").IsError);
        return request;
    }

    private static Task<IncomingResponse> SendAsync(WasiProbe probe, TestServer server, Action<OutgoingRequest>? change = null, Action<Fields>? headers = null)
    {
        OutgoingRequest request = Request(probe, server, headers);
        change?.Invoke(request);
        Result<FutureIncomingResponse, ErrorCode> sent =
            probe.Get<Func<OutgoingRequest, RequestOptions?, Result<FutureIncomingResponse, ErrorCode>>>("http/outgoing-handler#handle")(request, null);
        return AnswerAsync(probe, sent.Value!);
    }

    /// <summary>Waits as a guest does; an error is an exception with its name.</summary>
    private static Task<IncomingResponse> AnswerAsync(WasiProbe probe, FutureIncomingResponse future)
    {
        Pollable pollable = probe.Get<Func<FutureIncomingResponse, Pollable>>("http/types#[method]future-incoming-response.subscribe")(future);
        probe.Get<Action<Pollable>>("io/poll#[method]pollable.block")(pollable);
        pollable.Drop();
        Result<IncomingResponse, ErrorCode> answer = future.Get()!.Value.Value;
        Assert.True(future.Get()!.Value.IsError);
        return answer.IsError ? Task.FromException<IncomingResponse>(new InvalidOperationException(answer.Error!.Name)) : Task.FromResult(answer.Value!);
    }

    private static string ReadAll(WasiProbe probe, IncomingResponse response)
    {
        IncomingBody body = response.Consume()!;
        Assert.Null(response.Consume());
        InputStream stream = body.Stream()!;
        var read = probe.Get<Func<InputStream, ulong, Result<byte[], StreamError>>>("io/streams#[method]input-stream.blocking-read");
        using MemoryStream all = new();
        Result<byte[], StreamError> part;
        while (!(part = read(stream, 10_000)).IsError)
        {
            all.Write(part.Value);
        }

        Assert.IsType<StreamError.Closed>(part.Error);
        Assert.Throws<TrapException>(() => body.Finish());
        stream.Drop();
        FutureTrailers trailers = body.Finish();
        Assert.True(trailers.IsReady());
        Assert.Null(trailers.Get()!.Value.Value.Value);
        trailers.Drop();
        Assert.Equal(0, probe.Context.HttpRequests);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>A server on loopback that answers each request with some code.</summary>
    private sealed class TestServer : IDisposable
    {
        private readonly HttpListener _listener = new();

        public TestServer(Action<HttpListenerContext> answer)
        {
            while (true)
            {
                Port = Random.Shared.Next(20_000, 60_000);
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add($"http://*:{Port}/");
                try
                {
                    _listener.Start();
                    break;
                }
                catch (HttpListenerException)
                {
                    // Somebody else has the port.
                }
            }

            _ = Task.Run(async () =>
            {
                while (true)
                {
                    HttpListenerContext context = await _listener.GetContextAsync();
                    _ = Task.Run(() =>
                    {
                        try
                        {
                            answer(context);
                            context.Response.Close();
                        }
                        catch (Exception exception) when (exception is IOException or HttpListenerException or ObjectDisposedException or InvalidOperationException)
                        {
                            context.Response.Abort();
                        }
                    });
                }
            });
        }

        public int Port { get; }

        public void Dispose() => ((IDisposable)_listener).Dispose();
    }
}
