using System.CommandLine;
using System.Globalization;
using System.Text;
using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll wast</c>: runs scripts of the official test suite.</summary>
internal sealed class WastVerb : Verb
{
    private readonly Argument<string[]> _files = new("FILES")
    {
        HelpName = "FILES",
        Description = "Scripts (.wast), or folders: all scripts in them.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<TimeSpan?> _timeout = Quantities.DurationOption("--timeout", "Stop a script after this time; it counts as a failure.");

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "wast";

    public override string Summary => "Run scripts of the WebAssembly test suite.";

    public override string Remarks =>
        "Every script has an engine of its own. The closing line counts assertions: `wast: passed=N failed=N skipped=N`. A script that cannot be read counts as one failure. Nothing is skipped.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll wast i32.wast", "runs one script and prints each assertion that does not hold, as file:line: message"),
        new("atoll wast testsuite/core --json", "runs a folder and prints the counts and failures as JSON"),
    ];

    public override void Define(Command command)
    {
        command.Add(_files);
        command.Add(_timeout);
        command.Add(_json);
    }

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        bool json = arguments.GetValue(_json);
        StoreOptions store = new() { Timeout = arguments.GetValue(_timeout) };
        int passed = 0;
        List<WastFailure> failures = [];
        foreach (string file in arguments.GetValue(_files)!.SelectMany(file => Expand(file, context)))
        {
            WastResult result = RunOne(file, store, context);
            passed += result.Passed;
            failures.AddRange(result.Failures);
            foreach (WastFailure failure in json ? [] : result.Failures)
            {
                context.Out.WriteLine(failure.ToString());
            }
        }

        if (json)
        {
            WriteJson(context, passed, failures);
        }
        else
        {
            context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"wast: passed={passed} failed={failures.Count} skipped=0"));
        }

        return Task.FromResult(failures.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed);
    }

    private static WastResult RunOne(string file, StoreOptions store, CliContext context)
    {
        try
        {
            string text = Encoding.UTF8.GetString(ProgramFile.ReadBytes(file, context));
            return ComponentScript.Run(text, new WastOptions { FileName = file, Store = store, Engine = new WasmEngineOptions { Features = WasmFeatures.All } }, context.Cancellation);
        }
        catch (Exception exception) when (exception is WasmException or CliException)
        {
            return new WastResult(0, [new WastFailure(file, 0, exception.Message)]);
        }
    }

    private static string[] Expand(string path, CliContext context)
    {
        string full = context.Resolve(path);
        if (!Directory.Exists(full))
        {
            return [path];
        }

        string[] files = [.. Directory.EnumerateFiles(full, "*.wast", SearchOption.AllDirectories).Select(file => Path.Combine(path, Path.GetRelativePath(full, file))).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw CliException.Failed($"there is no script (.wast) in the folder {path}.");
    }

    private static void WriteJson(CliContext context, int passed, List<WastFailure> failures) => JsonOutput.Write(context.Out, writer =>
    {
        writer.WriteNumber("passed", passed);
        writer.WriteNumber("failed", failures.Count);
        writer.WriteNumber("skipped", 0);
        writer.WriteStartArray("failures");
        foreach (WastFailure failure in failures)
        {
            writer.WriteStartObject();
            writer.WriteString("file", failure.File);
            writer.WriteNumber("line", failure.Line);
            writer.WriteString("message", failure.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });
}
