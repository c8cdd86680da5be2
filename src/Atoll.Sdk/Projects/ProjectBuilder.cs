using System.Security.Cryptography;
using System.Text;
using Atoll.Components;
using Atoll.Components.Writing;
using Atoll.Sdk.Manifests;
using Atoll.Sdk.Toml;
using Atoll.Sdk.Toolchains;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Sdk.Projects;

/// <summary>What a build made.</summary>
/// <param name="Artifact">The component, relative to the project.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its hash, in hexadecimal.</param>
/// <param name="WasUpToDate">Whether there was nothing to do.</param>
/// <param name="Toolchain">What compiled it.</param>
/// <param name="Warnings">What is likely not meant so.</param>
internal sealed record BuildResult(string Artifact, long Bytes, string Sha256, bool WasUpToDate, string Toolchain, IReadOnlyList<Diagnostic> Warnings);

/// <summary>How to build.</summary>
/// <param name="Force">Whether to build although nothing changed.</param>
/// <param name="WriteManifest">Whether to add to the manifest what world and binary have and it does not name.</param>
internal sealed record BuildRequest(bool Force = false, bool WriteManifest = false);

/// <summary>Builds components: bindings, compiler, component, checks. The same sources and tools give the same bytes.</summary>
/// <param name="environment">Runs the programs.</param>
/// <param name="survey">Derives from the names of imports what they need.</param>
/// <param name="progress">Gets a line for each step.</param>
internal sealed class ProjectBuilder(ToolEnvironment environment, Func<IReadOnlyList<string>, IReadOnlyList<NeededCapability>> survey, Action<string> progress)
{
    // The tools do not change while a builder lives; asking them each time would cost more than compiling.
    private readonly Dictionary<string, FoundTools> _tools = [];

    /// <summary>Builds a project.</summary>
    /// <exception cref="ProjectException">Tools are missing, the compiler found errors, or the world cannot be bound in the language.</exception>
    /// <exception cref="DiagnosticException">The manifest does not fit.</exception>
    /// <exception cref="WitException">The WIT has errors.</exception>
    /// <exception cref="WasmException">What was compiled does not fit the world.</exception>
    public async Task<BuildResult> BuildAsync(ProjectFolder project, BuildRequest request, CancellationToken cancellation)
    {
        (WitModel model, WitWorld world) = project.LoadWorld();
        Diagnostic[] findings = [.. ManifestCheck.AgainstWorld(project.Manifest, world)];
        Refuse(findings);
        Placed<string> language = project.Manifest.Build.Language;
        Toolchain toolchain = Toolchain.Of(language.Value) ?? throw new ProjectException(
            $"`atoll build` does not build {language.Value}; README.md of the project has the commands of its own tools.");
        IReadOnlyList<string> sources = Sources(project, toolchain);
        FoundTools tools = await FindAsync(toolchain, cancellation).ConfigureAwait(false);
        string inputs = InputHash(project, tools);
        BuildStamp? stamp = request.Force || request.WriteManifest ? null : BuildStamp.ReadValid(project, inputs);
        if (stamp is not null)
        {
            byte[] there = await File.ReadAllBytesAsync(project.PathTo(project.Artifact), cancellation).ConfigureAwait(false);
            return new BuildResult(project.Artifact, there.Length, stamp.Sha256, WasUpToDate: true, tools.Description, [.. findings, .. Check(project, there, cancellation)]);
        }

        WriteBindings(project, toolchain, model, world);
        Directory.CreateDirectory(project.PathTo(ProjectFolder.Objects));
        progress($"compile   {string.Join(' ', sources)} ({tools.Description})");
        byte[] compiled = await toolchain.CompileAsync(new CompileRequest(project, world, sources, tools), environment, cancellation).ConfigureAwait(false);
        byte[] component = MakeComponent(compiled, toolchain.Bindings, world, cancellation);
        if (request.WriteManifest)
        {
            project = Complete(project, world, component, cancellation);
            inputs = InputHash(project, tools);
        }

        IReadOnlyList<Diagnostic> unfit = Check(project, component, cancellation);
        Refuse(unfit);
        string hash = Convert.ToHexStringLower(SHA256.HashData(component));
        project.WriteAtomically(project.Artifact, component);
        ToolManifests.Write(project);
        BuildStamp.Write(project, new BuildStamp(inputs, hash));
        return new BuildResult(project.Artifact, component.Length, hash, WasUpToDate: false, tools.Description, [.. findings, .. unfit]);
    }

