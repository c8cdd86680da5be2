using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Atoll.Cli.Verbs.Projects;
using Atoll.Components;
using Atoll.Sdk.Manifests;
using Atoll.Sdk.Projects;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Cli.Tests;

/// <summary>The examples of <c>guests/examples</c>: each is built and tested, and they are served as a person would serve them.</summary>
public sealed partial class ExampleTests(ITestOutputHelper output)
{
    private const int MaxCompiledBytes = 60 * 1024;
    private const int MaxScriptBytes = 1_710_000;

    public static TheoryData<string> Names => [.. ExampleProject.All().Select(example => example.Name)];

    public static TheoryData<string> CheckedIn => [.. ExampleProject.All().Where(example => example.CheckedIn is not null).Select(example => example.Name)];

    /// <summary>What a handler of HTTP exports is not its own to describe.</summary>
    public static TheoryData<string> CheckedInTools =>
        [.. ExampleProject.All().Where(example => example.CheckedIn is not null && example.Name != "text-api").Select(example => example.Name)];

    [Fact]
    public void There_are_ten_in_five_languages()
    {
        ExampleProject[] all = [.. ExampleProject.All()];
        Assert.Equal(10, all.Length);
        Assert.Equal(["assemblyscript", "c", "js", "rust", "ts"], all.Select(example => example.Language).Distinct().Order(StringComparer.Ordinal));
        string table = File.ReadAllText(TestRepository.PathTo("guests", "README.md"));
        Assert.All(all, example => Assert.Contains($"(examples/{example.Name})", table, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_a_model_reads_is_written_down(string name)
    {
        ProjectFolder project = ExampleProject.Named(name).Read();
        (_, WitWorld world) = project.LoadWorld();
        Assert.Empty(ManifestCheck.AgainstWorld(project.Manifest, world));
        Assert.NotNull(project.Manifest.Description);
        Assert.True(File.Exists(project.PathTo("README.md")), $"{name} has no README.md");
        foreach (string line in File.ReadAllLines(project.PathTo("wit/world.wit")))
        {
            Assert.True(line.Length <= 160, line);
        }
    }

    [Theory]
    [MemberData(nameof(CheckedIn))]
    public void What_is_checked_in_passes_its_tests(string name)
    {
        ExampleProject example = ExampleProject.Named(name);
        byte[] bytes = File.ReadAllBytes(example.CheckedIn!);
        Assert.InRange(bytes.Length, 1, MaxCompiledBytes);
        Component component = Component.Load(new WasmEngine(new WasmEngineOptions { StartInterpreted = true }), bytes, TestContext.Current.CancellationToken);
        ProjectFolder project = example.Read();
        TestFile[] files = [.. project.FilesIn("tests", ".toml").Select(path => TestFile.Read(path, File.ReadAllBytes(project.PathTo(path))))];
        TestRun run = new(component, file => TestHost.Make(component, file, TestContext.Current.CancellationToken));
        TestOutcome[] outcomes = [.. run.Run(files, filter: null, TestContext.Current.CancellationToken)];
        Assert.True(outcomes.Length >= 10, $"{name} has {outcomes.Length} cases");
        Assert.Empty(outcomes.Where(outcome => outcome.Problem is not null).Select(outcome => $"{outcome.File}: {outcome.Name}: {outcome.Problem}"));
    }

    [Theory]
    [MemberData(nameof(CheckedInTools))]
    public void What_a_model_reads_travels_in_the_component(string name)
    {
        ExampleProject example = ExampleProject.Named(name);
        (_, WitWorld source) = example.Read().LoadWorld();
        WitWorld binary = Assert.Single(ComponentWit.Read(File.ReadAllBytes(example.CheckedIn!)).Root.Worlds);
        foreach ((WitInterface written, WitInterface read) in source.Exports.Select(item => item.Interface!).Zip(binary.Exports.Select(item => item.Interface!)))
        {
            Assert.Equal(written.Annotations.Docs, read.Annotations.Docs);
            Assert.All(written.Functions, function =>
            {
                Assert.NotNull(function.Annotations.Docs);
                Assert.Equal(function.Annotations.Docs, read.Functions.Single(found => found.Name == function.Name).Annotations.Docs);
            });
            Assert.All(written.Types.Where(type => type.Body is WitVariant), type => Assert.Equal(Cases(type), Cases(read.FindType(type.Name)!)));
        }

        static IEnumerable<string?> Cases(WitTypeDefinition type) => ((WitVariant)type.Body).Cases.Select(item => item.Docs);
    }

    [Theory]
    [Trait("Category", "Long")]
    [MemberData(nameof(Names))]
    public async Task Each_builds_and_passes_its_tests(string name)
    {
        ExampleProject example = ExampleProject.Named(name);
        using CliRunner cli = Runner();
        example.CopyTo(cli.Folder);
        await example.NeedToolsAsync(() => cli.RunAsync("build", name, "--install"));
        CliResult built = await cli.RunAsync("build", name, "--force", "--json");
        Assert.True(built.Code == ExitCodes.Ok, built.Out + built.Error);
        JsonElement build = JsonDocument.Parse(built.Out).RootElement;
        Assert.Empty(build.GetProperty("warnings").EnumerateArray());
        Assert.InRange(build.GetProperty("bytes").GetInt64(), 1, example.CheckedIn is null ? MaxScriptBytes : MaxCompiledBytes);
        long start = Stopwatch.GetTimestamp();
        CliResult tested = await cli.RunAsync("test", name);
        Assert.True(tested.Code == ExitCodes.Ok, tested.Out + tested.Error);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name} ({example.Language}): {build.GetProperty("bytes").GetInt64()} bytes, build {build.GetProperty("ms").GetInt64()} ms, test {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms"));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Clients_see_them_as_tools()
    {
        using CliRunner cli = new();
        string[] served = ["markdown", "jwt", "matrix", "thumbnail"];
        using StdioServer server = StdioServer.Start(cli.Folder, [.. served.Select(name => ExampleProject.Named(name).CheckedIn!)]);
        JsonNode[] tools = [.. (await server.CallAsync("tools/list", new JsonObject()))["tools"]!.AsArray().Select(tool => tool!)];
        Assert.All(served, name => Assert.Contains(tools, tool => Text(tool["name"]).StartsWith(name + "_", StringComparison.Ordinal)));
        JsonNode render = Assert.Single(tools, tool => Text(tool["name"]) == "markdown_pages_render");
        Assert.StartsWith("Turns Markdown into HTML that is safe", Text(render["description"]), StringComparison.Ordinal);
        Assert.Equal("string", Text(render["inputSchema"]!["properties"]!["markdown"]!["type"]));
        Assert.Equal(["markdown"], render["inputSchema"]!["required"]!.AsArray().Select(Text));

        JsonNode page = await server.ToolAsync("markdown_pages_render", new JsonObject { ["markdown"] = "# Hi *there*" });

        // Fields of records are described, too.
        JsonNode invert = Assert.Single(tools, tool => Text(tool["name"]) == "matrix_linear_invert");
        Assert.StartsWith("Rows, at most 256", Text(invert["inputSchema"]!["properties"]!["of"]!["properties"]!["rows"]!["description"]), StringComparison.Ordinal);
        Assert.Equal("<h1>Hi <em>there</em></h1>\n", Text(page["structuredContent"]!["result"]));
        JsonNode determinant = await server.ToolAsync("matrix_linear_determinant", new JsonObject { ["of"] = Matrix(2, 2, 1, 2, 3, 4) });
        Assert.Equal(-2, (double)determinant["structuredContent"]!["result"]!);
        JsonNode refused = await server.ToolAsync("matrix_linear_invert", new JsonObject { ["of"] = Matrix(2, 2, 1, 2, 2, 4) });
        Assert.True((bool)refused["isError"]!);
        Assert.Contains("singular", refused.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task The_service_answers_requests()
    {
        using CliRunner cli = new();
        using Process server = ProcessRunner.Start(cli.Folder, "dotnet", ProcessRunner.Built, "serve-http", "--addr", "127.0.0.1:0", ExampleProject.Named("text-api").CheckedIn!);
        Task drain = server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            string? address = null;
            while (address is null && await server.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                address = Address().Match(line) is { Success: true } found ? found.Value : null;
            }

            using HttpClient client = new() { BaseAddress = new Uri(address!) };
            Assert.Equal((HttpStatusCode.OK, "ok\n"), await AskAsync(client, HttpMethod.Get, "/health", null));
            Assert.Equal(
                (HttpStatusCode.OK, "{\"characters\":14,\"words\":3,\"lines\":3,\"paragraphs\":2}\n"),
                await AskAsync(client, HttpMethod.Post, "/statistics?x=1", new StringContent("eins zwei\n\nd\u00e4\u00df")));
            Assert.Equal(HttpStatusCode.BadRequest, (await AskAsync(client, HttpMethod.Post, "/statistics", new ByteArrayContent([0xff]))).Status);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await AskAsync(client, HttpMethod.Post, "/statistics", new ByteArrayContent(new byte[(256 << 10) + 1]))).Status);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(client, HttpMethod.Post, "/statistics", new ByteArrayContent(new byte[256 << 10]))).Status);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, (await AskAsync(client, HttpMethod.Get, "/statistics", null)).Status);
            Assert.Equal((HttpStatusCode.NotFound, "{\"status\":404,\"title\":\"there is no such page\"}\n"), await AskAsync(client, HttpMethod.Get, "/nowhere", null));
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(TestContext.Current.CancellationToken);
            await drain;
        }
    }

