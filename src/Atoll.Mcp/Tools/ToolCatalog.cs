using System.Collections.Immutable;
using Atoll.Host.Configuration;
using Atoll.Host.Security;
using Atoll.Mcp.Components;

namespace Atoll.Mcp.Tools;

/// <summary>Components of the command line.</summary>
/// <param name="Paths">Files, or folders with components.</param>
/// <param name="Lifetime">How long their instances live.</param>
/// <param name="Hosts">Hosts that they may connect to.</param>
internal sealed record OfferedComponents(IReadOnlyList<string> Paths, ToolLifetime Lifetime, IReadOnlyList<string> Hosts)
{
    /// <summary>What they ask for: the hosts, the buckets of the command line, which are all there are, and no more.</summary>
    public ToolPermissions Permissions { get; } =
        ToolPermissions.TryParse(Hosts.Select(host => "net:connect:" + host).Append("kv:write:**"), HostPath.Current, out var permissions, out var error)
            ? permissions : throw new ArgumentException(error, nameof(Hosts));
}

/// <summary>
/// The tools that are served, by name. Folders are searched in order and the first tool with a name wins: what the operator named on the
/// command line, the shipped tools, folders of the configuration, the workspace. So a workspace that somebody else wrote cannot
/// put its own program under the name of a shipped tool. Immutable.
/// </summary>
internal sealed class ToolCatalog
{
    private const int MaxManifests = 512;
    private readonly Dictionary<string, ToolManifest> _byName;

    private ToolCatalog(ImmutableArray<ToolManifest> tools, ImmutableArray<Problem> problems)
    {
        Tools = tools;
        Problems = problems;
        _byName = new(StringComparer.Ordinal);
        foreach (var tool in tools)
        {
            _byName[tool.PublicName] = tool;
            _byName[tool.Name] = tool;
        }
    }

    /// <summary>The tools, sorted by name: clients get a stable list.</summary>
    public ImmutableArray<ToolManifest> Tools { get; }

    /// <summary>Files that could not be used and names that were taken.</summary>
    public ImmutableArray<Problem> Problems { get; }

    /// <summary>Finds a tool by the name that clients see or by its dotted one.</summary>
    public ToolManifest? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads the manifests of folders.</summary>
    /// <param name="folders">Folders that hold <c>.mcp</c>, the most important first.</param>
    /// <param name="isEnabled">Whether the operator's policy offers a tool.</param>
    /// <param name="natives">Names that <c>native://</c> entries may have.</param>
    /// <param name="components">Reads components.</param>
    /// <param name="offered">Components whose functions are all offered, before what the folders hold.</param>
    public static ToolCatalog Load(
        IEnumerable<string> folders, Func<string, bool> isEnabled, IReadOnlySet<string> natives, ComponentFiles components, OfferedComponents offered)
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        var taken = new Dictionary<string, ToolManifest>(StringComparer.Ordinal);
        foreach (var manifest in OfComponents(offered, components, problems).Where(manifest => isEnabled(manifest.Name)))
        {
            Add(manifest, taken, natives, problems);
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var folder in folders)
        {
            if (!seen.Add(folder))
            {
                continue;
            }

            foreach (var file in Manifests(folder, problems))
            {
                var result = ToolManifestReader.Read(file, folder);
                problems.AddRange(result.Problems);
                if (result.Manifest is { } manifest && isEnabled(manifest.Name) && Complete(manifest, components, problems) is { } complete)
                {
                    Add(complete, taken, natives, problems);
                }
            }
        }

        // The host's own tools come last and step back for a manifest with the same name.
        foreach (var manifest in BuiltIn().Where(m => isEnabled(m.Name) && natives.Contains(m.Entry)))
        {
            taken.TryAdd(manifest.PublicName, manifest);
        }

