using System.Globalization;
using System.Text;
using Atoll.Sdk.Manifests;
using Atoll.Wit;

namespace Atoll.Sdk.Projects;

/// <summary>What a new project begins as.</summary>
/// <param name="Name">The component's name; the folder's too.</param>
/// <param name="Language">What it is written in.</param>
/// <param name="Kind">Which template: <c>greet</c>, <c>tool</c>, <c>probe</c> or <c>http</c>.</param>
/// <param name="Wit">A WIT file or folder that the project implements instead of the template's world; null for none.</param>
internal sealed record NewProject(string Name, string Language, string Kind, string? Wit = null)
{
    /// <summary>The files of <c>wit/deps</c>, with paths below it.</summary>
    public IReadOnlyList<WitFile> Dependencies { get; init; } = [];

    /// <summary>Whether <c>atoll build</c> builds the language.</summary>
    public bool IsBuilt => Toolchains.Toolchain.Of(Language) is not null;
}

/// <summary>Writes new projects.</summary>
internal static class ProjectTemplate
{
    /// <summary>The templates: their function, what it does, and a call as a person types it.</summary>
    private static readonly Dictionary<string, (string Function, string About, string Description, string Call)> Kinds = new(StringComparer.Ordinal)
    {
        ["greet"] = ("greet", "Greets somebody by name.", "Greets people by name.", "greet '\"Ada\"'"),
        ["probe"] = ("check", "Looks at an endpoint and says how it is.", "Looks whether an endpoint answers.", "'check#run(\"example.org:443\", \"\")'"),
        ["http"] = ("handle", "Answers a request of HTTP.", "Answers requests of HTTP.", ""),
        ["tool"] = ("count-words", "Counts the words of a text, and fails when there are none.", "Counts words.", "count-words '\"the quick brown fox\"'"),
    };

    private static readonly Dictionary<string, (string Source, string Commands)> Languages = new(StringComparer.Ordinal)
    {
        ["c"] = ("src/@name@.c", ""),
        ["rust"] = ("src/lib.rs", ""),
        ["js"] = ("src/guest.js", ""),
        ["ts"] = ("src/guest.ts", ""),
        ["assemblyscript"] = ("src/guest.ts", ""),
        ["go"] = ("main.go", "go mod init local/@name@\ngo get -tool go.bytecodealliance.org/cmd/wit-bindgen-go\ngo tool wit-bindgen-go generate --world @name@ --out gen ./wit\n"
            + "tinygo build -target=wasip2 --wit-package ./wit --wit-world @name@ -o build/@name@.wasm ."),
        ["python"] = ("app.py", "pip install componentize-py\ncomponentize-py -d wit -w @name@ componentize app -o build/@name@.wasm"),
        ["csharp"] = ("@pascal@.cs", "dotnet new classlib --force -n @name@ -o .\ndotnet add package BytecodeAlliance.Componentize.DotNet.Wasm.SDK --prerelease\ndotnet publish -r wasi-wasm -o build"),
    };

    /// <summary>Makes the folder of a project.</summary>
    /// <param name="project">What it begins as.</param>
    /// <param name="parent">The folder that its folder is made in.</param>
    /// <returns>The files, relative to the project.</returns>
    /// <exception cref="ProjectException">The name is none, there is no such template, or something is there already.</exception>
    public static IReadOnlyList<string> Write(NewProject project, string parent)
    {
        if (ManifestSchema.CheckComponentName(project.Name) is { } problem)
        {
            throw new ProjectException(problem + ".");
        }

        // The name is that of a package and a world too, where keywords of WIT need a mark.
        try
        {
            WitModel.Parse($"package local:{project.Name}; world {project.Name} {{}}");
        }
        catch (WitException exception)
        {
            throw new ProjectException($"`{project.Name}` cannot be the name of a world: {exception.Errors[0].Message}. Choose another.", inner: exception);
        }

        if (project.Wit is null && !Has($"{project.Kind}/{project.Language}"))
        {
            IEnumerable<string> others = Languages.Keys.Where(language => Has($"{project.Kind}/{language}"));
            throw new ProjectException($"there is no --{project.Kind} for {project.Language}; there is for {string.Join(" and ", others)}.");
        }

        string root = Path.Combine(parent, project.Name);
        if (File.Exists(root) || (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any()))
        {
            throw new ProjectException($"{root} is there already. Choose another name, or another folder to make it in.");
        }

        IReadOnlyList<(string Path, string Text)> files = Files(project);
        foreach ((string path, string text) in files)
        {
            string full = Path.Combine(root, path.Replace('/', Path.DirectorySeparatorChar));
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text, new UTF8Encoding(false));
        }

