using Atoll.Cli.CommandLine;
using Atoll.Wasm;

namespace Atoll.Cli;

/// <summary>One run of a program: what it is given, and how its end becomes an exit code.</summary>
internal sealed record GuestRun
{
    public required string Path { get; init; }

    public IReadOnlyList<DirectoryMapping> Directories { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    public ulong? MaxMemoryBytes { get; init; }

    public TimeSpan? Timeout { get; init; }

    public ulong? Fuel { get; init; }

    public int Start(CliContext context)
    {
        WasmEngine engine = new(new WasmEngineOptions { ConsumeFuel = Fuel is not null });
        WasmModule module = ProgramFile.Explain(Path, () => engine.LoadModule(ProgramFile.ReadBinary(Path, context), context.Cancellation));
        if (!module.Exports.Any(export => export is { Name: "_start", Kind: ExternKind.Function }))
        {
            throw new CliException(
                ExitCodes.BadModule,
                $"{Path} exports no function `_start`, so it is no program. `atoll inspect {Path}` shows what it exports; a library is called from a program that embeds the engine.");
        }

        using Store store = new(engine, new StoreOptions
        {
            MaxMemoryBytes = MaxMemoryBytes,
            Fuel = Fuel,
            Timeout = Timeout,
            CancellationToken = context.Cancellation,
        });
        Linker linker = new(engine);
        try
        {
            Instance instance = ProgramFile.Explain(Path, () => linker.Instantiate(store, module));
            instance.GetFunction("_start")!.Invoke();
            return ExitCodes.Ok;
        }
        catch (GuestExitException exit)
        {
            // Shells see eight bits of it; the rest is the guest's own loss.
            return exit.ExitCode;
        }
    }
}
