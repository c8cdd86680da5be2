using System.CommandLine;
using System.Text.Json;
using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wit;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll wit</c>: interfaces and worlds.</summary>
internal sealed class WitVerb : Verb
{
    public override string Name => "wit";

    public override string Summary => "Check, print and compare WIT: the interfaces of components.";

    public override IReadOnlyList<Verb> Children { get; } = [new WitCheckVerb(), new WitPrintVerb(), new WitCompatVerb(), new WitVendorVerb()];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll wit check wit/", "reads the package in wit/ and its dependencies in wit/deps/"),
        new("atoll wit compat old.wit new.wit", "tells whether a component of the new world can take the place of one of the old"),
    ];
}

/// <summary>What the children have in common: where WIT is read from, and which features are on.</summary>
internal static class WitInput
{
    public static Argument<string> Source(string name, string description) => CommonOptions.File(name, description);

    public static Option<string[]> Features() =>
        CommonOptions.Many("--feature", "NAME", "Take in items that are @unstable(feature = NAME); `*` takes in all. May be given several times.");

    public static WitModel Load(string path, string[]? features, CliContext context)
    {
        string[] names = features ?? [];
        WitOptions options = new() { Features = names, AllFeatures = names.Contains("*") };
        string full = context.Resolve(path);
        if (!File.Exists(full) && !Directory.Exists(full) && path.Contains(':') && WitLibrary.Packages.Contains(path.Split('@')[0]))
        {
            return Open(path).Load(options);
        }

        try
        {
            return File.Exists(full) && ProgramFile.IsWasm(full) ? OfBinary(path, context) : WitFolder.Load(full, options);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CliException.Failed($"{path} does not exist. Check the path (looked at {full}).", exception);
        }
    }

    /// <summary>A package that the command brings along.</summary>
    public static WitLibraryPackage Open(string name)
    {
        try
        {
            return WitLibrary.Open(name);
        }
        catch (ArgumentException exception)
        {
            throw CliException.Usage($"{exception.Message.Split(" (Parameter", 2)[0]}.");
        }
    }

    /// <summary>The world of a component, or the WIT that a binary carries.</summary>
    private static WitModel OfBinary(string path, CliContext context)
    {
        try
        {
            return ProgramFile.Explain(path, () => ComponentWit.Read(ProgramFile.ReadBytes(path, context)));
        }
        catch (NotSupportedException exception)
        {
            throw CliException.Failed($"{path}: {exception.Message}.");
        }
    }

    public static WitWorld SelectWorld(WitModel model, string? name, string path)
    {
        try
        {
            return model.SelectWorld(name);
        }
        catch (ArgumentException exception)
        {
            throw CliException.Usage($"{path}: {exception.Message}. Name one with --world.");
        }
    }
}

/// <summary><c>atoll wit check</c>.</summary>
internal sealed class WitCheckVerb : Verb
{
    private readonly Argument<string> _source = WitInput.Source("PATH", "A .wit file, a folder with .wit files and its dependencies in deps/, a component: then its world, or a package of the host such as atoll:platform.");

    private readonly Option<string[]> _features = WitInput.Features();

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "check";

    public override string Summary => "Tell whether WIT is right, and what is in it.";

