using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Atoll.Wit;

namespace Atoll.Bindings;

/// <summary>One WIT text of the project, with what its <c>AtollWit</c> item says.</summary>
/// <param name="Path">Path of the file.</param>
/// <param name="Text">Its text.</param>
/// <param name="Item">The <c>AtollWit</c> item that it belongs to, as the project writes it.</param>
/// <param name="Worlds">Worlds that are wanted, separated by commas; empty for the only one.</param>
/// <param name="Namespace">Namespace of the generated code; empty for the project's.</param>
/// <param name="Features">Features of <c>@unstable</c> items that are on, separated by commas.</param>
internal sealed record WitInput(string Path, string Text, string Item, string Worlds, string Namespace, string Features);

/// <summary>All texts of one <c>AtollWit</c> item.</summary>
internal sealed record WitGroup(EquatableArray<WitInput> Files, string RootNamespace)
{
    private WitInput First => Files[0];

    public string Namespace => First.Namespace.Length > 0 ? First.Namespace : RootNamespace.Length > 0 ? RootNamespace : "Atoll.Generated";

    public WitOptions Options => new() { Features = Split(First.Features) };

    /// <summary>Names of the worlds; null stands for the only one.</summary>
    public IReadOnlyList<string?> Worlds => Split(First.Worlds) is { Length: > 0 } names ? names : new string?[] { null };

    public static IEnumerable<WitGroup> From(ImmutableArray<WitInput> inputs, string rootNamespace) => inputs
        .GroupBy(input => input.Item, StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => new WitGroup(
            new EquatableArray<WitInput>([.. group.OrderBy(input => input.Path, StringComparer.Ordinal)]), rootNamespace));

    /// <summary>
    /// The texts as packages (WIT.md, "Filesystem structure"): those of the folder, and below <c>deps</c> one package for each folder or file. Others are not
    /// part of it.
    /// </summary>
    public WitModel Resolve()
    {
        string root = Files.Select(file => Folder(file.Path)).OrderBy(folder => folder.Length).ThenBy(folder => folder, StringComparer.Ordinal).First();
        string deps = root + "/deps";
        List<IReadOnlyList<WitFile>> dependencies =
        [
            .. Files.Where(file => Folder(Folder(file.Path)) == deps).GroupBy(file => Folder(file.Path)).Select(group => group.Select(File).ToList()),
            .. Files.Where(file => Folder(file.Path) == deps).Select(file => new[] { File(file) }),
        ];
        return WitModel.Resolve([.. Files.Where(file => Folder(file.Path) == root).Select(File)], dependencies, Options);
    }

    private static WitFile File(WitInput input) => new(input.Path, input.Text);

    private static string Folder(string path)
    {
        string normal = path.Replace('\\', '/');
        int slash = normal.LastIndexOf('/');
        return slash < 0 ? "" : normal.Substring(0, slash);
    }

    private static string[] Split(string names) => [.. names.Split(',').Select(name => name.Trim()).Where(name => name.Length > 0)];
}

/// <summary>What comes out for one item: sources and problems. Texts only, so that it can be compared.</summary>
internal sealed record GeneratedCode(EquatableArray<GeneratedFile> Files, EquatableArray<Problem> Problems);

/// <summary>One generated source.</summary>
internal sealed record GeneratedFile(string Name, string Text);

/// <summary>Something to report at a place of a WIT file.</summary>
/// <param name="Id">Which diagnostic.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Path">The file.</param>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based.</param>
/// <param name="Length">Characters that are marked.</param>
internal sealed record Problem(string Id, string Message, string Path, int Line, int Column, int Length)
{
    public static Problem From(string id, WitError error) =>
        new(id, error.Hint is null ? error.Message : $"{error.Message} ({error.Hint})", error.Path, error.Line, error.Column, error.Length);
}
