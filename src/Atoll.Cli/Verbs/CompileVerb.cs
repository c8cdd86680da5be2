using System.CommandLine;
using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Wasm;
using Atoll.Wasm.Caching;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll compile</c>: compiles a program ahead of its runs.</summary>
internal sealed class CompileVerb : Verb
{
    private readonly Argument<string> _file = CommonOptions.File("FILE", "A module or component: .wasm, or the text of a module: .wat.");

    private readonly Option<bool> _fuel = new("--fuel") { Description = "For runs with --fuel, whose code counts instructions." };

    private readonly Option<bool> _faultChecks = CommonOptions.FaultChecks();

    private readonly Option<string?> _crossgen = CommonOptions.Text("--crossgen", "PATH", "The crossgen2 program. Without this it is looked for among the NuGet packages of the user.");

    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "compile";

    public override string Summary => "Compile a program ahead of time, so that it starts faster.";

    public override string Remarks =>
        $"The code goes into a folder of the user's own (`atoll cache list` shows it; {CodeStore.Variable} names another), where `atoll run` finds it. It holds for this build of Atoll, " +
        "this version of .NET and this processor; after a change of any of them, compile again. Machine code is made with crossgen2, which publishing any .NET program with " +
        "PublishReadyToRun brings; without it only validation and the translation to .NET's own code are saved.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed, ExitCodes.BadModule, ExitCodes.Cancelled];

    public override IReadOnlyList<Example> Examples =>
    [
        new("atoll compile app.wasm", "from now on `atoll run app.wasm` starts without compiling"),
        new("atoll compile app.wasm --json", "prints {\"file\":…,\"key\":…,\"tool\":…,\"bytes\":…}; of a component with several modules \"keys\""),
    ];

    public override void Define(Command command)
    {
        command.Add(_fuel);
        command.Add(_faultChecks);
        command.Add(_crossgen);
        command.Add(_json);
        command.Add(_file);
    }

    public override async Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string path = arguments.GetValue(_file)!;
        string? given = arguments.GetValue(_crossgen) is { } text ? context.Resolve(text) : null;
        AheadOfTimeCompiler? compiler = AheadOfTimeCompiler.Find(given);
        if (compiler is null && given is not null)
        {
            throw CliException.Failed($"--crossgen: {given} is no file.");
        }

        DiskCodeCache cache = CodeStore.Open(context);
        WasmEngine engine = CodeStore.Engine(CodeStore.Options(arguments.GetValue(_fuel), cache: null) with { FaultChecks = arguments.GetValue(_faultChecks) }, context);
        IReadOnlyList<ModuleCode> codes = Compile(path, engine, context);
        if (compiler is null)
        {
            context.Error.WriteLine("note: crossgen2 was not found, so no machine code is made. Publish any .NET program with PublishReadyToRun once, or give --crossgen.");
        }

        List<CacheEntry> entries = [];
        foreach (ModuleCode code in codes)
        {
            IReadOnlyList<ReadOnlyMemory<byte>> images = compiler is null ? code.Images : await MakeMachineCodeAsync(compiler, code, path, context).ConfigureAwait(false);
            entries.Add(Store(cache, code.Key, images, path, compiler?.Version));
        }

        Report(path, cache, entries, compiler?.Version, arguments.GetValue(_json), context);
        return ExitCodes.Ok;
    }

    /// <summary>A module, or all modules of a component.</summary>
    private static IReadOnlyList<ModuleCode> Compile(string path, WasmEngine engine, CliContext context)
    {
        byte[] bytes = ProgramFile.ReadBytes(path, context);
        return Component.IsComponent(bytes)
            ? ProgramFile.Explain(path, () => Component.CompileForCache(engine, bytes, context.Cancellation))
            : ProgramFile.Explain(path, () => new[] { engine.CompileForCache(ProgramFile.ReadBinary(path, context), context.Cancellation) });
    }

    private static void Report(string path, DiskCodeCache cache, List<CacheEntry> entries, string? tool, bool json, CliContext context)
    {
        long bytes = entries.Sum(entry => entry.Bytes);
        if (!json)
        {
            string modules = entries.Count == 1 ? "" : $" ({entries.Count} modules)";
            context.Out.WriteLine($"{path}: {Quantities.FormatSize(bytes)} in {cache.Directory}{modules}{(tool is null ? "" : $", machine code by {tool}")}");
            return;
        }

        JsonOutput.Write(context.Out, writer =>
        {
            writer.WriteString("file", path);
            if (entries.Count == 1)
            {
                writer.WriteString("key", entries[0].Key);
            }
            else
            {
                writer.WriteStartArray("keys");
                entries.ForEach(entry => writer.WriteStringValue(entry.Key));
                writer.WriteEndArray();
            }

            writer.WriteString("tool", tool);
            writer.WriteNumber("bytes", bytes);
        });
    }

    private static async Task<IReadOnlyList<ReadOnlyMemory<byte>>> MakeMachineCodeAsync(AheadOfTimeCompiler compiler, ModuleCode code, string path, CliContext context)
    {
        try
        {
            return await compiler.CompileAsync(code, new PartsDone(path, code.Images.Length, context.Error), context.Cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or System.ComponentModel.Win32Exception)
        {
            throw CliException.Failed($"machine code cannot be made: {exception.Message}", exception);
        }
    }

    private static CacheEntry Store(DiskCodeCache cache, string key, IReadOnlyList<ReadOnlyMemory<byte>> images, string path, string? tool)
    {
        try
        {
            return cache.Store(key, images, Path.GetFileName(path), tool);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Failed($"compiled code cannot be kept in {cache.Directory}: {exception.Message}", exception);
        }
    }

    /// <summary>Says about every tenth of the way how far a large module is: some take minutes.</summary>
    private sealed class PartsDone(string path, int count, TextWriter output) : IProgress<int>
    {
        private readonly Lock _lock = new();
        private int _said;

        public void Report(int value)
        {
            lock (_lock)
            {
                int tenth = value * 10 / count;
                if (count > 1 && tenth > _said)
                {
                    _said = tenth;
                    output.WriteLine($"{path}: {value} of {count} parts have machine code");
                }
            }
        }
    }
}
