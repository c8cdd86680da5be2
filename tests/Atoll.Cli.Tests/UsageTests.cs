using Atoll.Cli.CommandLine;
using Atoll.Components;

namespace Atoll.Cli.Tests;

/// <summary>Mistakes on the command line: exit code 2, one line on standard error that says what to do.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("rum x.wasm", "there is no verb `rum`. Did you mean `run`?")]
    [InlineData("frobnicate", "there is no verb `frobnicate`. Try `atoll --help`.")]
    [InlineData("--frob", "there is no option `--frob` before the verb.")]
    [InlineData("run", "Try `atoll run --help`.")]
    [InlineData("run --max-memory lots x.wasm", "`lots` is not a size such as 64MB")]
    [InlineData("run --timeout 5 x.wasm", "`5` is not a time such as 5s")]
    [InlineData("run --timeout 0s x.wasm", "`0s` is not a time such as 5s")]
    [InlineData("run --dir ::/x x.wasm", "is not HOST::GUEST[:ro]")]
    [InlineData("run --fuel -1 x.wasm", "--fuel")]
    [InlineData("run --env =x x.wasm", "is not NAME=VALUE")]
    [InlineData("validate a.wasm b.wasm", "Try `atoll validate --help`.")]
    [InlineData("validate --frob a.wasm", "--frob")]
    [InlineData("mcp", "`atoll mcp` needs one of: add, check, schema.")]
    [InlineData("mcp add emacs", "there is no client `emacs`. Choose one of: vscode, claude, cursor.")]
    [InlineData("mcp schema frob", "there is no schema `frob`.")]
    [InlineData("completions ksh", "there is no completion script for `ksh`.")]
    [InlineData("serve --port 70000", "`70000` is not a port")]
    [InlineData("serve --log-level loud", "`loud` is not a log level")]
    [InlineData("serve --write --read-only", "exclude each other")]
    [InlineData("serve --host 0.0.0.0", "0.0.0.0")]
    [InlineData("serve --net example.org", "does not end with a port")]
    [InlineData("serve-http --addr 8080 x.wasm", "`8080` is not ADDRESS:PORT")]
    [InlineData("serve-http --net example.org x.wasm", "does not end with a port")]
    [InlineData("serve-http --net-private x.wasm", "Add --net HOST:PORT")]
    [InlineData("serve-http --listen example.org:80 x.wasm", "names no address to listen at")]
    [InlineData("serve-http --config a x.wasm", "`a` is not NAME=VALUE")]
    [InlineData("serve-http --config a*=1 x.wasm", "`a*` cannot be a name")]
    [InlineData("serve-http --kv a/b:ro x.wasm", "`a/b` cannot be the name of a bucket")]
    [InlineData("serve-http --max-concurrency 0 x.wasm", "--max-concurrency must be")]
    [InlineData("serve-http", "Try `atoll serve-http --help`.")]
    [InlineData("wat a.wat", "--output")]
    public async Task A_mistake_is_explained(string line, string expected)
    {
        using CliRunner cli = new();
        CliResult result = await cli.RunAsync(line.Split(' '));
        Assert.Equal(ExitCodes.Usage, result.Code);
        Assert.Empty(result.Out);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.StartsWith("atoll: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_is_named_and_debug_shows_where_it_was_noticed()
    {
        using CliRunner cli = new();
        CliResult result = await cli.RunAsync("validate", "gone.wasm");
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.Contains("gone.wasm does not exist", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        CliResult debug = await cli.RunAsync("validate", "gone.wasm", "--debug");
        Assert.Equal(ExitCodes.Failed, debug.Code);
        Assert.Contains("   at ", debug.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbs_for_the_sources_say_that_they_need_them()
    {
        // Elsewhere than in a clone; the test program itself is inside of one, so only the explanation is looked at.
        using CliRunner cli = new();
        CliResult result = await cli.RunAsync("bench");
        Assert.Equal(ExitCodes.Usage, result.Code);
        Assert.Contains("atoll bench --help", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.wasm --foo --help", 1)]
    [InlineData("--dir a::b x.wasm --dir", 3)]
    [InlineData("--fuel=5 x.wasm -- y", 2)]
    [InlineData("-- --odd.wasm --foo", 2)]
    [InlineData("--help", 1)]
    [InlineData("--dir a::b", 2)]
    [InlineData("--debug x.wasm a", 2)]
    public void Everything_after_the_program_belongs_to_the_guest(string line, int own)
    {
        System.CommandLine.RootCommand root = AtollCommand.BuildRoot("run");
        Assert.Equal(own, GuestArguments.CountOwn(root.Subcommands[0], line.Split(' ')));
    }

    [Theory]
    [InlineData("64MB", 64UL << 20)]
    [InlineData("64MiB", 64UL << 20)]
    [InlineData("1.5g", 3UL << 29)]
    [InlineData("65536", 65536UL)]
    [InlineData("10b", 10UL)]
    [InlineData("2kib", 2048UL)]
    public void Sizes_are_read(string text, ulong bytes)
    {
        Assert.True(Quantities.TryParseSize(text, out ulong value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MB")]
    [InlineData("-1MB")]
    [InlineData("1TB")]
    [InlineData("99999999999gb")]
    [InlineData("1,5mb")]
    public void Wrong_sizes_are_refused(string text) => Assert.False(Quantities.TryParseSize(text, out _));

    [Theory]
    [InlineData("5s", 5000)]
    [InlineData("250ms", 250)]
    [InlineData("1.5s", 1500)]
    [InlineData("2m", 120_000)]
    [InlineData("2min", 120_000)]
    [InlineData("1h", 3_600_000)]
    public void Times_are_read(string text, int milliseconds)
    {
        Assert.True(Quantities.TryParseDuration(text, out TimeSpan value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("./data::/data:ro", "./data", "/data", true)]
    [InlineData("./data::/data", "./data", "/data", false)]
    [InlineData("./data::/data:rw", "./data", "/data", false)]
    [InlineData("data", "data", "data", false)]
    [InlineData("data:ro", "data", "data", true)]
    [InlineData(@"C:\x::/x:ro", @"C:\x", "/x", true)]
    public void Folders_are_read(string text, string host, string guest, bool readOnly) =>
        Assert.Equal(new DirectoryMapping(host, guest, readOnly), DirectoryMapping.Parse(text, out _));

    [Fact]
    public async Task What_answers_no_requests_is_not_served()
    {
        using CliRunner cli = new();
        cli.Write("module.wat", "(module)");
        CliResult result = await cli.RunAsync("serve-http", "module.wat");
        Assert.Equal(ExitCodes.BadModule, result.Code);
        Assert.Contains("module.wat is no component", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Addresses_to_listen_at_are_granted_as_they_are_written() =>
        Assert.Equal(
            ["net:connect:example.org:443", "net:listen:127.0.0.1:8080", "net:listen:*:*"],
            new GuestGrants { Hosts = ["example.org:443"], Listens = ["127.0.0.1:8080", "*:*"] }.AddTo(Grants.None).Capabilities.Select(capability => capability.ToString()));
}
