using Atoll.Sdk.Projects;

namespace Atoll.Sdk.Toolchains;

/// <summary>AssemblyScript by its own compiler.</summary>
internal sealed class AssemblyScriptToolchain : Toolchain
{
    public override string Language => "assemblyscript";

    public override GuestLanguage Bindings => GuestLanguage.AssemblyScript;

    public override IReadOnlyList<string> DefaultSources(ProjectFolder project) => ["src/guest.ts"];

    public override Task<FoundTools> FindAsync(ToolEnvironment environment, CancellationToken cancellation) => NodeTools.FindAsync("AssemblyScript", environment, cancellation);

    public override async Task<byte[]> CompileAsync(CompileRequest request, ToolEnvironment environment, CancellationToken cancellation)
    {
        ProjectFolder project = request.Project;
        string output = $"{ProjectFolder.Objects}/core.wasm", folder = $"{ProjectFolder.Objects}/as";

        // The compiler resolves `./guest` and the bindings beside each other.
        foreach (string file in project.FilesBelow(folder))
        {
            File.Delete(project.PathTo(file));
        }

        string? entry = null;
        foreach ((string from, string path) in project.FilesBelow(ProjectFolder.Bindings).Select(path => (ProjectFolder.Bindings, path)).Concat(project.FilesBelow("src").Select(path => ("src", path))))
        {
            string target = folder + path[from.Length..];
            Directory.CreateDirectory(Path.GetDirectoryName(project.PathTo(target))!);
            File.Copy(project.PathTo(path), project.PathTo(target), overwrite: true);
            entry = from == ProjectFolder.Bindings && path.EndsWith("-entry.ts", StringComparison.Ordinal) ? target : entry;
        }

        string[] arguments =
        [
            Path.Combine(request.Tools["packages"], "node_modules", "assemblyscript", "bin", "asc.js"), entry ?? throw new InvalidOperationException("the bindings have no entry"),
            project.Manifest.Build.ForSize ? "-Oz" : "-O3", "--runtime", "incremental", "--use", "abort=", "--noColors", "-o", output,
        ];
        await request.RunAsync(environment, "node", arguments, cancellation).ConfigureAwait(false);
        return await File.ReadAllBytesAsync(project.PathTo(output), cancellation).ConfigureAwait(false);
    }
}
