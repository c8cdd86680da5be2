using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Atoll.Bench;

/// <summary>What projects cost, by the command itself: how large new components are, and how long a save takes until the next call has it.</summary>
internal static partial class ProjectsBench
{
    private const int Saves = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Adds <c>rust_kb</c>, <c>js_mb</c> and <c>dev_swap_ms</c>; a language whose tools are missing is named and left out.</summary>
    public static async Task MeasureAsync(Dictionary<string, string> words)
    {
        string folder = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
        try
        {
            await SizeAsync(folder, "rust", 1024, "rust_kb", "KB (goal ≤ 20)", words).ConfigureAwait(false);
            await SizeAsync(folder, "js", 1 << 20, "js_mb", "MB (goal ≤ 1.7)", words).ConfigureAwait(false);
            if (await BuildAsync(folder, "c").ConfigureAwait(false) > 0)
            {
                double swap = await SwapAsync(folder).ConfigureAwait(false);
                words["dev_swap_ms"] = swap.ToString("F0", CultureInfo.InvariantCulture);
                Console.WriteLine($"save to served, C: {words["dev_swap_ms"]} ms (goal ≤ 2000), median of {Saves}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task SizeAsync(string folder, string language, double unit, string word, string goal, Dictionary<string, string> words)
    {
        long bytes = await BuildAsync(folder, language).ConfigureAwait(false);
        if (bytes > 0)
        {
            words[word] = (bytes / unit).ToString("F1", CultureInfo.InvariantCulture);
            Console.WriteLine($"new component in {language}: {words[word]} {goal}");
        }
    }

    /// <summary>Makes and builds a project; gives the component's size, 0 when it cannot be built here.</summary>
    private static async Task<long> BuildAsync(string folder, string language)
    {
        await AtollAsync(folder, "init", "--lang", language, "in-" + language).ConfigureAwait(false);
        (int code, string output, string error) = await AtollAsync(folder, "build", "in-" + language, "--json").ConfigureAwait(false);
        if (code == 0)
        {
            return JsonDocument.Parse(output).RootElement.GetProperty("bytes").GetInt64();
        }

        Console.WriteLine($"{language} is left out: {error.Trim()}");
        return 0;
    }

    private static async Task<double> SwapAsync(string folder)
    {
        using Process dev = Start(folder, "dev", "in-c", "--port", "0");
        try
        {
            string? endpoint = null;
            while (endpoint is null && await dev.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                endpoint = Endpoint().Match(line) is { Success: true } found ? found.Value : null;
            }

            Task rest = dev.StandardError.ReadToEndAsync();
            using HttpClient client = await ConnectAsync(endpoint ?? throw new InvalidOperationException("atoll dev ended before it served")).ConfigureAwait(false);
            string source = Path.Combine(folder, "in-c", "src", "in-c.c"), text = await File.ReadAllTextAsync(source).ConfigureAwait(false);
            List<double> times = [];
            for (int i = 0; i < Saves; i++)
            {
                string greeting = $"Hello {i}, ";
                long start = Stopwatch.GetTimestamp();
                await File.WriteAllTextAsync(source, text.Replace("Hello, ", greeting, StringComparison.Ordinal)).ConfigureAwait(false);
                while (!(await GreetAsync(client, endpoint).ConfigureAwait(false)).Contains(greeting, StringComparison.Ordinal))
                {
                    if (Stopwatch.GetElapsedTime(start) > Patience)
                    {
                        throw new InvalidOperationException("what was saved is not served after a minute");
                    }

                    await Task.Delay(10).ConfigureAwait(false);
                }

                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            times.Sort();
            return times[Saves / 2];
        }
        finally
        {
            dev.Kill(entireProcessTree: true);
            await dev.WaitForExitAsync().ConfigureAwait(false);
        }
    }

    private static async Task<HttpClient> ConnectAsync(string endpoint)
    {
        HttpClient client = new();
        client.DefaultRequestHeaders.Add("Accept", "application/json, text/event-stream");
        object hello = new { protocolVersion = "2025-06-18", capabilities = new { }, clientInfo = new { name = "bench", version = "1" } };
        using HttpResponseMessage response = await client.PostAsJsonAsync(endpoint, new { jsonrpc = "2.0", id = 1, method = "initialize", @params = hello }).ConfigureAwait(false);
        client.DefaultRequestHeaders.Add("Mcp-Session-Id", response.EnsureSuccessStatusCode().Headers.GetValues("Mcp-Session-Id").Single());
        client.DefaultRequestHeaders.Add("MCP-Protocol-Version", "2025-06-18");
        return client;
    }

    private static async Task<string> GreetAsync(HttpClient client, string endpoint)
    {
        object call = new { name = "greet", arguments = new { name = "Ada" } };
        using HttpResponseMessage response = await client.PostAsJsonAsync(endpoint, new { jsonrpc = "2.0", id = 2, method = "tools/call", @params = call }).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync().ConfigureAwait(false);
    }

    private static async Task<(int Code, string Output, string Error)> AtollAsync(string folder, params string[] arguments)
    {
        using Process process = Start(folder, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().ConfigureAwait(false);
        return (process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
    }

    private static Process Start(string folder, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Path.Combine(Repository.Root, OperatingSystem.IsWindows() ? "atoll.cmd" : "atoll"), arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/mcp")]
    private static partial Regex Endpoint();
}