        return [.. files.Select(file => file.Path)];
    }

    private static IReadOnlyList<(string Path, string Text)> Files(NewProject project)
    {
        (string source, string commands) = Languages[project.Language];
        (string function, string about, string description, string call) = Kinds[project.Kind];
        string[] words = project.Name.Split('-');
        string world = project.Wit is null ? project.Name : OnlyWorld(project.Wit);
        Dictionary<string, string> values = new(StringComparer.Ordinal)
        {
            // These two hold names of others, so they come first.
            ["commands"] = commands,
            ["world"] = world,
            ["header"] = world.Replace('-', '_'),
            ["source"] = source,
            ["name"] = project.Name,
            ["snake"] = string.Join('_', words),
            ["upper"] = string.Join('_', words).ToUpperInvariant(),
            ["pascal"] = string.Concat(words.Select(word => char.ToUpper(word[0], CultureInfo.InvariantCulture) + word[1..])),
            ["language"] = project.Language,
            ["function"] = function,
            ["about"] = about,
            ["description"] = description,
            ["call"] = call,
        };
        (string, string)[] editor = project.Language == "ts" ? [("tsconfig.json", Fill("common/tsconfig.json"))] : [];
        if (project.Wit is { } wit)
        {
            return
            [
                .. editor,
                .. GivenWit(wit),
                (Replace(source), Fill($"world/{project.Language}")),
                ("Component.toml", Fill("world/Component.toml")),
                ("README.md", Fill("world/README.md")),
                (".gitignore", Fill("common/gitignore.txt")),
            ];
        }

        return
        [
            ("wit/world.wit", Fill($"{project.Kind}/world.wit")),
            (Replace(source), Fill($"{project.Kind}/{project.Language}")),
            .. project.Dependencies.Select(file => ($"wit/deps/{file.Path}", file.Text)),
            .. Has($"{project.Kind}/test.toml") ? [($"tests/{function}.toml", Fill($"{project.Kind}/test.toml"))] : Array.Empty<(string, string)>(),
            ("Component.toml", Fill(Own("Component.toml"))),
            ("README.md", Fill(project.IsBuilt ? Own("README.md") : "common/README-other.md")),
            (".gitignore", Fill("common/gitignore.txt")),
            .. editor,
        ];

        string Own(string file) => Has($"{project.Kind}/{file}") ? $"{project.Kind}/{file}" : $"common/{file}";

        string Fill(string template) => Replace(Resource(template));

        string Replace(string text) => values.Aggregate(text, (filled, value) => filled.Replace($"@{value.Key}@", value.Value, StringComparison.Ordinal));
    }

    private static string OnlyWorld(string wit)
    {
        WitModel model = WitFolder.Load(wit);
        return model.Root.Worlds is [var only]
            ? only.Name!
            : throw new ProjectException($"{wit} has {model.Root.Worlds.Count} worlds; give WIT with one, or name one with world = \"…\" in a Component.toml of your own.");
    }

    /// <summary>The texts of a WIT file, or of a folder with what it depends on.</summary>
    private static IEnumerable<(string Path, string Text)> GivenWit(string wit)
    {
        if (File.Exists(wit))
        {
            return [("wit/world.wit", File.ReadAllText(wit))];
        }

        EnumerationOptions twoDeep = new() { RecurseSubdirectories = true, MaxRecursionDepth = 2, AttributesToSkip = FileAttributes.ReparsePoint };
        return Directory.EnumerateFiles(wit, "*.wit", twoDeep).Order(StringComparer.Ordinal).Select(file => ("wit/" + Path.GetRelativePath(wit, file).Replace('\\', '/'), File.ReadAllText(file)));
    }

    private static bool Has(string name) => typeof(ProjectTemplate).Assembly.GetManifestResourceInfo($"template/{name}") is not null;

    private static string Resource(string name)
    {
        using Stream stream = typeof(ProjectTemplate).Assembly.GetManifestResourceStream($"template/{name}")
            ?? throw new InvalidOperationException($"the template {name} is missing");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
