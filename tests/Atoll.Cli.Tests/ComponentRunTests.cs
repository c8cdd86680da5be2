using System.Text.Json;

namespace Atoll.Cli.Tests;

/// <summary><c>atoll run</c> of components.</summary>
public sealed class ComponentRunTests
{
    [Fact]
    public async Task A_component_reads_a_granted_folder_and_writes_its_answer()
    {
        using CliRunner cli = new();
        byte[] program = await File.ReadAllBytesAsync(Sample("c-cmd.component.wasm"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(cli.Folder, "c.wasm"), program, TestContext.Current.CancellationToken);
        cli.Write("data/in.txt", "12345");
        CliResult result = await cli.RunAsync("run", "--dir", "data::.", "--env", "HOME=/here", "--stats", "--json", "c.wasm", "in.txt", "none");
        Assert.Equal(0, result.Code);
        Assert.Contains("\"in.txt\":[5,5]", result.Out, StringComparison.Ordinal);
        Assert.Contains("\"home\":\"/here\",\"clock\":1", result.Out, StringComparison.Ordinal);
        Assert.EndsWith("\ndone\n", result.Error, StringComparison.Ordinal);
        Assert.True(JsonDocument.Parse(result.Error.Split('\n')[0]).RootElement.GetProperty("peakMemoryBytes").GetInt64() > 65535);

        string first = (await cli.RunAsync("run", "--deterministic", "c.wasm")).Out;
        Assert.Equal(first, (await cli.RunAsync("run", "--deterministic", "c.wasm")).Out);
        Assert.Equal(ExitCodes.Limit, (await cli.RunAsync("run", "--fuel", "100", "c.wasm")).Code);
    }

    [Fact]
    public async Task What_was_denied_is_said_when_a_component_fails()
    {
        using CliRunner cli = new();
        byte[] program = await File.ReadAllBytesAsync(Sample("c-cmd.component.wasm"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(cli.Folder, "c.wasm"), program, TestContext.Current.CancellationToken);
        cli.Write("data/in.txt", "12345");
        CliResult result = await cli.RunAsync("run", "--dir", "data::.:ro", "c.wasm", "a", "b", "c", "d", "e");
        Assert.Equal(1, result.Code);
        Assert.Contains("note: the guest asked for fs:write:/out.txt, which was not granted.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_library_is_refused_with_what_it_exports()
    {
        using CliRunner cli = new();
        byte[] library = await File.ReadAllBytesAsync(Sample("c-pure.component.wasm"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(cli.Folder, "lib.wasm"), library, TestContext.Current.CancellationToken);
        CliResult result = await cli.RunAsync("run", "lib.wasm");
        Assert.Equal(ExitCodes.BadModule, result.Code);
        Assert.Contains("lib.wasm exports no `wasi:cli/run@0.2.x`, so it is no program. It exports demo:guest/api@0.1.0", result.Error, StringComparison.Ordinal);
        Assert.Contains("atoll invoke lib.wasm", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_component_in_text_form_runs_and_is_called_and_inspected()
    {
        using CliRunner cli = new();
        cli.Write("c.wat", """
            (; the text says that it is a component, not the name ;)
            (component
              (core module $m (func (export "run") (result i32) (i32.const 1)) (func (export "answer") (result i32) (i32.const 42)))
              (core instance $i (instantiate $m))
              (func $run (result (result)) (canon lift (core func $i "run")))
              (instance $run (export "run" (func $run)))
              (export "wasi:cli/run@0.2.0" (instance $run))
              (func (export "answer") (result u32) (canon lift (core func $i "answer"))))
            """);
        Assert.Equal(1, (await cli.RunAsync("run", "c.wat")).Code);
        CliResult called = await cli.RunAsync("invoke", "c.wat", "answer");
        Assert.Equal((0, "42\n"), (called.Code, called.Out.ReplaceLineEndings("\n")));
        CliResult inspected = await cli.RunAsync("inspect", "c.wat");
        Assert.Equal(0, inspected.Code);
        Assert.StartsWith("c.wat: component, ", inspected.Out, StringComparison.Ordinal);
        Assert.Contains("answer: func() -> u32", inspected.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await cli.RunAsync("wat", "c.wat", "-o", "c.wasm")).Code);
        Assert.Equal("42\n", (await cli.RunAsync("invoke", "c.wasm", "answer")).Out.ReplaceLineEndings("\n"));

        cli.Write("bad.wat", "(component\n  (core modul))");
        foreach (string verb in (string[])["run", "inspect", "wat"])
        {
            CliResult bad = await cli.RunAsync(verb == "wat" ? ["wat", "bad.wat", "-o", "bad.wasm"] : [verb, "bad.wat"]);
            Assert.Equal(ExitCodes.BadModule, bad.Code);
            Assert.StartsWith("atoll: bad.wat: malformed: ", bad.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_broken_component_is_malformed()
    {
        using CliRunner cli = new();
        await File.WriteAllBytesAsync(Path.Combine(cli.Folder, "bad.wasm"), "\0asm\x0d\0\x01\0\xff"u8.ToArray(), TestContext.Current.CancellationToken);
        CliResult result = await cli.RunAsync("run", "bad.wasm");
        Assert.Equal(ExitCodes.BadModule, result.Code);
        Assert.StartsWith("atoll: bad.wasm: malformed: ", result.Error, StringComparison.Ordinal);
    }

    private static string Sample(string name)
    {
        string? data = Environment.GetEnvironmentVariable("ATOLL_CONFORMANCE");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); data is null && folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
            {
                data = Path.Combine(folder.FullName, "..", "shared", "conformance");
            }
        }

        string path = Path.Combine(data!, "..", "guests", "wasm", name);
        Assert.SkipWhen(!File.Exists(path) && Environment.GetEnvironmentVariable("CI") != "true", "sample components not found: put them at ../shared/guests");
        return path;
    }
}
