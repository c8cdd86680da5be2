using Atoll.Sdk.Projects;

namespace Atoll.Sdk.Toolchains;

/// <summary>C by clang, with wasi-libc.</summary>
internal sealed class CToolchain : Toolchain
{
    private const int OldestVersion = 15;
    private const int NewestVersion = 22;

    public override string Language => "c";

    public override GuestLanguage Bindings => GuestLanguage.C;

    public override IReadOnlyList<string> DefaultSources(ProjectFolder project) => project.FilesIn("src", ".c");

    public override async Task<FoundTools> FindAsync(ToolEnvironment environment, CancellationToken cancellation)
    {
        // A WASI SDK is whole; a system's clang needs the library of the system.
        if (environment.Variable("WASI_SDK_PATH") is { } sdk && File.Exists(Path.Combine(sdk, "bin", "clang")) && Directory.Exists(Path.Combine(sdk, "share", "wasi-sysroot")))
        {
            return await FoundAsync(environment, Path.Combine(sdk, "bin", "clang"), Path.Combine(sdk, "share", "wasi-sysroot"), cancellation).ConfigureAwait(false);
        }

        for (int version = NewestVersion; version >= OldestVersion; version--)
        {
            if (environment.Find($"clang-{version}") is { } clang && HasLinker(environment, version) && HasLibrary(version))
            {
                return await FoundAsync(environment, clang, "/usr", cancellation).ConfigureAwait(false);
            }
        }

        throw new MissingToolsException(
            "C",
            [
                Apt(
                    environment,
                    "clang 19 with the linker and the C library for WebAssembly",
                    "about 150 MB",
                    "Install the WASI SDK (https://github.com/WebAssembly/wasi-sdk) and set WASI_SDK_PATH to its folder.",
                    "clang-19", "lld-19", "llvm-19", "wasi-libc", "libclang-rt-19-dev-wasm32"),
            ]);
    }

    public override async Task<byte[]> CompileAsync(CompileRequest request, ToolEnvironment environment, CancellationToken cancellation)
    {
        ProjectFolder project = request.Project;
        string output = $"{ProjectFolder.Objects}/core.wasm";
        await request.RunAsync(
            environment,
            "clang",
            [
                "--target=wasm32-wasi", $"--sysroot={request.Tools["sysroot"]}", "-mexec-model=reactor", "-std=c17", project.Manifest.Build.ForSize ? "-Oz" : "-O2", "-g0",
                "-Wall", "-Wextra", $"-ffile-prefix-map={project.Root}=.",
                // Not -I: the bindings of a world called `string` are no <string.h>.
                "-iquote", ProjectFolder.Bindings, "-Isrc",
                .. request.Sources, .. project.FilesIn(ProjectFolder.Bindings, ".c", ".s"), "-o", output, "-Wl,--strip-all", "-Wl,--gc-sections",
            ],
            cancellation).ConfigureAwait(false);
        return await File.ReadAllBytesAsync(project.PathTo(output), cancellation).ConfigureAwait(false);
    }

    private static async Task<FoundTools> FoundAsync(ToolEnvironment environment, string clang, string sysroot, CancellationToken cancellation)
    {
        string version = await VersionAsync(environment, clang, cancellation).ConfigureAwait(false);
        return new FoundTools(version, new Dictionary<string, string> { ["clang"] = clang, ["sysroot"] = sysroot });
    }

    // clang runs the linker that stands beside it, or the one on PATH.
    private static bool HasLinker(ToolEnvironment environment, int version) =>
        environment.Find("wasm-ld") is not null || environment.Find($"wasm-ld-{version}") is not null || File.Exists($"/usr/lib/llvm-{version}/bin/wasm-ld");

    private static bool HasLibrary(int version) =>
        File.Exists("/usr/include/wasm32-wasi/stdlib.h") && Directory.Exists($"/usr/lib/llvm-{version}/lib/clang/{version}/lib")
        && Directory.EnumerateFiles($"/usr/lib/llvm-{version}/lib/clang/{version}/lib", "libclang_rt.builtins*wasm32*.a", SearchOption.AllDirectories).Any();
}