        return new ToolCatalog([.. taken.Values.OrderBy(t => t.Name, StringComparer.Ordinal)], problems.ToImmutable());
    }

    /// <summary>The functions of components that the operator named. What is not offered is reported with the reason.</summary>
    private static IEnumerable<ToolManifest> OfComponents(OfferedComponents offered, ComponentFiles components, ImmutableArray<Problem>.Builder problems)
    {
        foreach (var path in offered.Paths)
        {
            string[] files = Directory.Exists(path)
                ? [.. Directory.EnumerateFiles(path, "*.wasm").Order(StringComparer.Ordinal).Where(ComponentFiles.IsComponent).Take(MaxManifests)]
                : [path];
            if (files.Length == 0)
            {
                problems.Add(new Problem(path, 0, 0, "the folder holds no component (.wasm). Put some there, or name another folder."));
            }

            foreach (var file in files)
            {
                IReadOnlyList<ToolManifest> tools = [];
                try
                {
                    tools = new ComponentTools(components.Load(file, null), file).DescribeAll(offered.Lifetime, offered.Permissions, out var refused);
                    foreach (var refusal in refused)
                    {
                        problems.Add(new Problem(file, 0, 0, $"{(refusal.Function is { } function ? $"the function {function}" : "the component")} is not offered: {refusal.Reason}."));
                    }
                }
                catch (ToolUnavailableException e)
                {
                    problems.Add(new Problem(file, 0, 0, e.Message));
                }

                foreach (var tool in tools)
                {
                    yield return tool;
                }
            }
        }
    }

    /// <summary>A manifest whose entry is a function of a component, with what the function's type says.</summary>
    private static ToolManifest? Complete(ToolManifest manifest, ComponentFiles components, ImmutableArray<Problem>.Builder problems)
    {
        if (manifest.EntryKind != ToolEntryKind.Component)
        {
            return manifest;
        }

        try
        {
            return new ComponentTools(components.Load(manifest.Entry, manifest.Sha256), manifest.Entry).Complete(manifest);
        }
        catch (Exception e) when (e is ToolUnavailableException or NotSupportedException)
        {
            problems.Add(new Problem(manifest.File, 0, 0, $"the function of \"entry\" cannot be offered: {e.Message.TrimEnd('.')}. Correct \"entry\"."));
            return null;
        }
    }

    private static IEnumerable<ToolManifest> BuiltIn()
    {
        const string name = "telemetry.push.json";
        var result = ToolManifestReader.Parse(name, System.Text.Encoding.UTF8.GetBytes(McpSchemas.Read(name)), AppContext.BaseDirectory);
        yield return result.Manifest ?? throw new InvalidOperationException(string.Join("; ", result.Problems));
    }

    private static void Add(ToolManifest manifest, Dictionary<string, ToolManifest> taken, IReadOnlySet<string> natives, ImmutableArray<Problem>.Builder problems)
    {
        if (taken.TryGetValue(manifest.PublicName, out var other))
        {
            problems.Add(new Problem(
                manifest.File, 0, 0,
                $"the tool {manifest.Name} would be offered as {manifest.PublicName}, a name that {other.Name} of {other.File} has already. Rename or disable one of them."));
        }
        else if (manifest.EntryKind == ToolEntryKind.Native && !natives.Contains(manifest.Entry))
        {
            problems.Add(new Problem(
                manifest.File, 0, 0, $"there is no native tool \"{Printable.Shorten(manifest.Entry, 80)}\"; known are {string.Join(", ", natives.Order())}. Correct \"entry\"."));
        }
        else if (manifest.EntryKind == ToolEntryKind.Wasm && !File.Exists(manifest.Entry))
        {
            problems.Add(new Problem(manifest.File, 0, 0, $"the program {manifest.Entry} does not exist. Build it or correct \"entry\"."));
        }
        else
        {
            taken.Add(manifest.PublicName, manifest);
        }
    }

    private static List<string> Manifests(string folder, ImmutableArray<Problem>.Builder problems)
    {
        var tools = Path.Combine(folder, ".mcp", "tools");
        if (!Directory.Exists(tools))
        {
            return [];
        }

        try
        {
            var files = Directory.EnumerateFiles(tools, "*.json").Take(MaxManifests + 1).Order(StringComparer.Ordinal).ToList();
            if (files.Count > MaxManifests)
            {
                problems.Add(new Problem(tools, 0, 0, $"the folder holds more than {MaxManifests} manifests; the others are not read. Split it."));
                files.RemoveAt(MaxManifests);
            }

            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new Problem(tools, 0, 0, $"the folder cannot be read: {e.Message}"));
            return [];
        }
    }
}
