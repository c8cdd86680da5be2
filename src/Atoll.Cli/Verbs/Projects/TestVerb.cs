using System.CommandLine;
using System.Globalization;
using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toml;
using Atoll.Wasm;

namespace Atoll.Cli.Verbs.Projects;

/// <summary><c>atoll test</c>: a project's tests.</summary>
internal sealed class TestVerb : Verb
{
    private const int MaxTestFileBytes = SourceText.MaxBytes;

    private readonly Argument<string> _folder = ProjectInput.Folder();

    private readonly Option<string?> _filter = CommonOptions.Text("--filter", "TEXT", "Run the cases whose file or name holds this text.");

    private readonly Option<bool> _install = ProjectInput.Install();

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "test";

    public override string Summary => "Build a project and run its tests.";

    public override string Remarks =>
        "The tests are tests/*.toml. A case is [[case]] with call = 'greet(\"Ada\")' and returns = '\"Hello, Ada!\"', both in WAVE, or traps = true; a component that answers HTTP has "
        + "request = { path = \"/\" } and response = { status = 200 } instead. name and log = [\"…\"] (the lines that it writes) may be added. Each case has a fresh instance, a clock that stands at one time, and random numbers that are always the same.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll test", "builds the project of this folder, runs all cases and ends with `3 passed, 0 failed`"),
        new("atoll test greeter --filter alphabet", "runs the cases of greeter/ that have `alphabet` in their name"),
        new("atoll test --json", "prints {\"passed\":…,\"failed\":…,\"cases\":[{\"file\":…,\"name\":…,\"ok\":…,\"ms\":…,\"problem\":…}]}"),
    ];

    public override void Define(Command command)
    {
        command.Add(_filter);
        command.Add(_install);
        command.Add(_json);
        command.Add(_folder);
    }

    public override async Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        ProjectFolder project = ProjectFolder.Open(context.Resolve(arguments.GetValue(_folder)!));
        BuildResult built = await ProjectInput.BuildAsync(ProjectInput.Builder(context), project, new BuildRequest(), arguments.GetValue(_install), context).ConfigureAwait(false);
        ProjectInput.WriteWarnings(built.Warnings, context);
        TestFile[] files = ReadFiles(project);
        byte[] bytes = await File.ReadAllBytesAsync(project.PathTo(built.Artifact), context.Cancellation).ConfigureAwait(false);
        Component component = Component.Load(new WasmEngine(CodeStore.Options(false, CodeStore.OpenExisting(context)) with { StartInterpreted = true }), bytes, context.Cancellation);
        List<TestOutcome> outcomes = [];
        bool json = arguments.GetValue(_json);
        foreach (TestOutcome outcome in new TestRun(component, file => TestHost.Make(component, file, context.Cancellation)).Run(files, arguments.GetValue(_filter), context.Cancellation))
        {
            outcomes.Add(outcome);
            if (!json)
            {
                Write(outcome, context);
            }
        }

        if (outcomes.Count == 0)
        {
            throw CliException.Failed(files.Length == 0
                ? "the project has no tests. Write tests/first.toml with [[case]], call = '…' and returns = '…'."
                : $"no case has `{arguments.GetValue(_filter)}` in its file or name.");
        }

        int failed = outcomes.Count(outcome => outcome.Problem is not null);
        if (json)
        {
            WriteJson(outcomes, failed, context);
        }
        else
        {
            context.Out.WriteLine($"{outcomes.Count - failed} passed, {failed} failed");
        }

        return failed == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static TestFile[] ReadFiles(ProjectFolder project)
    {
        List<TestFile> files = [];
        List<Diagnostic> errors = [];
        foreach (string path in project.FilesIn("tests", ".toml"))
        {
            try
            {
                if (new FileInfo(project.PathTo(path)).Length > MaxTestFileBytes)
                {
                    throw new ProjectException($"{path} is larger than {MaxTestFileBytes} bytes. Split it.");
                }

                files.Add(TestFile.Read(path, File.ReadAllBytes(project.PathTo(path))));
            }
            catch (DiagnosticException exception)
            {
                errors.AddRange(exception.Diagnostics);
            }
        }

        return errors.Count == 0 ? [.. files] : throw new DiagnosticException(errors);
    }

    private static void Write(TestOutcome outcome, CliContext context)
    {
        string milliseconds = outcome.Time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
        context.Out.WriteLine($"{(outcome.Problem is null ? "ok    " : "FAILED")} {outcome.File}: {outcome.Name} ({milliseconds} ms)");
        foreach (string line in outcome.Problem?.Split('\n') ?? [])
        {
            context.Out.WriteLine($"       {line}");
        }
    }

    private static void WriteJson(List<TestOutcome> outcomes, int failed, CliContext context) => JsonOutput.Write(context.Out, writer =>
    {
        writer.WriteNumber("passed", outcomes.Count - failed);
        writer.WriteNumber("failed", failed);
        JsonOutput.Array(writer, "cases", outcomes, outcome =>
        {
            writer.WriteString("file", outcome.File);
            writer.WriteString("name", outcome.Name);
            writer.WriteBoolean("ok", outcome.Problem is null);
            writer.WriteNumber("ms", Math.Round(outcome.Time.TotalMilliseconds, 3));
            writer.WriteString("problem", outcome.Problem);
        });
    });
}
