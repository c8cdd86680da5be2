using System.Text;
using System.Text.Json;
using Atoll.Cli.Verbs.Projects;
using Atoll.Components;
using Atoll.Components.Text;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toml;
using Atoll.Wasm;

namespace Atoll.Cli.Tests;

/// <summary>The platform's own interfaces, for components that the command runs.</summary>
public sealed class PlatformTests
{
    [Fact]
    public async Task What_a_component_logs_goes_to_standard_error()
    {
        using CliRunner cli = WithComponent();
        Assert.Equal(new CliResult(0, "", "warn guest: hello from the guest\n"), await cli.RunAsync("invoke", "p.wasm", "greet"));
        Assert.Equal(new CliResult(0, "\"\"\n", ""), await cli.RunAsync("invoke", "p.wasm", "whose"));
    }

    [Fact]
    public async Task Inspect_says_what_a_component_needs()
    {
        using CliRunner cli = WithComponent();
        string text = (await cli.RunAsync("inspect", "p.wasm")).Out;
        Assert.Contains("log:write:**", text, StringComparison.Ordinal);
        Assert.Contains("context:read:**", text, StringComparison.Ordinal);
        Assert.Contains("p_greet", text, StringComparison.Ordinal);
        Assert.DoesNotContain("which the server does not have", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wit_of_the_host_can_be_printed_and_vendored()
    {
        using CliRunner cli = new();
        string stable = (await cli.RunAsync("wit", "print", "atoll:platform")).Out;
        Assert.Contains("interface logging", stable, StringComparison.Ordinal);
        Assert.DoesNotContain("interface messaging", stable, StringComparison.Ordinal);
        Assert.Contains("interface messaging", (await cli.RunAsync("wit", "print", "atoll:platform@0.1.0", "--feature", "*")).Out, StringComparison.Ordinal);

        CliResult vendored = await cli.RunAsync("wit", "vendor", "atoll:platform", "--json");
        Assert.Equal("atoll:platform@0.1.0", JsonElement.Parse(vendored.Out).GetProperty("package").GetString());
        cli.Write("wit/world.wit", "package my:tool;\nworld my-tool { include atoll:platform/tool@0.1.0; export run: func(); }\n");
        Assert.Contains("import atoll:platform/key-value@0.1.0;", (await cli.RunAsync("wit", "print", "wit")).Out, StringComparison.Ordinal);
        Assert.Contains("api/deps/wasi-io/io.wit\n", (await cli.RunAsync("wit", "vendor", "wasi:io@0.2.12", "api")).Out, StringComparison.Ordinal);

        CliResult unknown = await cli.RunAsync("wit", "vendor", "wasi:nothing");
        Assert.Equal(ExitCodes.Usage, unknown.Code);
        Assert.Contains("there is no package `wasi:nothing`; there are atoll:platform@0.1.0, wasi:cli@0.2.12", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_name_is_refused()
    {
        using CliRunner cli = WithComponent();
        CliResult result = await cli.RunAsync("invoke", "--resolve", "a:53", "p.wasm", "greet");
        Assert.Equal(ExitCodes.Usage, result.Code);
        Assert.Contains("--resolve: 'a:53' is no name", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tests_of_a_project_set_up_the_mock_host()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        TestFile file = Read($"""
            [mock]
            logging = "info"
            clock = 2026-01-01T00:00:00Z
            context.trace-id = "{Trace}"
            expect = [{"{"} function = "logging.log", contains = "hello" {"}"}]

            [[case]]
            call = "greet()"

            [[case]]
            call = "whose()"
            returns = '"{Trace}"'
            """);
        Component component = Component.Load(new WasmEngine(), Bytes());
        TestOutcome[] outcomes = [.. new TestRun(component, test => TestHost.Make(component, test, CancellationToken.None)).Run([file], null, CancellationToken.None)];
        Assert.Null(outcomes[0].Problem);
        Assert.StartsWith("logging.log with `hello` should be called once, and was called 0 times", outcomes[1].Problem, StringComparison.Ordinal);

        TestFile wrong = Read("mock.loging = \"info\"\n[[case]]\ncall = \"greet()\"\n");
        Assert.Contains("loging", Assert.Throws<DiagnosticException>(() => TestHost.Make(component, wrong, CancellationToken.None)).Message, StringComparison.Ordinal);

        static TestFile Read(string text) => TestFile.Read("tests/a.toml", Encoding.UTF8.GetBytes(text));
    }

    private static CliRunner WithComponent()
    {
        CliRunner cli = new();
        File.WriteAllBytes(Path.Combine(cli.Folder, "p.wasm"), Bytes());
        return cli;
    }

    private static byte[] Bytes()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
        {
            folder = folder.Parent!;
        }

        return ComponentText.Assemble(File.ReadAllText(Path.Combine(folder.FullName, "tests", "data", "platform.wat")));
    }
}
