using System.Reflection;
using System.Text.RegularExpressions;
using Atoll.Wit;

namespace Atoll.Wasi;

/// <summary>The WIT of the interfaces that this host has: <c>atoll:platform</c> and the packages of WASI.</summary>
public static partial class WitLibrary
{
    private static readonly Lazy<Dictionary<string, WitLibraryPackage>> All = new(Load);

    /// <summary>Names of the packages, without versions, in order: <c>atoll:platform</c>, <c>wasi:cli</c> and so on.</summary>
    public static IReadOnlyList<string> Packages => [.. All.Value.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Opens a package.</summary>
    /// <param name="name">Its name, with its version or without one.</param>
    /// <exception cref="ArgumentException">There is no such package; the message names those that there are.</exception>
    public static WitLibraryPackage Open(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.Value.GetValueOrDefault(name) ?? All.Value.Values.FirstOrDefault(package => package.Name == name)
            ?? throw new ArgumentException($"there is no package `{name}`; there are {string.Join(", ", All.Value.Values.Select(package => package.Name).Order(StringComparer.Ordinal))}", nameof(name));
    }

    private static Dictionary<string, WitLibraryPackage> Load()
    {
        const string Folder = "wit/";
        Assembly assembly = typeof(WitLibrary).Assembly;
        Dictionary<string, List<WitFile>> found = new(StringComparer.Ordinal);
        foreach (string resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using StreamReader reader = new(assembly.GetManifestResourceStream(resource)!);
            string path = resource.Replace('\\', '/');
            (string folder, string file) = (path[Folder.Length..path.LastIndexOf('/')], path[(path.LastIndexOf('/') + 1)..]);

            // The platform is one package in several files; in the folder of WASI each file is a package.
            string key = folder == "atoll" ? "atoll:platform" : $"{folder}:{Path.GetFileNameWithoutExtension(file)}";
            if (!found.TryGetValue(key, out List<WitFile>? files))
            {
                found.Add(key, files = []);
            }

            files.Add(new WitFile(file, reader.ReadToEnd()));
        }

        return found.ToDictionary(
            pair => pair.Key,
            pair => new WitLibraryPackage(
                Declaration().Match(string.Concat(pair.Value.Select(file => file.Text))).Groups[1].Value, pair.Value, () => Needs(pair.Key, found)),
            StringComparer.Ordinal);
    }

    /// <summary>The packages that one names, and those that they name.</summary>
    private static IReadOnlyList<string> Needs(string root, Dictionary<string, List<WitFile>> found)
    {
        SortedSet<string> needed = new(StringComparer.Ordinal);
        Queue<string> open = new([root]);
        while (open.TryDequeue(out string? next))
        {
            foreach (Match reference in found[next].SelectMany(file => Reference().Matches(file.Text)))
            {
                string name = reference.Groups[1].Value;
                if (name != root && found.ContainsKey(name) && needed.Add(name))
                {
                    open.Enqueue(name);
                }
            }
        }

        return [.. needed];
    }

    [GeneratedRegex(@"(?m)^package\s+([^;]+);")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(?m)^\s*(?:use|include|import|export)\s+([a-z][a-z0-9-]*:[a-z][a-z0-9-]*)/")]
    private static partial Regex Reference();
}

/// <summary>A package of WIT with all that it needs.</summary>
public sealed class WitLibraryPackage
{
    private readonly Lazy<IReadOnlyList<WitLibraryPackage>> _dependencies;

    internal WitLibraryPackage(string name, IReadOnlyList<WitFile> files, Func<IReadOnlyList<string>> needs)
    {
        Name = name;
        Files = files;
        _dependencies = new Lazy<IReadOnlyList<WitLibraryPackage>>(() => [.. needs().Select(WitLibrary.Open)]);
    }

    /// <summary>Its name with its version: <c>atoll:platform@0.1.0</c>.</summary>
    public string Name { get; }

    /// <summary>Its texts, with names of files.</summary>
    public IReadOnlyList<WitFile> Files { get; }

    /// <summary>All packages that it needs, also those that these need.</summary>
    public IReadOnlyList<WitLibraryPackage> Dependencies => _dependencies.Value;

    /// <summary>
    /// The texts of the package and of those that it needs as they lie in the folder <c>deps</c> of another package, one folder for each: <c>atoll-platform/types.wit</c>.
    /// </summary>
    public IReadOnlyList<WitFile> Vendored =>
        [.. Dependencies.Prepend(this).SelectMany(package => package.Files.Select(file => new WitFile($"{package.Folder}/{file.Path}", file.Text)))];

    private string Folder => Name.Split('@')[0].Replace(':', '-');

    /// <summary>Reads it.</summary>
    /// <param name="options">Which features are on; <see cref="WitOptions.Default"/> if null.</param>
    public WitModel Load(WitOptions? options = null) => WitModel.Resolve(Files, [.. Dependencies.Select(package => package.Files)], options);
}
