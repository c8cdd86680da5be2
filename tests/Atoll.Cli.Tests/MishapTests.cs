namespace Atoll.Cli.Tests;

/// <summary>What goes wrong around the command: files that are none, outputs that take nothing, folders that are gone. One line says so, and no stack trace.</summary>
public sealed class MishapTests
{
    private const string Module = "(module (func (export \"_start\")))";

    [Theory]
    [InlineData("version >/dev/full", 1, "atoll: standard output cannot be written: ")]
    [InlineData("version >&-", 1, "atoll: standard output cannot be written: ")]
    [InlineData("run gone.wasm 2>/dev/full", 1, "")]
    [InlineData("run gone.wasm 2>&-", 1, "")]
    [InlineData("print module.wat -o link", 1, "link cannot be written: ")]
    public async Task An_output_that_takes_nothing_is_an_error(string line, int code, string expected)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        using CliRunner folder = new();
        folder.Write("module.wat", Module);
        File.CreateSymbolicLink(Path.Combine(folder.Folder, "link"), "/dev/full");
        CliResult result = await ProcessRunner.RunAsync(folder.Folder, "sh", "-c", $"dotnet '{ProcessRunner.Built}' {line}");
        Assert.Equal((code, string.Empty), (result.Code, result.Out));
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Equal("/dev/full", File.ResolveLinkTarget(Path.Combine(folder.Folder, "link"), returnFinalTarget: false)!.FullName);
    }

    [Fact]
    public async Task A_folder_that_is_gone_is_no_fault_of_Atoll()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a folder that is in use cannot be removed");
        using CliRunner folder = new();
        CliResult result = await ProcessRunner.RunAsync(folder.Folder, "sh", "-c", $"mkdir gone && cd gone && rmdir ../gone && dotnet '{ProcessRunner.Built}' version");
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.Contains("atoll: the folder that this was started in is gone", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_next_can_be_typed_in_a_clone_too()
    {
        using CliRunner cli = new();
        Assert.EndsWith("\nNext: cd first && atoll test\n", (await cli.RunAsync("init", "--lang", "c", "first")).Out, StringComparison.Ordinal);
        cli.With("ATOLL_REPOSITORY", cli.Folder);
        Assert.EndsWith($"\nNext: cd second && {Path.Combine("..", "atoll")} test\n", (await cli.RunAsync("init", "--lang", "c", "second")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_link_leads_to_is_written_and_the_link_stays()
    {
        using CliRunner cli = new();
        cli.Write("module.wat", Module);
        cli.Write("target.wat", "old");
        File.CreateSymbolicLink(Path.Combine(cli.Folder, "link.wat"), "target.wat");
        Assert.Equal(new CliResult(0, "", ""), await cli.RunAsync("print", "module.wat", "-o", "link.wat"));
        Assert.StartsWith("(module", cli.Read("target.wat"), StringComparison.Ordinal);
        Assert.Equal("target.wat", new FileInfo(Path.Combine(cli.Folder, "link.wat")).LinkTarget);
        Assert.Equal(3, Directory.GetFiles(cli.Folder).Length);
    }

    [Fact]
    public async Task Below_the_devices_there_are_files_in_shared_memory()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "there is no /dev/shm");
        string path = $"/dev/shm/atoll-test-{Guid.NewGuid():N}.wat";
        try
        {
            using CliRunner cli = new();
            cli.Write("module.wat", Module);
            Assert.Equal(new CliResult(0, "", ""), await cli.RunAsync("print", "module.wat", "-o", path));
            Assert.StartsWith("(module", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("print module.wat -o folder", 1, "folder cannot be written: it is a folder. Name a file.")]
    [InlineData("print module.wat -o gone/x.wat", 1, "gone does not exist. Make it first, or correct the path.")]
    [InlineData("wat module.wasm -o x.wasm", 3, "module.wasm is in binary form already.")]
    [InlineData("wat module.wat -o ./module.wat", 2, "--output is module.wat itself, which would be gone. Name another file.")]
    [InlineData("component exact-integers component.wasm -o x.wasm", 1, "component.wasm: the component holds no QuickJS")]
    [InlineData("wit check dangling.wit", 1, "dangling.wit does not exist. Check the path")]
    [InlineData("mcp check folder", 1, "folder is a folder. Name the files")]
    [InlineData("mcp check gone.json", 1, "gone.json does not exist. Check the path.")]
    [InlineData("wast folder", 1, "there is no script (.wast) in the folder folder.")]
    [InlineData("run --fuel 99999999999999999999 module.wat", 2, "`99999999999999999999` is no whole number from 0 to 18446744073709551615, which --fuel takes.")]
    [InlineData("init --lang js --probe x", 1, "there is no --probe for js; there is for c and rust.")]
    [InlineData("init --lang c --world gone.wit x", 1, "--world: gone.wit does not exist. Check the path")]
    [InlineData("run --env  module.wat", 2, "`` is not NAME=VALUE.")]
    [InlineData("run ", 2, "the path of the file is empty.")]
    public async Task What_is_wrong_is_said_with_what_to_do(string line, int code, string expected)
    {
        using CliRunner cli = new();
        cli.Write("module.wat", Module);
        cli.Write("component.wat", "(component)");
        Directory.CreateDirectory(Path.Combine(cli.Folder, "folder"));
        File.CreateSymbolicLink(Path.Combine(cli.Folder, "dangling.wit"), "nowhere");
        foreach (string name in new[] { "module", "component" })
        {
            Assert.Equal(0, (await cli.RunAsync("wat", name + ".wat", "-o", name + ".wasm")).Code);
        }

        CliResult result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((code, string.Empty), (result.Code, result.Out));
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.StartsWith("atoll: ", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }
}
