using System.CommandLine;
using System.Text;
using Atoll.Cli.CommandLine;
using Atoll.Wasi;
using Atoll.Wit;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll wit vendor</c>: copies packages that the host has into a project.</summary>
internal sealed class WitVendorVerb : Verb
{
    private readonly Argument<string> _package = new("PACKAGE") { HelpName = "PACKAGE", Description = "The package: atoll:platform, wasi:http and so on, with its version or without." };

    private readonly Argument<string> _folder = new("DIR") { HelpName = "DIR", Description = "The folder with the project's own WIT (default: wit).", DefaultValueFactory = _ => "wit" };

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "vendor";

    public override string Summary => "Copy WIT that the host has, with all that it needs, into a project's deps folder.";

    public override string Remarks =>
        $"The packages are {string.Join(", ", WitLibrary.Packages)}. Each becomes a folder in DIR/deps; files that are there already are replaced, others stay. "
        + "Then the project's WIT can say `include atoll:platform/tool@0.1.0;` or `import wasi:http/outgoing-handler@0.2.12;`.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll wit vendor atoll:platform", "writes wit/deps/atoll-platform/*.wit and the packages of WASI that it needs"),
        new("atoll wit vendor wasi:http api/wit --json", "prints {\"package\":…,\"files\":[…]}"),
    ];

    public override void Define(Command command)
    {
        command.Add(_package);
        command.Add(_folder);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        WitLibraryPackage package = WitInput.Open(arguments.GetValue(_package)!);
        string folder = context.Resolve(Path.Combine(arguments.GetValue(_folder)!, "deps"));
        List<string> written = [];
        try
        {
            foreach (WitFile file in package.Vendored)
            {
                string path = Path.Combine(folder, file.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(file.Text)));
                written.Add(Path.GetRelativePath(context.CurrentDirectory, path));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Failed($"{folder} cannot be written: {exception.Message}");
        }

        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("package", package.Name);
                writer.WriteStartArray("files");
                written.ForEach(writer.WriteStringValue);
                writer.WriteEndArray();
            });
        }
        else
        {
            written.ForEach(context.Out.WriteLine);
        }

        return Task.FromResult(ExitCodes.Ok);
    }
}
