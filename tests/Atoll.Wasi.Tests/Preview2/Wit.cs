using Atoll.Wit;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary>The WIT of WASI, as it is written down in <c>wit/wasi</c>.</summary>
internal static class Wit
{
    private static readonly WitModel Model = Load();

    /// <summary>All interfaces that the host defines, those that others use first.</summary>
    public static IReadOnlyList<WitInterface> Interfaces { get; } =
        [.. Model.SelectWorld("all").Imports.Select(item => item.Interface!)];

    private static WitModel Load()
    {
        string folder = Path.Combine(Root(), "wit", "wasi");
        WitFile[][] packages = [.. Directory.GetFiles(folder, "*.wit").Select(file => (WitFile[])[new WitFile(file, File.ReadAllText(file))])];
        IEnumerable<string> names = packages.Select(files => WitModel.Resolve(files, packages.Where(other => other != files).ToArray<IReadOnlyList<WitFile>>()).Root)
            .SelectMany(package => package.Interfaces)
            .Where(item => item.Name is not ("run" or "incoming-handler"))
            .Select(item => $"  import {item.QualifiedName};");
        return WitModel.Resolve([new WitFile("all.wit", $"package test:all;\nworld all {{\n{string.Join('\n', names)}\n}}")], packages);
    }

    /// <summary>The folder of the sources.</summary>
    public static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("no Atoll.slnx above the tests");
    }
}
