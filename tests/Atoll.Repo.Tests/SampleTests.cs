using System.Diagnostics;
using System.IO.Compression;

namespace Atoll.Repo.Tests;

/// <summary>The sample and the template, built in empty folders from the packages, as a user would.</summary>
[Trait("Category", "Long")]
[Collection(nameof(PackedCollection))]
public sealed class SampleTests(PackedFixture packed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void The_bindings_package_is_an_analyzer_with_its_targets()
    {
        using ZipArchive package = ZipFile.OpenRead(packed.Find("Atoll.Bindings", ".nupkg"));
        string[] files = [.. package.Entries.Select(entry => entry.FullName)];
        Assert.Contains("analyzers/dotnet/cs/Atoll.Bindings.dll", files);
        Assert.Contains("build/Atoll.Bindings.props", files);
        Assert.Contains("build/Atoll.Bindings.targets", files);
        Assert.Contains("README.md", files);
        Assert.DoesNotContain(files, file => file.StartsWith("lib/", StringComparison.Ordinal));
        Assert.Equal("Apache-2.0", PackedFixture.Value(PackedFixture.Metadata(package), "license"));
    }

    [Fact]
    public async Task The_plugin_host_is_built_from_packages_and_replaces_its_plugin()
    {
        string folder = Path.Combine(packed.Folder, "plugin-host");
        Copy("samples/plugin-host/", folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "nuget.config"), Sources());
        string project = Path.Combine(folder, "PluginHost.csproj");
        await File.WriteAllTextAsync(project, (await File.ReadAllTextAsync(project)).Replace("\"0.1.0\"", $"\"[{packed.Version}]\""));
        await packed.DotnetAsync(folder, "build", "-c", "Release", "-o", "out", "-warnaserror");

        string plugin = Path.Combine(folder, "plugins", "active.wasm");
        File.Copy(Path.Combine(folder, "plugins", "shout.wasm"), plugin);
        using Process process = Process.Start(packed.Isolated(folder, "dotnet", Path.Combine("out", "PluginHost.dll"), plugin))!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync();
            Assert.Equal("HELLO", await AskAsync(process, "Hello"));
            Assert.Equal("refused: the text is empty", await AskAsync(process, ""));

            // A file that is no component changes nothing.
            Replace(plugin, "not a component"u8.ToArray());
            Assert.Equal("HELLO", await AskAsync(process, "Hello"));
            Replace(plugin, await File.ReadAllBytesAsync(Path.Combine(folder, "plugins", "whisper.wasm")));
            Stopwatch watch = Stopwatch.StartNew();
            while (await AskAsync(process, "Hello") != "hello")
            {
                Assert.True(watch.Elapsed < Patience, "the plug-in was not replaced");
                await Task.Delay(50);
            }

            process.StandardInput.Close();
            await process.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(0, process.ExitCode);
            Assert.Contains("now `whisper`; the old plug-in is unloaded", await errors);
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public async Task The_template_makes_a_program_that_runs()
    {
        string hive = Path.Combine(packed.Folder, "hive"), folder = Path.Combine(packed.Folder, "MyHost");
        Directory.CreateDirectory(folder);
        await packed.DotnetAsync(packed.Folder, "new", "install", packed.Find("Atoll.Templates", ".nupkg"), "--debug:custom-hive", hive);
        await packed.DotnetAsync(packed.Folder, "new", "atoll-host", "-o", folder, "--debug:custom-hive", hive);
        await File.WriteAllTextAsync(Path.Combine(folder, "nuget.config"), Sources());
        Assert.True(File.Exists(Path.Combine(folder, "MyHost.csproj")));
        Assert.Equal("HELLO\nWORLD\n", await packed.DotnetAsync(folder, "run", "-c", "Release", "--", "hello", "World"));
    }

    private string Sources() => $"""
        <configuration><packageSources><add key="atoll" value="{packed.Packages}" /></packageSources></configuration>
        """;

    private static void Copy(string prefix, string folder)
    {
        foreach (string file in RepositoryFiles.All.Where(file => file.StartsWith(prefix, StringComparison.Ordinal)))
        {
            string target = Path.Combine(folder, file[prefix.Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(RepositoryFiles.FullPath(file), target);
        }
    }

    /// <summary>In one step, so that the program never sees half a file.</summary>
    private static void Replace(string file, byte[] bytes)
    {
        File.WriteAllBytes(file + ".new", bytes);
        File.Move(file + ".new", file, overwrite: true);
    }

    private static async Task<string?> AskAsync(Process process, string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
        return await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
    }
}
