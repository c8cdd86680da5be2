using System.Collections.Concurrent;
using Atoll.Fuzz.Generation;
using Atoll.Wasm;

namespace Atoll.Fuzz.Running;

/// <summary>An engine for each combination of options that changes how guests run.</summary>
internal static class EngineVariants
{
    public const ulong MaxMemoryBytes = 32 << 20;
    public const uint MaxTableElements = 20_000;
    private static readonly ConcurrentDictionary<(int Tier, int Options), WasmEngine> Engines = new();

    public static WasmEngine Pick(Choices choices) =>
        Engines.GetOrAdd((choices.Pick(8), choices.Pick(12)), static variant => Make(variant.Tier, variant.Options));

    public static StoreOptions StoreOptions(WasmEngine engine) => engine.Options.ConsumeFuel ? new StoreOptions { Fuel = 1UL << 50 } : new StoreOptions();

    private static WasmEngine Make(int tier, int options)
    {
        WasmEngineOptions common = new()
        {
            Features = WasmFeatures.All,
            ConsumeFuel = options % 3 == 2,
            PortableMemory = options % 2 == 1,
            FaultChecks = options % 4 == 2,
            Interruptible = options < 9,
            Deterministic = options % 5 == 4,
            MaxMemoryBytes = MaxMemoryBytes,
            MaxTableElements = MaxTableElements,
        };
        return new WasmEngine(tier switch
        {
            // Interpreted for ever, or until it is compiled in the middle of the run; compiled at the first call; compiled as a whole.
            0 => common with { EagerCodeBytes = 0, ConsumeFuel = false, ColdRounds = 1_000_000 },
            1 => common with { EagerCodeBytes = 0, ConsumeFuel = false, ColdRounds = 2 },
            2 => common with { EagerCodeBytes = 0, InterpretColdCode = false },
            3 => common with { EachIsGiant = true },
            4 => common with { CodeLifetime = CodeLifetime.Pinned, Profiling = options % 4 == 3 },
            5 => common with { CodeCache = new MemoryCache(), EagerCodeBytes = options % 2 == 0 ? 0 : common.EagerCodeBytes },
            _ => common,
        });
    }
}
