using System.Collections.Concurrent;
using System.Security.Cryptography;
using Atoll.Components;
using Atoll.Host.Configuration;
using Atoll.Mcp.Components;
using Atoll.Mcp.Server;
using Atoll.Mcp.Tools;
using Atoll.Wasm;

namespace Atoll.Mcp;

/// <summary>
/// Checks the files that people write for the server, beyond what a schema can say: whether the program is there, has the hash and the
/// function that the manifest names, and needs the permissions that it asks for. Nothing is run. Thread-safe.
/// </summary>
public static class FileCheck
{
    private const int MaxFiles = 512;
    private const long MaxProgramBytes = 64 << 20;
    private static readonly string[] Natives = ["telemetry.push"];
    private static readonly WasmEngine Engine = new();

    // Reading a program takes longer than somebody types; it is read again when the file has changed.
    private static readonly ConcurrentDictionary<string, (DateTime Written, long Length, Survey Survey)> Surveys = new(StringComparer.Ordinal);

    /// <summary>The configuration and the manifests of a workspace.</summary>
    /// <param name="workspace">The folder that holds <c>.mcp</c>.</param>
    /// <returns>Full paths; empty when there are none.</returns>
    public static IReadOnlyList<string> FilesOf(string workspace)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        var folder = Path.Combine(Path.GetFullPath(workspace), ".mcp");
        var configuration = Path.Combine(folder, "config.json");
        var tools = Path.Combine(folder, "tools");
        return
        [
            .. File.Exists(configuration) ? [configuration] : Array.Empty<string>(),
            .. Directory.Exists(tools) ? Directory.EnumerateFiles(tools, "*.json").Order(StringComparer.Ordinal).Take(MaxFiles) : [],
        ];
    }

    /// <summary>Checks a text that stands, or will stand, in a file: <c>config.json</c> is a configuration, every other file a manifest.</summary>
    /// <param name="file">The file's path; a manifest's programs are relative to the folder that holds <c>.mcp</c>.</param>
    /// <param name="utf8">The text.</param>
    /// <param name="workspace">The folder that a configuration is for.</param>
    /// <returns>What is wrong, in the order of the text; empty when nothing is.</returns>
    /// <exception cref="ConfigurationException">The path is not that of a file for the server.</exception>
    public static IReadOnlyList<Problem> Check(string file, ReadOnlyMemory<byte> utf8, string workspace)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        if (string.IsNullOrEmpty(file) || !Path.IsPathFullyQualified(file))
        {
            throw new ConfigurationException($"\"{Printable.Shorten(file)}\" is no full path of a file.");
        }

        IReadOnlyList<Problem> problems = Path.GetFileName(file) == "config.json"
            ? ConfigurationReader.Check(new ConfigurationSource { Workspace = workspace }, utf8)
            : CheckManifest(file, utf8);
        return [.. problems.Select(problem => problem with { File = file }).OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)];
    }

    private static IReadOnlyList<Problem> CheckManifest(string file, ReadOnlyMemory<byte> utf8)
    {
        // .mcp/tools/x.json: the folder that holds .mcp is two above.
        var folder = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(file)));
        if (folder is null)
        {
            throw new ConfigurationException($"{Printable.Shorten(file)} is no manifest: manifests are files of .mcp/tools.");
        }

        var result = ToolManifestReader.Parse(file, utf8, folder);
        return result.Manifest is not { } manifest || SourceJson.Parse(file, utf8, ToolManifestReader.Limits, out _) is not { } root
            ? result.Problems
            : [.. CheckProgram(manifest, root)];
    }

    private static IEnumerable<Problem> CheckProgram(ToolManifest manifest, SourceJson root)
    {
        var entry = root.Members["entry"];
        if (manifest.EntryKind == ToolEntryKind.Native)
        {
            if (!Natives.Contains(manifest.Entry))
            {
                yield return At(entry, $"there is no native tool \"{Printable.Shorten(manifest.Entry, 80)}\"; known are {string.Join(", ", Natives)}. Correct \"entry\".");
            }

            yield break;
        }

        if (!File.Exists(manifest.Entry))
        {
            yield return At(entry, $"the program {manifest.Entry} does not exist. Build it or correct \"entry\".");
            yield break;
        }

        var survey = SurveyOf(manifest.Entry);
        if (survey.Error is { } error)
        {
            yield return At(entry, error);
            yield break;
        }

        if (manifest.Sha256 is { } wanted && wanted != survey.Hash)
        {
            yield return At(root.Members["sha256"], $"the program has the SHA-256 {survey.Hash}. Build it again or correct \"sha256\".");
        }

        if (EntryProblem(manifest, survey) is { } problem)
        {
            yield return At(entry, problem);
        }

        foreach (var word in root.Members.TryGetValue("permissions", out var permissions) ? permissions.Items : [])
        {
            if (Unneeded(word.Text, survey) is { } what)
            {
                yield return At(word, $"the program does not need the permission \"{Printable.Shorten(word.Text, 80)}\": it imports nothing that {what}. Remove it.") with { IsWarning = true };
            }
        }

        Problem At(SourceJson node, string message) => SourceReader.ProblemAt(manifest.File, node, message);
    }

    private static string? Unneeded(string word, Survey survey)
        => word.StartsWith("net:", StringComparison.Ordinal)
            ? survey.ReachesNetwork ? null : "connects to hosts"
            : survey.ReachesFiles ? null : "opens files";

    private static string? EntryProblem(ToolManifest manifest, Survey survey)
    {
        if (manifest.EntryKind == ToolEntryKind.Wasm)
        {
            return survey.Component is not { } component || component.Type.Exports.Any(e => e.Name.StartsWith("wasi:cli/run", StringComparison.Ordinal))
                ? null
                : $"the program is a component: name the function to call, for example {string.Join(", ", component.Type.Functions.Select(f => $"#{f.Key}").Take(4))}.";
        }

        if (survey.Component is null)
        {
            return "the program is a module and no component: leave out \"#\" and what follows.";
        }

        try
        {
            new ComponentTools(survey.Component, manifest.Entry).Complete(manifest);
            return null;
        }
        catch (Exception e) when (e is ToolUnavailableException or NotSupportedException)
        {
            return $"the function cannot be offered: {e.Message.TrimEnd('.')}. Correct \"entry\".";
        }
    }

    private static Survey SurveyOf(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (Surveys.TryGetValue(path, out var known) && known.Written == info.LastWriteTimeUtc && known.Length == info.Length)
            {
                return known.Survey;
            }

            if (info.Length > MaxProgramBytes)
            {
                return new Survey { Error = $"the program has {info.Length} bytes; at most {MaxProgramBytes} are loaded." };
            }

            var survey = Read(File.ReadAllBytes(path));
            if (Surveys.Count >= MaxFiles)
            {
                Surveys.Clear();
            }

            Surveys[path] = (info.LastWriteTimeUtc, info.Length, survey);
            return survey;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Survey { Error = $"the program cannot be read: {e.Message}" };
        }
    }

    private static Survey Read(byte[] bytes)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        try
        {
            if (Component.IsComponent(bytes))
            {
                var component = Component.Load(Engine, bytes);
                return new Survey
                {
                    Hash = hash, Component = component, ReachesFiles = Imports("wasi:filesystem/"), ReachesNetwork = Imports("wasi:sockets/") || Imports("wasi:http/"),
                };

                bool Imports(string name) => component.Type.Imports.Any(i => i.Name.StartsWith(name, StringComparison.Ordinal));
            }

            // Every C program imports fd_prestat_get to look for folders; only with one of these can it open something in them.
            return new Survey { Hash = hash, ReachesFiles = Engine.LoadModule(bytes).Imports.Any(i => i.Name.StartsWith("path_", StringComparison.Ordinal) || i.Name == "fd_readdir") };
        }
        catch (Exception e) when (e is WasmException or NotSupportedException)
        {
            return new Survey { Error = $"the program cannot be used: {Printable.Shorten(e.Message, 500)}" };
        }
    }

    /// <summary>What a program's file tells without running it.</summary>
    private sealed record Survey
    {
        public string? Error { get; init; }

        public string? Hash { get; init; }

        public Component? Component { get; init; }

        public bool ReachesFiles { get; init; }

        public bool ReachesNetwork { get; init; }
    }
}
