using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Atoll.Wasm.Caching;

/// <summary>Adds machine code to compiled modules with crossgen2, .NET's own ahead-of-time compiler.</summary>
/// <remarks>
/// crossgen2 comes as a package, <c>microsoft.netcore.app.crossgen2.(system)</c>; publishing any program with <c>PublishReadyToRun</c> restores it. It
/// compiles for the processor of this machine. Only engines with <see cref="CodeLifetime.Pinned"/> use what it makes.
/// </remarks>
public sealed class AheadOfTimeCompiler
{
    private AheadOfTimeCompiler(string path, string version)
    {
        Path = path;
        Version = version;
    }

    /// <summary>The program.</summary>
    public string Path { get; }

    /// <summary>Its name and version, for people and for <see cref="CacheEntry.Tool"/>.</summary>
    public string Version { get; }

    /// <summary>Takes a given program, or looks in the folder of packages for one that fits this runtime: its own version, or the newest of the same line.</summary>
    /// <param name="path">The program, or null to look for one.</param>
    /// <param name="packages">The folder of packages, or null for the current user's.</param>
    /// <returns>The compiler; null when there is none.</returns>
    public static AheadOfTimeCompiler? Find(string? path = null, string? packages = null)
    {
        if (path is not null)
        {
            return File.Exists(path) ? new AheadOfTimeCompiler(System.IO.Path.GetFullPath(path), $"crossgen2 {FileVersionInfo.GetVersionInfo(path).FileVersion}".Trim()) : null;
        }

        packages ??= Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder ? folder
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string package = System.IO.Path.Combine(packages, $"microsoft.netcore.app.crossgen2.{PortableIdentifier()}");
        if (!Directory.Exists(package))
        {
            return null;
        }

        Version runtime = Environment.Version;
        return Directory.EnumerateDirectories(package)
            .Select(version => (Program: System.IO.Path.Combine(version, "tools", OperatingSystem.IsWindows() ? "crossgen2.exe" : "crossgen2"), Version: Parse(version)))
            .Where(found => found.Version is { } version && version.Major == runtime.Major && version.Minor == runtime.Minor && File.Exists(found.Program))
            .OrderBy(found => found.Version == runtime ? 0 : 1)
            .ThenByDescending(found => found.Version)
            .Select(found => new AheadOfTimeCompiler(found.Program, $"crossgen2 {found.Version}"))
            .FirstOrDefault();
    }

    /// <summary>Adds machine code to the images of a module.</summary>
    /// <param name="code">The module's code.</param>
    /// <param name="progress">Is told how many images are done, from any thread.</param>
    /// <param name="cancellationToken">Ends the compiler.</param>
    /// <returns>The images in the same order.</returns>
    /// <exception cref="InvalidOperationException">The compiler failed; the message has its last words.</exception>
    /// <exception cref="IOException">The images cannot be written or read.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> CompileAsync(ModuleCode code, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(code);
        string engine = typeof(WasmEngine).Assembly.Location;
        string runtime = typeof(object).Assembly.Location;
        if (engine.Length == 0 || runtime.Length == 0)
        {
            throw new InvalidOperationException("machine code can only be made by a program whose assemblies are files");
        }

        // For this user alone, as is everything that is going to run.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("atoll-");
        try
        {
            string input = folder.CreateSubdirectory("in").FullName;
            string output = folder.CreateSubdirectory("out").FullName;
            for (int i = 0; i < code.Images.Length; i++)
            {
                await File.WriteAllBytesAsync(System.IO.Path.Combine(input, NameOf(i)), code.Images[i], cancellationToken).ConfigureAwait(false);
            }

            // A process for each: crossgen2 takes several inputs only to make one file of them.
            ReadOnlyMemory<byte>[] images = new ReadOnlyMemory<byte>[code.Images.Length];
            int done = 0;
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, images.Length, parallel, async (i, cancellation) =>
            {
                string arguments = System.IO.Path.Combine(folder.FullName, $"{i}.rsp");
                string made = System.IO.Path.Combine(output, NameOf(i));
                await File.WriteAllLinesAsync(arguments, Arguments(input, i, made, engine, runtime), cancellation).ConfigureAwait(false);
                await RunAsync(arguments, folder.FullName, cancellation).ConfigureAwait(false);
                images[i] = await File.ReadAllBytesAsync(made, cancellation).ConfigureAwait(false);
                progress?.Report(Interlocked.Increment(ref done));
            }).ConfigureAwait(false);
            return images;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string NameOf(int image) => image == 0 ? "Atoll.Generated.dll" : $"Atoll.Generated.{image - 1}.dll";

    /// <summary>
    /// One bubble with the engine: its helpers are inlined, and offsets of its fields are known. That holds only with this very build of the engine, which the
    /// key of an entry names.
    /// </summary>
    private static IEnumerable<string> Arguments(string input, int image, string output, string engine, string runtime) =>
    [
        System.IO.Path.Combine(input, NameOf(image)),
        "--out", output,
        "--reference", System.IO.Path.Combine(System.IO.Path.GetDirectoryName(runtime)!, "*.dll"),
        "--reference", engine,
        "--inputbubble",
        "--inputbubbleref", engine,
        .. image == 0 ? Array.Empty<string>() : ["--reference", System.IO.Path.Combine(input, NameOf(0)), "--inputbubbleref", System.IO.Path.Combine(input, NameOf(0))],
        "--targetos", OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "osx" : "linux",
        "--targetarch", RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
        "--instruction-set", "native",
        "--optimize",
    ];

    private async Task RunAsync(string arguments, string folder, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(Path, [$"@{arguments}"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{Path} cannot be started");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
        {
            string text = $"{await output.ConfigureAwait(false)}{await errors.ConfigureAwait(false)}".Trim();
            string last = string.Join('\n', text.Split('\n').TakeLast(5));
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{Path} ended with code {process.ExitCode}: {last}"));
        }
    }

    private static string PortableIdentifier()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "linux-musl" : "linux";
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }

    private static Version? Parse(string folder) => System.Version.TryParse(System.IO.Path.GetFileName(folder), out Version? version) ? version : null;
}
