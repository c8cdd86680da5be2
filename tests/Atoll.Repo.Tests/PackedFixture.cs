using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;

namespace Atoll.Repo.Tests;

/// <summary>Tests on the packages follow each other: they share one folder and one cache.</summary>
[CollectionDefinition(nameof(PackedCollection))]
public sealed class PackedCollection : ICollectionFixture<PackedFixture>;

/// <summary>The packages, made once for all tests that need them.</summary>
public sealed class PackedFixture : IAsyncLifetime
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("atoll-packages-").FullName;

    public string Packages => Path.Combine(Folder, "packages");

    public string Version { get; private set; } = string.Empty;

    public async ValueTask InitializeAsync()
    {
        string launcher = RepositoryFiles.FullPath(OperatingSystem.IsWindows() ? "atoll.cmd" : "atoll");
        await RunAsync(RepositoryFiles.Root, launcher, ["pack", "--output", Packages], isolated: false);
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(Packages, "Atoll.Wasm.*.nupkg").Single(file => char.IsAsciiDigit(Path.GetFileName(file)["Atoll.Wasm.".Length])));
        Version = Value(Metadata(package), "version");
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    public string Find(string package, string extension) => Path.Combine(Packages, $"{package}.{Version}{extension}");

    public Task<string> DotnetAsync(string folder, params string[] arguments) => RunAsync(folder, "dotnet", arguments, isolated: true);

    public Task<string> StartAsync(string folder, string program, params string[] arguments) => RunAsync(folder, program, arguments, isolated: true);

    /// <summary>How a program is started that finds its packages in the folder of the tests alone.</summary>
    public ProcessStartInfo Isolated(string folder, string program, params string[] arguments)
    {
        ProcessStartInfo start = Start(folder, program, arguments);
        start.Environment["NUGET_PACKAGES"] = Path.Combine(Folder, "cache");
        return start;
    }

    private static ProcessStartInfo Start(string folder, string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };

        // Build servers would outlive the test and hold its folder.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        return start;
    }

    private async Task<string> RunAsync(string folder, string program, string[] arguments, bool isolated)
    {
        using Process process = Process.Start(isolated ? Isolated(folder, program, arguments) : Start(folder, program, arguments))!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        string text = await output;
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{text}\n{await error}");
        return text;
    }

    public static XElement Metadata(ZipArchive package)
    {
        using Stream stream = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    public static string Value(XElement metadata, string name) =>
        metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value ?? string.Empty;
}
