using Atoll.Wit.Resolution;
using Atoll.Wit.Syntax;

namespace Atoll.Wit;

/// <summary>Packages whose names all mean something: the root package and all that it needs.</summary>
public sealed class WitModel
{
    internal WitModel(WitPackage root, IReadOnlyList<WitPackage> packages)
    {
        Root = root;
        Packages = packages;
    }

    /// <summary>The package that was asked for.</summary>
    public WitPackage Root { get; }

    /// <summary>All packages, the root first.</summary>
    public IReadOnlyList<WitPackage> Packages { get; }

    /// <summary>Reads one text that holds everything: its package, and the packages that it needs in braces.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">How errors name the text.</param>
    /// <param name="options">Which features are on; <see cref="WitOptions.Default"/> if null.</param>
    /// <exception cref="WitException">The text is not WIT, or names something that is not there.</exception>
    public static WitModel Parse(string text, string path = "input.wit", WitOptions? options = null) =>
        Resolve([new WitFile(path, text)], [], options);

    /// <summary>Reads the files of a package and of its dependencies (WIT.md, "Filesystem structure").</summary>
    /// <param name="root">The files of the root package.</param>
    /// <param name="dependencies">For each dependency, its files.</param>
    /// <param name="options">Which features are on; <see cref="WitOptions.Default"/> if null.</param>
    /// <exception cref="WitException">A text is not WIT, or names something that is not there.</exception>
    public static WitModel Resolve(
        IReadOnlyList<WitFile> root, IReadOnlyList<IReadOnlyList<WitFile>> dependencies, WitOptions? options = null)
    {
        List<IReadOnlyList<FileSyntax>> groups = [Parse(root)];
        groups.AddRange(dependencies.Select(Parse));
        return new Resolver(options ?? WitOptions.Default).Run(groups);
    }

    /// <summary>Finds the world that is meant (WIT.md, "Specifying a World").</summary>
    /// <param name="name">Name of a world of the root package, or <c>ns:pkg/world@version</c>; null for the only world of the root package.</param>
    /// <returns>The world.</returns>
    /// <exception cref="ArgumentException">There is no such world, or no only one; the message names those that are there.</exception>
    public WitWorld SelectWorld(string? name = null)
    {
        if (name is null)
        {
            return Root.Worlds.Count == 1 ? Root.Worlds[0]
                : throw new ArgumentException(Root.Worlds.Count == 0
                    ? $"the package {Root.Name} has no world"
                    : $"the package {Root.Name} has {Root.Worlds.Count} worlds: choose one of {Names(Root.Worlds)}");
        }

        IEnumerable<WitWorld> worlds = name.Contains(":")
            ? Packages.SelectMany(package => package.Worlds).Where(world => world.QualifiedName == name || WithoutVersion(world) == name)
            : Root.Worlds.Where(world => world.Name == name);
        List<WitWorld> found = [.. worlds];
        return found.Count switch
        {
            1 => found[0],
            0 => throw new ArgumentException($"there is no world `{name}`; there are {Names(Packages.SelectMany(package => package.Worlds))}"),
            _ => throw new ArgumentException($"`{name}` is ambiguous: {Names(found)}"),
        };
    }

    /// <summary>All packages as one WIT text: the root, then the others in braces. It reads back as the same model.</summary>
    public override string ToString() => Printing.WitPrinter.Print(this);

    private static string WithoutVersion(WitWorld world) => $"{world.Package.Name.Namespace}:{world.Package.Name.Name}/{world.Name}";

    private static string Names(IEnumerable<WitWorld> worlds)
    {
        string names = string.Join(", ", worlds.Select(world => world.QualifiedName));
        return names.Length == 0 ? "none" : names;
    }

    private static IReadOnlyList<FileSyntax> Parse(IReadOnlyList<WitFile> files) =>
        [.. files.Select(file => WitParser.Parse(new WitSource(file.Path, file.Text)))];
}

/// <summary>One text of a package.</summary>
public sealed class WitFile
{
    /// <summary>Names a text.</summary>
    /// <param name="path">How errors name it.</param>
    /// <param name="text">The text.</param>
    public WitFile(string path, string text)
    {
        Path = path;
        Text = text;
    }

    /// <summary>How errors name it.</summary>
    public string Path { get; }

    /// <summary>The text.</summary>
    public string Text { get; }
}
