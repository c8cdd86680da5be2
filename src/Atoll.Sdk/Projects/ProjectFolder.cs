using System.Text;
using Atoll.Sdk.Manifests;
using Atoll.Sdk.Toml;
using Atoll.Wit;

namespace Atoll.Sdk.Projects;

/// <summary>The folder of a component: <c>Component.toml</c>, <c>wit/</c>, sources, <c>tests/</c>, and what is built in <c>build/</c>.</summary>
internal sealed class ProjectFolder
{
    /// <summary>Where everything goes that is built; paths within the project have slashes.</summary>
    public const string Output = "build";

    /// <summary>The generated bindings.</summary>
    public const string Bindings = "build/bindings";

    /// <summary>What compilers write on the way.</summary>
    public const string Objects = "build/obj";

    private const int MaxFiles = 10_000;

    private ProjectFolder(string root, ComponentManifest manifest)
    {
        Root = root;
        Manifest = manifest;
    }

    /// <summary>The full path, without a slash at its end.</summary>
    public string Root { get; }

    public ComponentManifest Manifest { get; }

    /// <summary>The component that is built, relative to the project.</summary>
    public string Artifact => $"{Output}/{Manifest.Name.Value}.wasm";

    /// <summary>Reads the manifest of a project.</summary>
    /// <exception cref="ProjectException">There is none.</exception>
    /// <exception cref="DiagnosticException">It has errors.</exception>
    public static ProjectFolder Open(string folder)
    {
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string path = Path.Combine(root, ComponentManifest.FileName);
        if (!File.Exists(path))
        {
            throw new ProjectException($"{root} holds no {ComponentManifest.FileName}. Name the folder of a project, or make one: atoll init --lang c NAME.");
        }

        return new ProjectFolder(root, ComponentManifest.Read(ComponentManifest.FileName, ReadBounded(path, SourceText.MaxBytes + 1)));
    }

    /// <summary>The full path of a path within the project.</summary>
    public string PathTo(string relative) => Path.Combine(Root, relative.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>The world that the project implements, with the packages around it.</summary>
    /// <exception cref="WitException">The WIT has errors.</exception>
    /// <exception cref="DiagnosticException">The manifest names a world that is not there.</exception>
    /// <exception cref="ProjectException">There is no WIT.</exception>
    public (WitModel Model, WitWorld World) LoadWorld()
    {
        if (!Directory.Exists(PathTo("wit")))
        {
            throw new ProjectException($"{Root} has no folder wit/: put the world that the component implements into wit/world.wit.");
        }

        WitModel model = WitFolder.Load(PathTo("wit"));
        if (Manifest.World is { } named)
        {
            return model.Root.Worlds.FirstOrDefault(world => world.Name == named.Value || world.QualifiedName == named.Value) is { } world
                ? (model, world)
                : throw new DiagnosticException(Manifest.Source.Error(
                    $"wit/ has no world `{named.Value}`",
                    named.Span,
                    Spelling.Suggest(named.Value, model.Root.Worlds.Select(one => one.Name!)) ?? $"It has {string.Join(", ", model.Root.Worlds.Select(one => one.Name))}."));
        }

        return model.Root.Worlds is [var only]
            ? (model, only)
            : throw new DiagnosticException(Manifest.Source.Error(
                $"wit/ has {model.Root.Worlds.Count} worlds, and the manifest names none",
                Manifest.Name.Span,
                $"Add world = \"NAME\" with one of {string.Join(", ", model.Root.Worlds.Select(one => one.Name))}."));
    }

    /// <summary>The files of one folder that have one of the endings, sorted, with slashes.</summary>
    public IReadOnlyList<string> FilesIn(string folder, params string[] endings)
    {
        string path = PathTo(folder);
        return Directory.Exists(path)
            ? [.. Directory.EnumerateFiles(path).Where(file => endings.Contains(Path.GetExtension(file))).Select(file => $"{folder}/{Path.GetFileName(file)}").Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>All files below a folder, sorted, with slashes; links to folders are not followed.</summary>
    /// <exception cref="ProjectException">There are too many.</exception>
    public IReadOnlyList<string> FilesBelow(string folder)
    {
        string path = PathTo(folder);
        if (!Directory.Exists(path))
        {
            return [];
        }

        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.System, MaxRecursionDepth = 32 };
        string[] files = [.. Directory.EnumerateFiles(path, "*", all).Take(MaxFiles + 1).Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];
        return files.Length <= MaxFiles ? files : throw new ProjectException($"{folder}/ holds more than {MaxFiles} files.");
    }

    /// <summary>Writes a text unless the file has it already, so that its time says when it changed.</summary>
    public void WriteText(string relative, string text)
    {
        string path = PathTo(relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
        {
            File.WriteAllBytes(path, bytes);
        }
    }

    /// <summary>Writes a file so that a reader sees the old content or the new, never a part.</summary>
    public void WriteAtomically(string relative, ReadOnlySpan<byte> bytes)
    {
        string path = PathTo(relative), aside = $"{path}.{Environment.ProcessId}.tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            File.WriteAllBytes(aside, bytes);
            File.Move(aside, path, overwrite: true);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    private static byte[] ReadBounded(string path, int maxBytes)
    {
        using FileStream file = File.OpenRead(path);
        byte[] bytes = new byte[Math.Min(file.Length, maxBytes)];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