    public override string Remarks => "Every error is shown with its file, line, column and the line itself.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll wit check wit/", "prints the packages with their interfaces and worlds, or all errors"),
        new("atoll wit check api.wit --json", "prints {\"ok\":…,\"packages\":[…],\"errors\":[…]}"),
    ];

    public override void Define(Command command)
    {
        command.Add(_source);
        command.Add(_features);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string path = arguments.GetValue(_source)!;
        WitModel? model = null;
        IReadOnlyList<WitError> errors = [];
        try
        {
            model = WitInput.Load(path, arguments.GetValue(_features), context);
        }
        catch (WitException exception) when (arguments.GetValue(_json))
        {
            errors = exception.Errors;
        }

        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer => Write(writer, model, errors));
        }
        else
        {
            foreach (WitPackage package in model!.Packages)
            {
                context.Out.WriteLine($"{package.Name}: {Count(package.Interfaces.Count, "interface")}, {Count(package.Worlds.Count, "world")}");
            }
        }

        return Task.FromResult(errors.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed);
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private static void Write(Utf8JsonWriter writer, WitModel? model, IReadOnlyList<WitError> errors)
    {
        writer.WriteBoolean("ok", errors.Count == 0);
        writer.WriteStartArray("packages");
        foreach (WitPackage package in model?.Packages ?? [])
        {
            writer.WriteStartObject();
            writer.WriteString("name", package.Name.ToString());
            WriteNames("interfaces", package.Interfaces);
            WriteNames("worlds", package.Worlds);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("errors");
        foreach (WitError error in errors)
        {
            writer.WriteStartObject();
            writer.WriteString("file", error.Path);
            writer.WriteNumber("line", error.Line);
            writer.WriteNumber("column", error.Column);
            writer.WriteNumber("length", error.Length);
            writer.WriteString("message", error.Message);
            if (error.Hint is not null)
            {
                writer.WriteString("help", error.Hint);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();

        void WriteNames(string name, IEnumerable<WitItemOwner> items)
        {
            writer.WriteStartArray(name);
            foreach (WitItemOwner item in items)
            {
                writer.WriteStringValue(item.Name);
            }

            writer.WriteEndArray();
        }
    }
}

/// <summary><c>atoll wit print</c>.</summary>
internal sealed class WitPrintVerb : Verb
{
    private readonly Argument<string> _source = WitInput.Source("PATH", "A .wit file, a folder with .wit files and its dependencies in deps/, a component: then its world, or a package of the host such as atoll:platform.");

    private readonly Option<string[]> _features = WitInput.Features();

    private readonly Option<string?> _output = new("--output", "-o") { HelpName = "OUT", Description = "The file that is written (.wit). Default: standard output." };

    public override string Name => "print";

    public override string Summary => "Write WIT as one text: the package, then its dependencies in braces.";

    public override string Remarks => "Names are resolved and included worlds written out; what is printed reads back as the same packages.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples => 
    [
        new("atoll wit print wit/ -o all.wit", "puts a folder with dependencies into one file"),
        new("atoll wit print tool.wasm", "shows what a component imports and exports"),
        new("atoll wit print atoll:platform --feature '*'", "shows the interfaces that the host gives, also those that are planned"),
    ];

    public override void Define(Command command)
    {
        command.Add(_source);
        command.Add(_features);
        command.Add(_output);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string text = WitInput.Load(arguments.GetValue(_source)!, arguments.GetValue(_features), context).ToString();
        if (arguments.GetValue(_output) is { } output)
        {
            AtomicFile.Write(context.Resolve(output), stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
        }
        else
        {
            context.Out.Write(text);
        }

        return Task.FromResult(ExitCodes.Ok);
    }
}

/// <summary><c>atoll wit compat</c>.</summary>
internal sealed class WitCompatVerb : Verb
{
    private readonly Argument<string> _old = WitInput.Source("OLD", "The world that is there: a .wit file, a folder, or a component.");

    private readonly Argument<string> _new = WitInput.Source("NEW", "The world that shall take its place.");

    private readonly Option<string?> _world = CommonOptions.Text("--world", "NAME", "The world to compare, in both. Default: the only one.");

    private readonly Option<string[]> _features = WitInput.Features();

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "compat";

    public override string Summary => "Tell whether a component of a new world can take the place of one of an old world.";

    public override string Remarks =>
        "The new world may import less and export more; what both have must have the same types. Interfaces are matched by name and compatible version "
        + "(0.2.0 and 0.2.3 are, 0.2.0 and 0.3.0 are not).";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll wit compat v1/wit v2/wit", "ends with code 0 if it can, else prints every difference and ends with code 1"),
        new("atoll wit compat a.wit b.wit --world plugin --json", "prints {\"compatible\":…,\"differences\":[…]}"),
    ];

    public override void Define(Command command)
    {
        command.Add(_old);
        command.Add(_new);
        command.Add(_world);
        command.Add(_features);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        (string oldPath, string newPath) = (arguments.GetValue(_old)!, arguments.GetValue(_new)!);
        string[]? features = arguments.GetValue(_features);
        string? world = arguments.GetValue(_world);
        WitWorld old = WitInput.SelectWorld(WitInput.Load(oldPath, features, context), world, oldPath);
        WitWorld @new = WitInput.SelectWorld(WitInput.Load(newPath, features, context), world, newPath);
        IReadOnlyList<WorldDifference> differences = WorldComparison.Compare(old, @new);
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteBoolean("compatible", differences.Count == 0);
                writer.WriteStartArray("differences");
                foreach (WorldDifference difference in differences)
                {
                    writer.WriteStartObject();
                    writer.WriteString("path", difference.Path);
                    writer.WriteString("message", difference.Message);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            });
        }
        else
        {
            foreach (WorldDifference difference in differences)
            {
                context.Out.WriteLine(difference.ToString());
            }

            context.Out.WriteLine(differences.Count == 0
                ? $"compatible: {@new.QualifiedName} can take the place of {old.QualifiedName}"
                : $"not compatible: {differences.Count} difference{(differences.Count == 1 ? "" : "s")}");
        }

        return Task.FromResult(differences.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed);
    }
}
