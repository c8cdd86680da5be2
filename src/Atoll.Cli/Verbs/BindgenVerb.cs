using System.CommandLine;
using System.Text;
using Atoll.Cli.CommandLine;
using Atoll.Sdk;
using Atoll.Wit;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll bindgen</c>: what guests need to speak of a world in their own language.</summary>
internal sealed class BindgenVerb : Verb
{
    public override string Name => "bindgen";

    public override string Summary => "Write bindings of a WIT world for a guest's language.";

    public override IReadOnlyList<Verb> Children { get; } =
    [
        new BindgenLanguageVerb("c", GuestLanguage.C, "C", "src"),
        new BindgenLanguageVerb("assemblyscript", GuestLanguage.AssemblyScript, "AssemblyScript", "assembly"),
        new BindgenLanguageVerb("rust", GuestLanguage.Rust, "Rust", "src"),
        new BindgenLanguageVerb("js", GuestLanguage.JavaScript, "JavaScript", "src/bindings"),
        new BindgenLanguageVerb("ts", GuestLanguage.TypeScript, "TypeScript", "src/bindings"),
    ];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll bindgen c wit/ -o src", "writes a header and a source for the only world of wit/ into src"),
    ];
}

/// <summary><c>atoll bindgen LANGUAGE</c>.</summary>
internal sealed class BindgenLanguageVerb(string name, GuestLanguage language, string title, string folder) : Verb
{
    /// <summary>What generated files say of themselves near their beginning.</summary>
    private const string Mark = "atoll bindgen";

    private const int MarkWithin = 512;

    private readonly Argument<string> _wit = WitInput.Source("WIT", "A .wit file, a folder with .wit files and its dependencies in deps/, or a component.");

    private readonly Option<string?> _world = CommonOptions.Text("--world", "NAME", "The world that the guest is of. Default: the only one.");

    private readonly Option<string[]> _features = WitInput.Features();

    private readonly Option<string?> _output = new("--output", "-o") { HelpName = "DIR", Description = "The folder that the files are written to; it is made if need be. Default: this one." };

    private readonly Option<string?> _prefix = CommonOptions.Text("--prefix", "NAME", "What names of generated files and types begin with, in kebab case. Default: the world's name.");

    private readonly Option<bool> _freestanding = new("--freestanding")
    {
        Description = "Do without a C library (wasm32-unknown-unknown): a small allocator comes with the source.",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Also replace files that atoll bindgen did not write." };

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => name;

    public override string Summary => $"Write bindings for {title}.";

    // In the other languages modules and classes keep names apart.
    private bool HasPrefix => language is GuestLanguage.C or GuestLanguage.AssemblyScript;

    public override string Remarks => "Files that were generated before are replaced; others only with --force. docs/sdk.md says how types and ownership look in the language.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule];

    public override IReadOnlyList<Example> Examples =>
    [
        new($"atoll bindgen {name} wit/ --world plugin -o {folder}", $"writes the bindings of the world plugin into {folder}"),
        new($"atoll bindgen {name} api.wit --json", "also prints {\"world\":…,\"files\":[{\"path\":…,\"bytes\":…}]}"),
    ];

    public override void Define(Command command)
    {
        command.Add(_wit);
        command.Add(_world);
        command.Add(_features);
        command.Add(_output);
        if (HasPrefix)
        {
            command.Add(_prefix);
        }

        if (language == GuestLanguage.C)
        {
            command.Add(_freestanding);
        }

        command.Add(_force);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string wit = arguments.GetValue(_wit)!;
        WitModel model = WitInput.Load(wit, arguments.GetValue(_features), context);
        WitWorld world = WitInput.SelectWorld(model, arguments.GetValue(_world), wit);
        GuestBindingsOptions options = new()
        {
            Prefix = HasPrefix && arguments.GetValue(_prefix) is { } prefix ? Checked(prefix) : null,
            IsFreestanding = language == GuestLanguage.C && arguments.GetValue(_freestanding),
        };
        IReadOnlyList<GeneratedFile> files;
        try
        {
            files = GuestBindings.Generate(language, model, world, options);
        }
        catch (GuestBindingsException exception)
        {
            throw CliException.Failed($"{wit}: {exception.Message}", exception);
        }

        Write(files, arguments.GetValue(_output) ?? ".", arguments.GetValue(_force), context);
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("world", world.QualifiedName);
                writer.WriteStartArray("files");
                foreach (GeneratedFile file in files)
                {
                    writer.WriteStartObject();
                    writer.WriteString("path", file.Path);
                    writer.WriteNumber("bytes", Encoding.UTF8.GetByteCount(file.Text));
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            });
        }

        return Task.FromResult(ExitCodes.Ok);
    }

    private static string Checked(string prefix) =>
        prefix.Length > 0 && char.IsAsciiLetter(prefix[0]) && prefix.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-') && !prefix.EndsWith('-')
            ? prefix
            : throw CliException.Usage($"`{prefix}` is no prefix. Write words of letters and digits with hyphens between them, for example my-plugin.");

    /// <summary>Looks at all files first, so that either all are written or none.</summary>
    private static void Write(IReadOnlyList<GeneratedFile> files, string folder, bool force, CliContext context)
    {
        string root = context.Resolve(folder);
        foreach (GeneratedFile file in files)
        {
            string path = Path.Combine(root, file.Path);
            if (!force && File.Exists(path) && !IsGenerated(path))
            {
                throw CliException.Failed($"{Path.Combine(folder, file.Path)} is there, and atoll bindgen did not write it. Move it away, choose another folder with -o, or give --force.");
            }
        }

        foreach (GeneratedFile file in files)
        {
            string path = Path.Combine(root, file.Path);
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw CliException.Failed($"the folder of {path} cannot be made: {exception.Message}", exception);
            }

            AtomicFile.Write(path, Encoding.UTF8.GetBytes(file.Text));
        }
    }

    private static bool IsGenerated(string path)
    {
        using StreamReader reader = new(path);
        char[] start = new char[MarkWithin];
        int count = reader.ReadBlock(start, 0, start.Length);
        return start.AsSpan(0, count).Contains(Mark, StringComparison.Ordinal);
    }
}
