using System.Text;
using Atoll.Cli.CommandLine;

namespace Atoll.Cli.Tests;

/// <summary>Runs the command inside of the test process, with its own streams, folder and environment.</summary>
internal sealed class CliRunner : IDisposable
{
    private readonly Dictionary<string, string> _variables = [];

    public CliRunner()
    {
        _variables.Add(CodeStore.Variable, "cache");
        _variables.Add(CodeStore.KeyVariable, "key");
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("atoll-cli-").FullName;

    public string Input { get; set; } = string.Empty;

    public CancellationToken Cancellation { get; set; }

    public CliRunner With(string variable, string value)
    {
        _variables[variable] = value;
        return this;
    }

    public string Write(string name, string content)
    {
        string path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public string Read(string name) => File.ReadAllText(Path.Combine(Folder, name));

    public async Task<CliResult> RunAsync(params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        using MemoryStream guestInput = new(Encoding.UTF8.GetBytes(Input)), guestOutput = new(), guestError = new();
        CliContext context = new()
        {
            Out = output,
            Error = error,
            In = new StringReader(Input),
            OpenStandard = stream => stream switch
            {
                StandardStream.Input => guestInput,
                StandardStream.Output => guestOutput,
                _ => guestError,
            },
            GetVariable = name => _variables.GetValueOrDefault(name),
            CurrentDirectory = Folder,
            Cancellation = Cancellation,
        };
        int code = await AtollCommand.InvokeAsync(args, context);
        return new CliResult(code, output.ToString() + Text(guestOutput), error.ToString() + Text(guestError));

        static string Text(MemoryStream stream) => Encoding.UTF8.GetString(stream.ToArray());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

internal sealed record CliResult(int Code, string Out, string Error);