    private static IReadOnlyList<string> Sources(ProjectFolder project, Toolchain toolchain)
    {
        Placed<string>[] named = [.. project.Manifest.Build.Sources];
        Diagnostic[] missing = [.. named.Where(source => !File.Exists(project.PathTo(source.Value))).Select(source => project.Manifest.Source.Error($"{source.Value} does not exist", source.Span))];
        Refuse(missing);
        string[] sources = named.Length > 0 ? [.. named.Select(source => source.Value)] : [.. toolchain.DefaultSources(project)];
        return sources.Length > 0 && sources.All(source => File.Exists(project.PathTo(source)))
            ? sources
            : throw new ProjectException($"there are no sources: {(sources.Length == 0 ? "src/ has none" : string.Join(", ", sources) + " does not exist")}. Write some, or name them under [build] as sources = [\"…\"].");
    }

    private async Task<FoundTools> FindAsync(Toolchain toolchain, CancellationToken cancellation)
    {
        if (!_tools.TryGetValue(toolchain.Language, out FoundTools? tools))
        {
            tools = await toolchain.FindAsync(environment, cancellation).ConfigureAwait(false);
            _tools.Add(toolchain.Language, tools);
        }

        return tools;
    }

    private void WriteBindings(ProjectFolder project, Toolchain toolchain, WitModel model, WitWorld world)
    {
        IReadOnlyList<GeneratedFile> files;
        try
        {
            files = GuestBindings.Generate(toolchain.Bindings, model, world);
        }
        catch (GuestBindingsException exception)
        {
            throw new ProjectException(exception.Message, inner: exception);
        }

        foreach (GeneratedFile file in files)
        {
            project.WriteText($"{ProjectFolder.Bindings}/{file.Path}", file.Text);
        }

        // What an earlier world had would be compiled too.
        foreach (string stale in project.FilesBelow(ProjectFolder.Bindings).Except(files.Select(file => $"{ProjectFolder.Bindings}/{file.Path}")))
        {
            File.Delete(project.PathTo(stale));
        }

        progress($"bindings  {ProjectFolder.Bindings}/ ({string.Join(", ", files.Select(file => file.Path))})");
    }

    private static byte[] MakeComponent(byte[] compiled, GuestLanguage language, WitWorld world, CancellationToken cancellation)
    {
        // Whoever is offered the functions, a model above all, reads what WIT says about them.
        if (Component.IsComponent(compiled))
        {
            return WorldDocs.Append(compiled, world);
        }

        byte[] embedded = GuestModules.Complete(language, compiled, world);

        // Libraries of C may ask for WASI preview 1, for example to print.
        bool needsAdapter = embedded.AsSpan().IndexOf("wasi_snapshot_preview1"u8) >= 0;
        return ComponentWriter.FromModule(embedded, needsAdapter, cancellation);
    }

    private ProjectFolder Complete(ProjectFolder project, WitWorld world, byte[] component, CancellationToken cancellation)
    {
        string text = ManifestCompletion.Complete(project.Manifest, world, survey(Imports(component, cancellation)));
        project.WriteAtomically(ComponentManifest.FileName, Encoding.UTF8.GetBytes(text));
        progress($"manifest  {ComponentManifest.FileName}");
        return ProjectFolder.Open(project.Root);
    }

    private IReadOnlyList<Diagnostic> Check(ProjectFolder project, byte[] component, CancellationToken cancellation) =>
        [.. ManifestCheck.AgainstBinary(project.Manifest, survey(Imports(component, cancellation)))];

    private static string[] Imports(byte[] component, CancellationToken cancellation) =>
        [.. Component.Load(new WasmEngine(), component, cancellation).Type.Imports.Select(import => import.Name)];

    private static void Refuse(IReadOnlyList<Diagnostic> findings)
    {
        if (findings.Any(finding => finding.Severity == DiagnosticSeverity.Error))
        {
            throw new DiagnosticException(findings);
        }
    }

    /// <summary>What the result depends on: this program, the tools, the manifest, and every file of wit/ and src/ and below the sources' folders.</summary>
    private static string InputHash(ProjectFolder project, FoundTools tools)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(Encoding.UTF8.GetBytes($"{typeof(ProjectBuilder).Assembly.ManifestModule.ModuleVersionId}\n{tools.Description}"));
        Append(Encoding.UTF8.GetBytes(project.Manifest.Source.Text));
        foreach (string file in project.FilesBelow("wit").Concat(project.FilesBelow("src")).Concat(project.Manifest.Build.Sources.Select(source => source.Value)).Distinct())
        {
            Append(Encoding.UTF8.GetBytes(file));
            Append(File.ReadAllBytes(project.PathTo(file)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        // With its length before it, so that two lists of parts never read alike.
        void Append(byte[] part)
        {
            hash.AppendData(BitConverter.GetBytes(part.LongLength));
            hash.AppendData(part);
        }
    }
}
