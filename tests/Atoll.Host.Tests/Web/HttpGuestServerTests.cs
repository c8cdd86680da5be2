using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using Atoll.Components;
using Atoll.Components.Text;
using Atoll.Host.Configuration;
using Atoll.Host.Web;
using Atoll.Wasi;
using Atoll.Wasm;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Atoll.Host.Tests.Web;

/// <summary>Requests that a component answers. What it does is in <c>guests/http/hello.wat</c>.</summary>
public sealed class HttpGuestServerTests
{
    private static readonly WasmEngine Engine = new();
    private static readonly ComponentLinker Linker = new ComponentLinker().AddWasi();
    private static readonly Lazy<Component> Guest = new(() => Component.Load(Engine, ComponentText.Assemble(File.ReadAllText(GuestPath()))));

    [Fact]
    public async Task A_guest_says_hello()
    {
        await using Running server = await Running.StartAsync(new HttpGuestOptions { LogRequests = true });
        HttpResponseMessage answer = await server.Client.GetAsync("/?x=1");
        Assert.Equal("Hello from a component", await answer.Content.ReadAsStringAsync());
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(22, answer.Content.Headers.ContentLength);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("", await (await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"))).Content.ReadAsStringAsync());
        Assert.Contains("GET / 200 ", await server.EndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_request_has_an_instance_that_is_new()
    {
        await using Running server = await Running.StartAsync();
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("1", await server.Client.GetStringAsync("/again"));
        }

        // It is made as if it were new, not anew.
        Assert.Equal("Hello from a component", await server.Client.GetStringAsync("/"));
        Assert.True(SpinWait.SpinUntil(() => server.IdleInstances == 1, TimeSpan.FromSeconds(10)), $"{server.IdleInstances} instances wait");
    }

    [Theory]
    [InlineData("(call $drop (call $get))", true)]
    [InlineData("(drop (call $get))", false)]
    public async Task A_guest_may_use_WASI_while_it_is_made(string start, bool isReused)
    {
        string text = File.ReadAllText(GuestPath()).Replace("  (core func $read ", $"""
              (core func $early (canon lower (func $stderr "get-stderr")))
              (core func $early-drop (canon resource.drop $output-stream))
              (core module $starter
                (import "" "get" (func $get (result i32)))
                (import "" "drop" (func $drop (param i32)))
                (func $start {start})
                (start $start))
              (core instance (instantiate $starter (with "" (instance (export "get" (func $early)) (export "drop" (func $early-drop))))))
              (core func $read 
            """.TrimEnd() + " ", StringComparison.Ordinal);
        await using Running server = await Running.StartAsync(guest: Component.Load(Engine, ComponentText.Assemble(text)));
        Assert.Equal(isReused, server.ReuseObstacle is null);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("1", await server.Client.GetStringAsync("/again"));
        }

        Assert.True(SpinWait.SpinUntil(() => server.IdleInstances == (isReused ? 1 : 0), TimeSpan.FromSeconds(10)), $"{server.IdleInstances} instances wait");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(3_000_000)]
    public async Task Bodies_stream_in_both_directions(int length)
    {
        await using Running server = await Running.StartAsync();
        byte[] bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        HttpResponseMessage answer = await server.Client.PostAsync("/echo", new ByteArrayContent(bytes));
        Assert.Equal(bytes, await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Trailers_of_a_request_come_after_its_body()
    {
        TaskCompletionSource<string> seen = new();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using WebApplication app = builder.Build();
        app.Run(async http =>
        {
            KestrelExchange exchange = new(http);
            string before = exchange.Incoming.Trailers() is null ? "none" : "some";
            string body = await new StreamReader(exchange.Incoming.Body.AsStream()).ReadToEndAsync();
            string after = string.Join(',', exchange.Incoming.Trailers()!.Select(field => $"{field.Name}={Encoding.Latin1.GetString(field.Value)}"));
            seen.SetResult($"{before} {body} {after}");
        });
        await app.StartAsync();
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(app.Urls.First()).Port);
        await client.GetStream().WriteAsync(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\nKeep-Alive: no\r\n\r\n"u8.ToArray());
        Assert.Equal("none abc X-Sum=7", await seen.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        await app.StopAsync();
    }

    [Fact]
    public async Task Many_requests_at_a_time_are_answered_each_by_its_own_instance()
    {
        await using Running server = await Running.StartAsync();
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
            await (await server.Client.PostAsync("/echo", new StringContent($"request {i}"))).Content.ReadAsStringAsync()));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"request {i}"), answers);
    }

    [Theory]
    [InlineData("/trap", HttpStatusCode.InternalServerError, "unreachable")]
    [InlineData("/none", HttpStatusCode.InternalServerError, "did not answer")]
    [InlineData("/half", HttpStatusCode.InternalServerError, "did not finish")]
    [InlineData("/loop", HttpStatusCode.GatewayTimeout, "time is over")]
    public async Task A_guest_that_fails_gives_an_error_that_says_nothing_of_it(string path, HttpStatusCode status, string problem)
    {
        await using Running server = await Running.StartAsync(new HttpGuestOptions { Timeout = TimeSpan.FromSeconds(path == "/loop" ? 1 : 30) });
        HttpResponseMessage answer = await server.Client.GetAsync(path);
        Assert.Equal(status, answer.StatusCode);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(text is "Internal Server Error\n" or "Gateway Timeout\n", text);

        // It goes on with a new instance.
        Assert.Equal("Hello from a component", await server.Client.GetStringAsync("/"));
        Assert.Contains(problem, await server.EndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_large_a_body_is_not_answered_as_if_it_were_whole()
    {
        await using Running server = await Running.StartAsync(new HttpGuestOptions { MaxBodyBytes = 1000 });
        HttpResponseMessage small = await server.Client.PostAsync("/echo", new ByteArrayContent(new byte[1000]));
        Assert.Equal(1000, (await small.Content.ReadAsByteArrayAsync()).Length);

        // The guest sees the error and ends its answer; none of the bytes beyond the limit has come to it.
        HttpResponseMessage large = await server.Client.PostAsync("/echo", new ByteArrayContent(new byte[1001]));
        Assert.Empty(await large.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Requests_beyond_the_limit_are_refused_and_the_others_go_on()
    {
        await using Running server = await Running.StartAsync(new HttpGuestOptions { MaxConcurrency = 1, Timeout = TimeSpan.FromSeconds(3) });
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.Client.GetAsync("/loop")));
        HttpResponseMessage[] refused = [.. answers.Where(answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable)];
        Assert.NotEmpty(refused);
        Assert.All(refused, answer => Assert.Equal("1", answer.Headers.RetryAfter!.ToString()));
        Assert.All(answers.Except(refused), answer => Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode));
        Assert.NotEqual(answers.Length, refused.Length);
        Assert.Equal("Hello from a component", await server.Client.GetStringAsync("/"));
    }

    [Fact]
    public async Task What_a_guest_writes_is_in_the_log()
    {
        await using Running server = await Running.StartAsync(new HttpGuestOptions { JsonLog = true, LogRequests = true });
        await server.Client.GetStringAsync("/log");
        string log = await server.EndAsync();
        Assert.Contains("\"stderr\":\"a line for the log\"", log, StringComparison.Ordinal);
        Assert.Contains("\"method\":\"GET\",\"path\":\"/log\",\"status\":200", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_has_the_whole_answer_may_leave_a_guest_that_goes_on()
    {
        await using Running server = await Running.StartAsync(new HttpGuestOptions { MaxConcurrency = 1, LogRequests = true, Timeout = TimeSpan.FromMinutes(5) });
        using (TcpClient client = new())
        {
            await client.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port);
            await client.GetStream().WriteAsync("GET /go-on HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            byte[] buffer = new byte[4096];
            string answer = "";
            while (!answer.EndsWith("Hello from a component", StringComparison.Ordinal))
            {
                int count = await client.GetStream().ReadAsync(buffer);
                Assert.NotEqual(0, count);
                answer += Encoding.ASCII.GetString(buffer, 0, count);
            }
        }

        // The next one waits for the only instance.
        Assert.Equal("Hello from a component", await server.Client.GetStringAsync("/"));
        string log = await server.EndAsync();
        Assert.Contains("GET /go-on 200 ", log, StringComparison.Ordinal);
        Assert.DoesNotContain("went away", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HEAD", "\r\n\r\n")]
    [InlineData("GET", "Hello from a component")]
    public async Task A_client_may_leave_before_the_guest_says_that_its_answer_is_whole(string method, string end)
    {
        const string Send = "(call $send-all (local.get $out) (i32.const 1088) (i32.const 22))";
        string text = File.ReadAllText(GuestPath()).Replace(Send, Send + " (loop $on (br $on))", StringComparison.Ordinal);
        await using Running server = await Running.StartAsync(
            new HttpGuestOptions { MaxConcurrency = 1, LogRequests = true, Timeout = TimeSpan.FromMinutes(5) }, Component.Load(Engine, ComponentText.Assemble(text)));
        using (TcpClient client = new())
        {
            await client.ConnectAsync(IPAddress.Loopback, server.Endpoint.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{method} / HTTP/1.1\r\nHost: x\r\n\r\n"));
            byte[] buffer = new byte[4096];
            string answer = "";
            while (!answer.EndsWith(end, StringComparison.Ordinal))
            {
                int count = await client.GetStream().ReadAsync(buffer);
                Assert.NotEqual(0, count);
                answer += Encoding.ASCII.GetString(buffer, 0, count);
            }
        }

        // The next one waits for the only instance.
        Assert.Equal("1", await server.Client.GetStringAsync("/again"));
        string log = await server.EndAsync();
        Assert.Contains($"{method} / 200 ", log, StringComparison.Ordinal);
        Assert.DoesNotContain("went away", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_goes_away_stops_the_guest()
    {
        await using Running server = await Running.StartAsync(new HttpGuestOptions { MaxConcurrency = 1, Timeout = TimeSpan.FromMinutes(5) });
        using CancellationTokenSource patience = new(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.Client.GetAsync("/loop", patience.Token));
        Assert.Equal("Hello from a component", await server.Client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Requests_that_run_may_end_when_the_server_does()
    {
        await using Running server = await Running.StartAsync();
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, server.Endpoint.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab"u8.ToArray());
        byte[] buffer = new byte[4096];
        int count = await stream.ReadAsync(buffer);
        Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(buffer, 0, count), StringComparison.Ordinal);
        Task<string> end = server.EndAsync();
        await stream.WriteAsync("cd"u8.ToArray());
        string rest = await new StreamReader(stream).ReadToEndAsync();
        Assert.Contains("cd", rest, StringComparison.Ordinal);
        Assert.Contains("0\r\n\r\n", rest, StringComparison.Ordinal);
        await end;
    }

    [Fact]
    public void What_answers_no_requests_is_refused()
    {
        Component library = Component.Load(Engine, ComponentText.Assemble("(component)"));
        UnlinkableException refused = Assert.Throws<UnlinkableException>(() => HttpGuestServer.Create(Linker, library, Grants.None, new HttpGuestOptions(), TextWriter.Null));
        Assert.Contains("wasi:http/incoming-handler@0.2.x", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ConfigurationException>(
            () => HttpGuestServer.Create(Linker, Guest.Value, Grants.None, new HttpGuestOptions { MaxConcurrency = 0 }, TextWriter.Null));
    }

    private static string GuestPath()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "guests", "http", "hello.wat");
    }

    /// <summary>A server that runs, and a client for it.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly HttpGuestServer _server;
        private readonly CancellationTokenSource _stop = new();
        private readonly StringWriter _log;
        private readonly Task _run;

        private Running(HttpGuestServer server, StringWriter log, TaskCompletionSource<Uri> started)
        {
            _server = server;
            _log = log;
            _run = server.RunAsync(started.SetResult, _stop.Token);
        }

        public HttpClient Client { get; private set; } = null!;

        public Uri Endpoint => Client.BaseAddress!;

        public int IdleInstances => _server.IdleInstances;

        public string? ReuseObstacle => _server.ReuseObstacle;

        public static async Task<Running> StartAsync(HttpGuestOptions? options = null, Component? guest = null)
        {
            StringWriter log = new();
            TaskCompletionSource<Uri> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
            options = (options ?? new HttpGuestOptions()) with { Address = new IPEndPoint(IPAddress.Loopback, 0) };
            Running running = new(HttpGuestServer.Create(Linker, guest ?? Guest.Value, Grants.None, options, log), log, started);
            running.Client = new HttpClient { BaseAddress = await started.Task };
            return running;
        }

        /// <summary>Ends the server; gives its log.</summary>
        public async Task<string> EndAsync()
        {
            await _stop.CancelAsync();
            await _run;
            await _server.DisposeAsync();
            return _log.ToString();
        }

        public async ValueTask DisposeAsync()
        {
            await EndAsync();
            Client.Dispose();
            _stop.Dispose();
        }
    }
}
