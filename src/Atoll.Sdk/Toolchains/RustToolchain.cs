using Atoll.Sdk.Projects;

namespace Atoll.Sdk.Toolchains;

/// <summary>Rust by rustc alone: a component is one crate, without others.</summary>
internal sealed class RustToolchain : Toolchain
{
    // The target without a system: what it needs of the outside comes from the world alone.
    private const string Target = "wasm32-unknown-unknown";
    private static readonly string[] Linkers = ["rust-lld", "wasm-ld-14", "wasm-ld-15", "wasm-ld-16", "wasm-ld-17", "wasm-ld-18", "wasm-ld-19", "wasm-ld"];

    public override string Language => "rust";

    public override GuestLanguage Bindings => GuestLanguage.Rust;

    public override IReadOnlyList<string> DefaultSources(ProjectFolder project) => ["src/lib.rs"];

    public override async Task<FoundTools> FindAsync(ToolEnvironment environment, CancellationToken cancellation)
    {
        // rustup's compiler stands before the system's on PATH, and each has targets of its own.
        foreach (string rustc in new[] { environment.Find("rustc"), "/usr/bin/rustc" }.OfType<string>().Where(File.Exists).Distinct())
        {
            ToolOutput libraries = await environment.RunAsync(rustc, ["--print", "target-libdir", "--target", Target], Path.GetTempPath(), cancellation).ConfigureAwait(false);
            string folder = libraries.Output.Trim();
            if (libraries.ExitCode == 0 && Directory.Exists(folder) && Directory.EnumerateFiles(folder, "libcore-*").Any() && Linker(environment, folder) is { } linker)
            {
                string version = await VersionAsync(environment, rustc, cancellation).ConfigureAwait(false);
                return new FoundTools(version, new Dictionary<string, string> { ["rustc"] = rustc, ["linker"] = linker });
            }
        }

        throw new MissingToolsException("Rust", [Missing(environment)]);
    }

    public override async Task<byte[]> CompileAsync(CompileRequest request, ToolEnvironment environment, CancellationToken cancellation)
    {
        ProjectFolder project = request.Project;
        string output = $"{ProjectFolder.Objects}/core.wasm";
        await request.RunAsync(
            environment,
            "rustc",
            [
                "--edition=2021", "--crate-type=cdylib", "--crate-name=component", $"--target={Target}", "-C", project.Manifest.Build.ForSize ? "opt-level=z" : "opt-level=3", "-C", "lto=fat",
                "-C", "codegen-units=1", "-C", "panic=abort", "-C", "strip=symbols", "-C", $"linker={request.Tools["linker"]}", $"--remap-path-prefix={project.Root}=.", "--color=never",
                "-o", output, request.Sources[0],
            ],
            cancellation).ConfigureAwait(false);
        return await File.ReadAllBytesAsync(project.PathTo(output), cancellation).ConfigureAwait(false);
    }

    private static MissingTool Missing(ToolEnvironment environment) =>
        environment.Find("rustup") is { } rustup
            ? new MissingTool($"the target {Target} of rustc", "about 25 MB", [[rustup, "target", "add", Target]], $"Run: rustup target add {Target}")
            : Apt(
                environment,
                $"rustc with the target {Target}",
                "about 130 MB",
                $"Install Rust (https://rustup.rs), then run: rustup target add {Target}",
                "rustc", "libstd-rust-dev-wasm32", "lld-14");

    /// <summary>rustup brings its own linker, which rustc finds by name; distributions leave that to LLVM's packages.</summary>
    private static string? Linker(ToolEnvironment environment, string targetFolder)
    {
        // …/lib/rustlib/wasm32-unknown-unknown/lib → …/lib/rustlib/HOST/bin/rust-lld
        DirectoryInfo? targets = Directory.GetParent(targetFolder)?.Parent;
        bool isBundled = targets?.EnumerateDirectories().Any(host => File.Exists(Path.Combine(host.FullName, "bin", OperatingSystem.IsWindows() ? "rust-lld.exe" : "rust-lld"))) ?? false;
        return isBundled ? "rust-lld" : Linkers.Skip(1).FirstOrDefault(name => environment.Find(name) is not null);
    }
}
