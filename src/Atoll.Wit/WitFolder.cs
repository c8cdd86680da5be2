using System.Text;

namespace Atoll.Wit;

/// <summary>Reads the files of a package from disk (WIT.md, "Filesystem structure").</summary>
public static class WitFolder
{
    private const int MaxFiles = 10_000;

    /// <summary>Reads a file that holds everything, or a folder with the files of a package and its dependencies in <c>deps</c>.</summary>
    /// <param name="path">A <c>.wit</c> file, or a folder.</param>
    /// <param name="options">Which features are on; <see cref="WitOptions.Default"/> if null.</param>
    /// <exception cref="WitException">A text is not WIT, or names something that is not there.</exception>
    /// <exception cref="IOException">The file or folder is not there, cannot be read, or holds no WIT.</exception>
    public static WitModel Load(string path, WitOptions? options = null)
    {
        if (!Directory.Exists(path))
        {
            return WitModel.Resolve([Read(path)], [], options);
        }

        IReadOnlyList<WitFile> root = ReadFolder(path);
        if (root.Count == 0)
        {
            throw new IOException($"there is no .wit file in the folder '{path}'");
        }

        List<IReadOnlyList<WitFile>> dependencies = [];
        string deps = Path.Combine(path, "deps");
        if (Directory.Exists(deps))
        {
            dependencies.AddRange(Directory.GetDirectories(deps).OrderBy(name => name, StringComparer.Ordinal).Select(ReadFolder).Where(files => files.Count > 0));
            dependencies.AddRange(ReadFolder(deps).Select(file => (IReadOnlyList<WitFile>)[file]));
        }

        return WitModel.Resolve(root, dependencies, options);
    }

    private static IReadOnlyList<WitFile> ReadFolder(string folder)
    {
        string[] files = Directory.GetFiles(folder, "*.wit");
        if (files.Length > MaxFiles)
        {
            throw new IOException($"the folder '{folder}' holds more than {MaxFiles} .wit files");
        }

        return [.. files.OrderBy(name => name, StringComparer.Ordinal).Select(Read)];
    }

    private static WitFile Read(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > 4L * Syntax.WitSource.MaxLength })
        {
            throw new IOException($"the file '{path}' is larger than a WIT text may be ({Syntax.WitSource.MaxLength} characters)");
        }

        try
        {
            return new WitFile(path, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF'));
        }
        catch (ArgumentException)
        {
            throw new IOException($"the file '{path}' is not UTF-8 text");
        }
    }
}
