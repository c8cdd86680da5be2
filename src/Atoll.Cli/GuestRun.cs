using Atoll.Cli.CommandLine;
using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasi.Platform;
using Atoll.Wasm;

namespace Atoll.Cli;

/// <summary>One run of a program: what it is given, and how its end becomes an exit code.</summary>
internal sealed record GuestRun
{
    private const int ShownDenials = 5;

    private const int ShownExports = 10;

    /// <summary>Runs what was loaded.</summary>
    private delegate int Program(Grants grants, StoreOptions limits, Action<Store> atEnd);

    public required string Path { get; init; }

    public GuestGrants Granted { get; init; } = new();

    public ulong? MaxMemoryBytes { get; init; }

    public TimeSpan? Timeout { get; init; }

    public ulong? Fuel { get; init; }

    /// <summary>Whether code that was compiled before is looked for.</summary>
    public bool UseCache { get; init; } = true;

    public bool Deterministic { get; init; }

    public bool FaultChecks { get; init; }

    public GuestProfile? Profile { get; init; }

    public StatsForm Stats { get; init; }

    public int Start(CliContext context)
    {
        WasmEngineOptions options = CodeStore.Options(Fuel is not null, UseCache ? CodeStore.OpenExisting(context) : null);
        WasmEngine engine = CodeStore.Engine(options with { StartInterpreted = true, Deterministic = Deterministic, FaultChecks = FaultChecks, Profiling = Profile is not null }, context);
        Program program = Load(engine, context);
        HashSet<string> denied = [];
        Grants grants = Grant(context).OnDecision(decision =>
        {
            if (!decision.Allowed && denied.Count < ShownDenials)
            {
                denied.Add(decision.Capability.ToString());
            }
        });
        using GuestProfiler? profiler = Profile?.Begin();
        StoreOptions limits = new()
        {
            MaxMemoryBytes = MaxMemoryBytes,
            Fuel = Fuel,
            Timeout = Timeout,
            CancellationToken = context.Cancellation,
            CollectStats = Stats != StatsForm.None,
            Profiler = profiler,
        };

        // Shells see eight bits of the guest's exit code; the rest is the guest's own loss.
        int code = ProgramFile.Explain(Path, () => program(grants, limits, store =>
        {
            GuestStats.Write(context.Error, Stats, store);
            Profile?.Write(profiler!, Path, context.Error);
        }));
        if (code != 0)
        {
            foreach (string capability in denied)
            {
                context.Error.WriteLine($"note: the guest asked for {capability}, which was not granted. {Advice(capability)}");
            }
        }

        return code;
    }

    private static string Advice(string capability) => capability[..capability.IndexOf(':', StringComparison.Ordinal)] switch
    {
        "net" when capability.StartsWith("net:listen:", StringComparison.Ordinal) => "Addresses to listen at are granted with --listen.",
        "net" when capability.StartsWith("net:resolve:", StringComparison.Ordinal) => "Names are granted with --resolve or --net.",
        "net" => "Hosts are granted with --net.",
        "config" => "Configuration is granted with --config.",
        "kv" => "Buckets are granted with --kv.",
        _ => "Folders are granted with --dir.",
    };

    private Program Load(WasmEngine engine, CliContext context)
    {
        byte[] bytes = ProgramFile.ReadBinary(Path, context, mayBeComponent: true);
        if (Component.IsComponent(bytes))
        {
            return LoadComponent(ProgramFile.Explain(Path, () => Component.Load(engine, bytes, context.Cancellation)));
        }

        WasmModule module = ProgramFile.Explain(Path, () => engine.LoadModule(bytes, context.Cancellation));
        if (!module.Exports.Any(export => export is { Name: "_start", Kind: ExternKind.Function }))
        {
            throw new CliException(
                ExitCodes.BadModule,
                $"{Path} exports no function `_start`, so it is no program. `atoll inspect {Path}` shows what it exports; a library is called from a program that embeds the engine.");
        }

        Linker linker = new Linker(engine).AddWasiPreview1();
        return (grants, limits, atEnd) => WasiCommand.Run(linker, module, grants, limits, atEnd);
    }

    private Program LoadComponent(Component component)
    {
        if (component.Type.FindExport("wasi:cli/run@0.2.0") is null)
        {
            string[] exports = [.. component.Type.Exports.Select(export => export.Name)];
            string more = exports.Length > ShownExports ? $" and {exports.Length - ShownExports} more" : string.Empty;
            string list = exports.Length == 0 ? "nothing" : string.Join(", ", exports.Take(ShownExports)) + more;
            throw new CliException(
                ExitCodes.BadModule, $"{Path} exports no `wasi:cli/run@0.2.x`, so it is no program. It exports {list}. `atoll invoke {Path}` calls functions of a library.");
        }

        ComponentLinker linker = EarlyStart.Linker;
        return (grants, limits, atEnd) =>
        {
            try
            {
                return WasiCommand.Run(linker, component, grants, limits, atEnd);
            }
            catch (NotSupportedException exception)
            {
                throw new CliException(ExitCodes.BadModule, $"{Path}: {exception.Message}.", exception);
            }
        };
    }

    private Grants Grant(CliContext context)
    {
        Grants grants = Grants.None
            .AllowArguments([System.IO.Path.GetFileName(Path), .. context.GuestArguments])
            .AllowStdin(context.OpenStandard(StandardStream.Input))
            .AllowStdout(context.OpenStandard(StandardStream.Output))
            .AllowStderr(context.OpenStandard(StandardStream.Error))
            .AllowClock(Deterministic ? new VirtualClock(VirtualWorld.Start) : null)
            .AllowRandom(Deterministic ? VirtualWorld.Random(seed: 0) : null)
            .AllowLogging(entry => context.Error.WriteLine(entry.ToString()))
            .AllowMetadata(new ComponentMetadata(System.IO.Path.GetFileNameWithoutExtension(Path)));
        return Granted.AddTo(grants);
    }
}
