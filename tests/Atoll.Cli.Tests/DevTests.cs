using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Atoll.Sdk.Toolchains;

namespace Atoll.Cli.Tests;

/// <summary><c>atoll dev</c>: what is saved is called a moment later, by clients that stay connected.</summary>
public sealed partial class DevTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Category", "Long")]
    public async Task Saving_swaps_the_component_and_an_error_leaves_the_old_one()
    {
        try
        {
            await new CToolchain().FindAsync(new ToolEnvironment(Environment.GetEnvironmentVariable), TestContext.Current.CancellationToken);
        }
        catch (MissingToolsException missing) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip(missing.Message);
        }

        using CliRunner cli = new();
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("init", "--lang", "c", "greeter")).Code);
        using Process dev = ProcessRunner.Start(cli.Folder, "dotnet", ProcessRunner.Built, "dev", "greeter", "--port", "0");
        Task drain = dev.StandardOutput.ReadToEndAsync();
        try
        {
            Match served = await ReadUntilAsync(dev.StandardError, Endpoint());
            Assert.Equal("  tools      greet telemetry_push", await dev.StandardError.ReadLineAsync(TestContext.Current.CancellationToken));
            Assert.Equal("Give the address to a client. Ctrl-C ends it.", await dev.StandardError.ReadLineAsync(TestContext.Current.CancellationToken));
            using McpCaller client = await McpCaller.ConnectAsync(served.Value);
            Assert.Equal("Hello, Ada!", await client.GreetAsync());
            string good = cli.Read("greeter/src/greeter.c");

            long start = Stopwatch.GetTimestamp();
            cli.Write("greeter/src/greeter.c", good.Replace("Hello", "Howdy", StringComparison.Ordinal));
            while (await client.GreetAsync() != "Howdy, Ada!")
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1), "the saved program is not served after a minute");
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }

            output.WriteLine($"dev: swap_ms={Stopwatch.GetElapsedTime(start).TotalMilliseconds:0}");
            cli.Write("greeter/src/greeter.c", "#error \"not yet\"\n");
            await ReadUntilAsync(dev.StandardError, Stays());
            Assert.Equal("Howdy, Ada!", await client.GreetAsync());
        }
        finally
        {
            dev.Kill(entireProcessTree: true);
            await dev.WaitForExitAsync(TestContext.Current.CancellationToken);
            await drain;
        }
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/mcp")]
    private static partial Regex Endpoint();

    [GeneratedRegex("the old component stays")]
    private static partial Regex Stays();

    private static async Task<Match> ReadUntilAsync(StreamReader reader, Regex wanted)
    {
        StringBuilder read = new();
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        while (await reader.ReadLineAsync(patience.Token) is { } line)
        {
            read.AppendLine(line);
            if (wanted.Match(line) is { Success: true } found)
            {
                return found;
            }
        }

        Assert.Fail($"{wanted} was not printed:\n{read}");
        return Match.Empty;
    }

    /// <summary>A client of one session that calls one tool.</summary>
    private sealed class McpCaller : IDisposable
    {
        private readonly HttpClient _http = new();
        private readonly string _endpoint;

        private McpCaller(string endpoint)
        {
            _endpoint = endpoint;
            _http.DefaultRequestHeaders.Add("Accept", "application/json, text/event-stream");
        }

        public static async Task<McpCaller> ConnectAsync(string endpoint)
        {
            McpCaller caller = new(endpoint);
            object hello = new { protocolVersion = "2025-06-18", capabilities = new { }, clientInfo = new { name = "test", version = "1" } };
            using HttpResponseMessage response = await caller._http.PostAsJsonAsync(endpoint, new { jsonrpc = "2.0", id = 1, method = "initialize", @params = hello });
            response.EnsureSuccessStatusCode();
            caller._http.DefaultRequestHeaders.Add("Mcp-Session-Id", response.Headers.GetValues("Mcp-Session-Id").Single());
            caller._http.DefaultRequestHeaders.Add("MCP-Protocol-Version", "2025-06-18");
            using HttpResponseMessage ready = await caller._http.PostAsJsonAsync(endpoint, new { jsonrpc = "2.0", method = "notifications/initialized" });
            ready.EnsureSuccessStatusCode();
            return caller;
        }

        public async Task<string?> GreetAsync()
        {
            object call = new { name = "greet", arguments = new { name = "Ada" } };
            using HttpResponseMessage response = await _http.PostAsJsonAsync(_endpoint, new { jsonrpc = "2.0", id = 2, method = "tools/call", @params = call });
            string text = await response.Content.ReadAsStringAsync();
            string json = text.StartsWith('{') ? text : text.Split('\n').Last(line => line.StartsWith("data:", StringComparison.Ordinal))[5..];
            return JsonDocument.Parse(json).RootElement.GetProperty("result").GetProperty("structuredContent").GetProperty("result").GetString();
        }

        public void Dispose() => _http.Dispose();
    }
}
