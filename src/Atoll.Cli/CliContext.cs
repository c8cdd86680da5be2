using System.Text;

namespace Atoll.Cli;

/// <summary>What a verb may use of the world, so that tests can give it another one.</summary>
internal sealed record CliContext
{
    /// <summary>Where answers go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where errors, progress and questions go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Where answers to questions come from.</summary>
    public required TextReader In { get; init; }

    /// <summary>Opens standard input, output or error as bytes for a guest or a transport.</summary>
    public required Func<StandardStream, Stream> OpenStandard { get; init; }

    public required Func<string, string?> GetVariable { get; init; }

    public required string CurrentDirectory { get; init; }

    /// <summary>Whether a person sits at the other end of questions and answers.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>What the user typed after PROGRAM; only <c>run</c> has some.</summary>
    public IReadOnlyList<string> GuestArguments { get; init; } = [];

    public CancellationToken Cancellation { get; init; }

    public static CliContext ForProcess(CancellationToken cancellation) => new()
    {
        Out = new LazyWriter(() => new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = false, NewLine = "\n" }),
        Error = new LazyWriter(() => new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" }),
        In = new LazyReader(() => Console.In),
        OpenStandard = stream => stream switch
        {
            StandardStream.Input => Console.OpenStandardInput(),
            StandardStream.Output => Console.OpenStandardOutput(),
            _ => Console.OpenStandardError(),
        },
        GetVariable = Environment.GetEnvironmentVariable,
        CurrentDirectory = ReadCurrentDirectory(),
        IsTerminal = !Console.IsInputRedirected && !Console.IsErrorRedirected,
        Cancellation = cancellation,
    };

    /// <exception cref="CliException">Somebody removed the folder that the command was started in.</exception>
    private static string ReadCurrentDirectory()
    {
        try
        {
            return Environment.CurrentDirectory;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Failed("the folder that this was started in is gone, or may not be looked into. Change to another folder and try again.", exception);
        }
    }

    /// <summary>The full path of a path that the user typed.</summary>
    public string Resolve(string path) => Path.GetFullPath(path, CurrentDirectory);
}

internal enum StandardStream
{
    Input,
    Output,
    Error,
}