    [Theory]
    [Trait("Category", "Long")]
    [MemberData(nameof(Languages))]
    public async Task The_document_works(string language)
    {
        using CliRunner cli = Runner();
        foreach (ExampleProject example in ExampleProject.All().Where(example => example.Language == language))
        {
            await example.NeedToolsAsync(async () =>
            {
                example.CopyTo(cli.Folder);
                return await cli.RunAsync("build", example.Name, "--install");
            });
            example.CopyTo(Path.Combine(cli.Folder, "guests", "examples"));
        }

        DocumentCommand[] commands = [.. DocumentCommand.Of("examples.md", language)];
        Assert.True(commands.Length >= 2, $"{language} has {commands.Length} commands in the document");
        foreach (DocumentCommand command in commands)
        {
            CliResult result = await cli.RunAsync(command.Words);
            output.WriteLine($"{command.Line}\n{result.Out}{result.Error}");
            int code = command.Output?.StartsWith("err(", StringComparison.Ordinal) == true ? ExitCodes.Failed : ExitCodes.Ok;
            Assert.True(result.Code == code, $"{command.Line} ended with {result.Code}:\n{result.Out}{result.Error}");
            if (command.Output is { } expected)
            {
                Assert.Equal(expected, result.Out.TrimEnd('\n'));
            }
        }
    }

    public static TheoryData<string> Languages => ["c", "rust", "js", "ts", "assemblyscript"];

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Address();

    private static string Text(JsonNode? node) => node!.GetValue<string>();

    private static JsonObject Matrix(int rows, int columns, params double[] values) =>
        new() { ["rows"] = rows, ["columns"] = columns, ["values"] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]) };

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(HttpClient client, HttpMethod method, string path, HttpContent? content)
    {
        using HttpRequestMessage request = new(method, path) { Content = content };
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static CliRunner Runner()
    {
        CliRunner cli = new();
        foreach (string variable in new[] { "PATH", "HOME", "WASI_SDK_PATH", "XDG_CACHE_HOME", "LOCALAPPDATA" })
        {
            cli.With(variable, Environment.GetEnvironmentVariable(variable) ?? string.Empty);
        }

        return cli;
    }
}
