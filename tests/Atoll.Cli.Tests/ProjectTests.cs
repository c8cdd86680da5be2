using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toolchains;

namespace Atoll.Cli.Tests;

/// <summary>Projects from <c>init</c> to <c>invoke</c>, with the real tools of the languages.</summary>
public sealed partial class ProjectTests(ITestOutputHelper output)
{
    [Theory]
    [Trait("Category", "Long")]
    [InlineData("c")]
    [InlineData("rust")]
    [InlineData("js")]
    [InlineData("ts")]
    [InlineData("assemblyscript")]
    public async Task The_document_works_from_nothing_to_a_call(string language)
    {
        using CliRunner cli = Runner();
        await NeedToolsAsync(cli, language);
        string[] commands = Commands(language);
        Assert.Equal(4, commands.Length);
        CliResult result = default!;
        foreach (string command in commands)
        {
            long start = Stopwatch.GetTimestamp();
            result = await cli.RunAsync(DocumentCommand.Split(command));
            output.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s  {command}\n{result.Out}{result.Error}");
            Assert.True(result.Code == ExitCodes.Ok, $"{command} ended with {result.Code}:\n{result.Out}{result.Error}");
        }

        Assert.Equal("\"Hello, Ada!\"\n", result.Out);
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("c")]
    [InlineData("rust")]
    [InlineData("js")]
    [InlineData("ts")]
    [InlineData("assemblyscript")]
    public async Task The_tool_template_passes_its_tests(string language)
    {
        using CliRunner cli = Runner();
        await NeedToolsAsync(cli, language);
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("init", "--lang", language, "--tool", "words")).Code);
        CliResult result = await cli.RunAsync("test", "words", "--json");
        Assert.True(result.Code == ExitCodes.Ok, result.Out + result.Error);
        Assert.Equal(2, JsonDocument.Parse(result.Out).RootElement.GetProperty("passed").GetInt32());
        JsonElement[] offered = [.. JsonDocument.Parse((await cli.RunAsync("inspect", "words/build/words.wasm", "--json")).Out).RootElement.GetProperty("functions").EnumerateArray()];
        Assert.Equal("count-words", Assert.Single(offered).GetProperty("name").GetString());
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("c")]
    [InlineData("rust")]
    public async Task Probes_are_tested_in_the_mock_host(string language)
    {
        using CliRunner cli = Runner();
        await NeedToolsAsync(cli, language);
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("init", "--lang", language, "--probe", "looks-at")).Code);
        CliResult result = await cli.RunAsync("test", "looks-at");
        Assert.True(result.Code == ExitCodes.Ok, result.Out + result.Error);
        Assert.EndsWith("3 passed, 0 failed\n", result.Out, StringComparison.Ordinal);
        cli.Write("looks-at/tests/check.toml", "[mock]\ntpc = []\n[[case]]\ncall = 'run(\"a:1\", \"\")'\n");
        CliResult wrong = await cli.RunAsync("test", "looks-at");
        Assert.Equal(ExitCodes.Failed, wrong.Code);
        Assert.Contains("tests/check.toml:1:1: error:", wrong.Error, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("c")]
    [InlineData("rust")]
    public async Task Handlers_of_HTTP_are_what_serve_http_takes(string language)
    {
        using CliRunner cli = Runner();
        await NeedToolsAsync(cli, language);
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("init", "--lang", language, "--http", "hello")).Code);
        CliResult built = await cli.RunAsync("build", "hello");
        Assert.True(built.Code == ExitCodes.Ok, built.Out + built.Error);
        CliResult test = await cli.RunAsync("test", "hello");
        Assert.True(test.Code == ExitCodes.Ok, test.Out + test.Error);
        Assert.EndsWith("1 passed, 0 failed\n", test.Out, StringComparison.Ordinal);
        cli.Write("hello/tests/more.toml", """
            [[case]]
            request = { path = "/", headers = { accept = "text/plain" }, body = "x" }
            response = { status = 404 }

            [[case]]
            request = { path = "/" }
            response = { headers = { x-there = "no" } }

            [[case]]
            request = { method = "P O", path = "/" }

            [[case]]
            call = 'greet("Ada")'
            """);
        CliResult failing = await cli.RunAsync("test", "hello", "--filter", "more");
        Assert.All(
            ["expected status 404\n       but got  200 with the body Hello from /", "but got  no x-there", "failed: `P O http://localhost/` is no request", "exports no function `greet`"],
            text => Assert.Contains(text, failing.Out, StringComparison.Ordinal));
        using Process server = ProcessRunner.Start(cli.Folder, "dotnet", ProcessRunner.Built, "serve-http", "--addr", "127.0.0.1:0", "hello/build/hello.wasm");
        Task drain = server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            string? address = null;
            while (address is null && await server.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                address = Address().Match(line) is { Success: true } found ? found.Value : null;
            }

            using HttpClient client = new();
            Assert.StartsWith("Hello", await client.GetStringAsync(new Uri(address!), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(TestContext.Current.CancellationToken);
            await drain;
        }
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Worlds_of_others_are_copied()
    {
        using CliRunner cli = Runner();
        await NeedToolsAsync(cli, "c");
        cli.Write("plugin.wit", "package a:b;\nworld plugin { export answer: func() -> u32; }\n");
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("init", "--lang", "c", "--world", "plugin.wit", "mine")).Code);
        CliResult missing = await cli.RunAsync("build", "mine");
        Assert.Equal(ExitCodes.Failed, missing.Code);
        Assert.Contains("plugin_exports_answer", missing.Error, StringComparison.Ordinal);
        cli.Write("mine/wit/world.wit", "package a:b;\nworld plugin { export answer: func(x: stream<u8>) -> u32; }\n");
        CliResult unbound = await cli.RunAsync("build", "mine");
        Assert.Equal(ExitCodes.Failed, unbound.Code);
        Assert.Contains("stream", unbound.Error, StringComparison.Ordinal);
        cli.Write("mine/wit/world.wit", cli.Read("plugin.wit"));
        cli.Write("mine/src/mine.c", cli.Read("mine/src/mine.c") + "uint32_t plugin_exports_answer(void) { return 42; }\n");
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("build", "mine", "--write-manifest")).Code);
        Assert.Equal("42\n", (await cli.RunAsync("invoke", "mine/build/mine.wasm", "answer")).Out);
        Assert.Contains("[tools.answer]", cli.Read("mine/Component.toml"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Builds_are_incremental_and_reproducible()
    {
        using CliRunner cli = Runner(), other = Runner();
        await NeedToolsAsync(cli, "c");
        JsonElement first = await BuildAsync(cli), again = await BuildAsync(cli);
        Assert.False(first.GetProperty("up_to_date").GetBoolean());
        Assert.True(again.GetProperty("up_to_date").GetBoolean());
        JsonElement elsewhere = await BuildAsync(other), forced = await BuildAsync(cli, "--force");
        Assert.All([again, elsewhere, forced], build => Assert.Equal(first.GetProperty("sha256").GetString(), build.GetProperty("sha256").GetString()));
        Assert.False(forced.GetProperty("up_to_date").GetBoolean());
        cli.Write("greeter/src/greeter.c", cli.Read("greeter/src/greeter.c").Replace("Hello", "Hullo", StringComparison.Ordinal));
        JsonElement changed = await BuildAsync(cli);
        Assert.NotEqual(first.GetProperty("sha256").GetString(), changed.GetProperty("sha256").GetString());
        output.WriteLine($"c: {first.GetProperty("bytes").GetInt64()} bytes, {first.GetProperty("ms").GetInt64()} ms, up to date in {again.GetProperty("ms").GetInt64()} ms");
        CliResult test = await cli.RunAsync("test", "greeter");
        Assert.Equal(ExitCodes.Failed, test.Code);
        Assert.Contains("expected \"Hello, Ada!\"", test.Out, StringComparison.Ordinal);
        Assert.EndsWith("0 passed, 2 failed\n", test.Out, StringComparison.Ordinal);
        Assert.EndsWith("0 passed, 1 failed\n", (await cli.RunAsync("test", "greeter", "--filter", "alphabet")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rust")]
    [InlineData("js")]
    [InlineData("ts")]
    [InlineData("assemblyscript")]
    [Trait("Category", "Long")]
    public async Task Builds_elsewhere_give_the_same_bytes(string language)
    {
        List<string?> hashes = [];
        for (int i = 0; i < 2; i++)
        {
            using CliRunner cli = Runner();
            await NeedToolsAsync(cli, language);
            Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("init", "--lang", language, "greeter")).Code);
            CliResult result = await cli.RunAsync("build", "greeter", "--json");
            Assert.True(result.Code == ExitCodes.Ok, result.Error);
            hashes.Add(JsonDocument.Parse(result.Out).RootElement.GetProperty("sha256").GetString());
        }

        Assert.Equal(hashes[0], hashes[1]);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Errors_of_the_compiler_are_shown_and_the_old_component_stays()
    {
        using CliRunner cli = Runner();
        await NeedToolsAsync(cli, "c");
        JsonElement built = await BuildAsync(cli);
        cli.Write("greeter/src/greeter.c", "#error \"not yet\"\n");
        CliResult result = await cli.RunAsync("build", "greeter");
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.Contains("src/greeter.c:1:2: error", result.Error, StringComparison.Ordinal);
        Assert.Equal(built.GetProperty("bytes").GetInt64(), new FileInfo(Path.Combine(cli.Folder, "greeter", "build", "greeter.wasm")).Length);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task A_project_in_C_may_be_named_like_a_header()
    {
        using CliRunner cli = Runner();
        await NeedToolsAsync(cli, "c");
        await cli.RunAsync("init", "--lang", "c", "stdlib");
        CliResult result = await cli.RunAsync("build", "stdlib");
        Assert.True(result.Code == ExitCodes.Ok, result.Error);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task What_the_binary_needs_must_be_asked_for()
    {
        using CliRunner cli = Runner();
        await NeedToolsAsync(cli, "c");
        await cli.RunAsync("init", "--lang", "c", "greeter");
        cli.Write("greeter/src/greeter.c", cli.Read("greeter/src/greeter.c").Replace("#include <string.h>", "#include <stdio.h>\n#include <string.h>", StringComparison.Ordinal)
            .Replace("  // Parameters", "  puts(\"called\");\n\n  // Parameters", StringComparison.Ordinal));
        CliResult refused = await cli.RunAsync("build", "greeter");
        Assert.Equal(ExitCodes.Failed, refused.Code);
        Assert.Contains("Component.toml:2:8: error: the component needs stdio:write:**", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(cli.Folder, "greeter", "build", "greeter.wasm")));
        CliResult written = await cli.RunAsync("build", "greeter", "--write-manifest");
        Assert.True(written.Code == ExitCodes.Ok, written.Error);
        Assert.Contains("\"stdio:write:**\" = \"imports wasi:cli/stdout@", cli.Read("greeter/Component.toml"), StringComparison.Ordinal);
        Assert.Contains("up to date", (await cli.RunAsync("build", "greeter")).Out, StringComparison.Ordinal);
        cli.Write("greeter/tests/greet.toml", "[[case]]\ncall = 'greet(\"Ada\")'\nreturns = '\"Hello, Ada!\"'\nlog = [\"called\"]\n");
        CliResult test = await cli.RunAsync("test", "greeter");
        Assert.True(test.Code == ExitCodes.Ok, test.Out + test.Error);
        cli.Write("greeter/Component.toml", cli.Read("greeter/Component.toml") + "\n[limits]\nmemory = 5\n");
        Assert.Contains("`limits.memory` is a size, not an integer", (await cli.RunAsync("build", "greeter")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_is_named_with_what_to_do()
    {
        using CliRunner cli = new();
        cli.With("PATH", cli.Folder).With("HOME", cli.Folder);
        foreach (string language in new[] { "c", "js" })
        {
            await cli.RunAsync("init", "--lang", language, "in-" + language);
            CliResult result = await cli.RunAsync("build", "in-" + language);
            Assert.Equal(ExitCodes.Failed, result.Code);
            Assert.Matches(@"to build (C|JavaScript) these are missing: .* \(about \d+ MB\)\.\n    Install", result.Error);
        }

        await cli.RunAsync("init", "--lang", "go", "in-go");
        CliResult go = await cli.RunAsync("build", "in-go");
        Assert.Contains("README.md of the project has the commands", go.Error, StringComparison.Ordinal);
        CliResult none = await cli.RunAsync("build");
        Assert.Contains("holds no Component.toml", none.Error, StringComparison.Ordinal);
        CliResult language2 = await cli.RunAsync("init", "--lang", "rustt", "x");
        Assert.Equal(new CliResult(ExitCodes.Usage, "", "atoll: there is no language `rustt`. Did you mean `rust`?\n"), language2);
        CliResult twice = await cli.RunAsync("init", "--lang", "c", "in-c");
        Assert.Equal(ExitCodes.Failed, twice.Code);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Cancelling_a_build_ends_the_compiler()
    {
        using CliRunner cli = Runner();
        await NeedToolsAsync(cli, "c");
        await cli.RunAsync("init", "--lang", "c", "greeter");
        string marker = Path.Combine(cli.Folder, "greeter", "build", "obj");
        string tools = Directory.CreateDirectory(Path.Combine(cli.Folder, "bin")).FullName;
        string slow = cli.Write("bin/clang-19", $"#!/bin/sh\nif [ \"$1\" = --version ]; then echo slow; exit; fi\necho $$ > '{cli.Folder}/pid'\nsleep 600 &\nwait\n");
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("the compiler of this test is a shell script");
            return;
        }

        File.SetUnixFileMode(slow, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        cli.With("PATH", tools + ":" + Environment.GetEnvironmentVariable("PATH"));
        using CancellationTokenSource stop = new();
        cli.Cancellation = stop.Token;
        Task<CliResult> build = cli.RunAsync("build", "greeter");
        string pid = Path.Combine(cli.Folder, "pid");
        while (!build.IsCompleted && !(File.Exists(pid) && new FileInfo(pid).Length > 1))
        {
            await Task.Delay(20);
        }

        await stop.CancelAsync();
        Assert.Equal(ExitCodes.Cancelled, (await build).Code);
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(int.Parse(File.ReadAllText(pid), System.Globalization.CultureInfo.InvariantCulture)));
    }

    [GeneratedRegex(@"```sh\n(?<commands>atoll init --lang (?<language>\w+) [\s\S]*?)```")]
    private static partial Regex Block();

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Address();

    private static CliRunner Runner()
    {
        CliRunner cli = new();
        foreach (string variable in new[] { "PATH", "HOME", "WASI_SDK_PATH", "XDG_CACHE_HOME", "LOCALAPPDATA" })
        {
            cli.With(variable, Environment.GetEnvironmentVariable(variable) ?? string.Empty);
        }

        return cli;
    }

    /// <summary>Skips the test where the tools of a language are not installed; continuous integration must have them.</summary>
    private static async Task NeedToolsAsync(CliRunner cli, string language)
    {
        try
        {
            await Toolchain.Of(language)!.FindAsync(new ToolEnvironment(Environment.GetEnvironmentVariable), TestContext.Current.CancellationToken);
        }
        catch (MissingToolsException missing) when (missing.Missing.All(tool => tool.What.Contains("npm packages", StringComparison.Ordinal)))
        {
            // They are in nobody's system: the commands of the document install them.
            await cli.RunAsync("init", "--lang", language, "first");
            Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("build", "first", "--install")).Code);
        }
        catch (MissingToolsException missing) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip($"{missing.Message} {string.Join(' ', missing.Details)}");
        }
    }

    private static string[] Commands(string language)
    {
        string document = File.ReadAllText(TestRepository.PathTo("docs", "first-component.md")).ReplaceLineEndings("\n");
        return Block().Matches(document).Single(block => block.Groups["language"].Value == language).Groups["commands"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<JsonElement> BuildAsync(CliRunner cli, params string[] options)
    {
        if (!Directory.Exists(Path.Combine(cli.Folder, "greeter")))
        {
            Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("init", "--lang", "c", "greeter")).Code);
        }

        CliResult result = await cli.RunAsync(["build", "greeter", "--json", .. options]);
        Assert.True(result.Code == ExitCodes.Ok, result.Error);
        return JsonDocument.Parse(result.Out).RootElement;
    }
}
