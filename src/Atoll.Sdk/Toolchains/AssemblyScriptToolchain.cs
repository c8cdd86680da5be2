using Atoll.Sdk.Projects;

namespace Atoll.Sdk.Toolchains;

/// <summary>AssemblyScript by its own compiler.</summary>
internal sealed class AssemblyScriptToolchain : Toolchain
{
    public override string Language => "assemblyscript";

    public override GuestLanguage Bindings => GuestLanguage.AssemblyScript;

    public override IReadOnlyList<string> DefaultSources(ProjectFolder project) => ["src/index.ts"];

    public override Task<FoundTools> FindAsync(ToolEnvironment environment, CancellationToken cancellation) => NodeTools.FindAsync("AssemblyScript", environment, cancellation);

    public override async Task<byte[]> CompileAsync(CompileRequest request, ToolEnvironment environment, CancellationToken cancellation)
    {
        ProjectFolder project = request.Project;
        string output = $"{ProjectFolder.Objects}/core.wasm";
        await request.RunAsync(
            environment,
            "node",
            [
                Path.Combine(request.Tools["packages"], "node_modules", "assemblyscript", "bin", "asc.js"),
                .. request.Sources, project.Manifest.Build.ForSize ? "-Oz" : "-O3", "--runtime", "minimal", "--noColors", "-o", output,
            ],
            cancellation).ConfigureAwait(false);
        return await File.ReadAllBytesAsync(project.PathTo(output), cancellation).ConfigureAwait(false);
    }
}
