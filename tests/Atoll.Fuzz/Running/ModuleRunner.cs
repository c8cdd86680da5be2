using System.Collections.Concurrent;
using Atoll.Fuzz.Generation;
using Atoll.Reference;
using Atoll.Reference.Comparison;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Running;

/// <summary>What became of a module.</summary>
/// <param name="Problem">How the two sides differ, or what was thrown that must not be; null when all is well.</param>
/// <param name="Refusal">Why the module was refused by decoder or validator, or null.</param>
/// <param name="Executions">Calls that were compared.</param>
internal sealed record RunReport(string? Problem, string? Refusal, int Executions);

/// <summary>Instantiates a module on the interpreter and on the engine, calls its exports some times, and compares all that can be seen.</summary>
internal static class ModuleRunner
{
    /// <summary>Instructions that one call may execute on the interpreter; what needs more is not compared.</summary>
    private const long StepsPerCall = 400_000;

    private const long StepsPerModule = 2_000_000;
    private const int Rounds = 3;
    private const ulong MaxMemoryBytes = 32 << 20;
    private const uint MaxTableElements = 20_000;
    private static readonly ConcurrentDictionary<int, WasmEngine> Engines = new();

    /// <summary>Runs a module; the seed decides on the options of the engine and on the arguments.</summary>
    public static RunReport Run(byte[] bytes, ulong seed)
    {
        Choices choices = new(seed);
        WasmEngine engine = EngineFor(choices.Pick(12));
        WasmModule module;
        Allowance allowance = new(bytes.Length);
        try
        {
            engine.Validate(bytes);
            if (allowance.Problem("decoding and validation") is { } problem)
            {
                return new RunReport(problem, null, 0);
            }

            module = engine.LoadModule(bytes);
        }
        catch (Exception exception) when (exception is MalformedModuleException or InvalidModuleException)
        {
            return new RunReport(allowance.Problem("decoding and validation"), $"{exception.GetType().Name}: {exception.Message}", 0);
        }
        catch (Exception exception)
        {
            return new RunReport($"while loading: {Outcome.Describe(exception)}", null, 0);
        }

        Interpreter interpreter = new() { MaxMemoryBytes = MaxMemoryBytes, MaxTableElements = MaxTableElements, MaxCallDepth = 2000, StepsLeft = StepsPerCall };
        StoreOptions store = engine.Options.ConsumeFuel ? new StoreOptions { Fuel = 1UL << 50 } : new StoreOptions();
        using Pair pair = new(interpreter, engine, store);
        return new RunReport(Run(pair, module, choices), null, pair.Compared);
    }

    /// <summary>An engine for each combination of options that changes the code.</summary>
    private static WasmEngine EngineFor(int variant) => Engines.GetOrAdd(variant, static variant => new WasmEngine(new WasmEngineOptions
    {
        Features = WasmFeatures.All,
        ConsumeFuel = variant % 3 == 2,
        PortableMemory = variant % 2 == 1,
        Interruptible = variant < 9,
        MaxMemoryBytes = MaxMemoryBytes,
        MaxTableElements = MaxTableElements,
    }));

    private static string? Run(Pair pair, WasmModule module, Choices choices)
    {
        try
        {
            Supply(pair, module.Definition);
        }
        catch (Exception exception) when (exception is ReferenceLimitException or LimitExceededException or ArgumentException)
        {
            // An import so large that no host has it.
            return null;
        }

        (Outcome reference, PairInstance? instance, string? difference) = pair.Instantiate(module);
        if (difference is not null || instance is null)
        {
            return difference is null ? null : $"instantiation: {difference}";
        }

        long left = StepsPerModule;
        for (int round = 0; round < Rounds; round++)
        {
            foreach (ExportDefinition export in module.Definition.Exports.Where(export => export.Kind == ExternKind.Function))
            {
                Slot[] arguments = [.. module.Definition.TypeOf(export.Index).Parameters.Select(type => Argument(type, choices))];
                pair.Interpreter.StepsLeft = StepsPerCall;
                (Outcome outcome, string? found) = pair.Invoke(instance, export.Name, arguments);
                if (found is not null)
                {
                    return $"{export.Name}({string.Join(", ", arguments)}), round {round}: {found}";
                }

                left -= StepsPerCall - pair.Interpreter.StepsLeft;
                if (outcome.IsLimit || left < 0)
                {
                    return null;
                }
            }
        }

        return null;
    }

    /// <summary>An argument: often one of the numbers on the edges.</summary>
    private static Slot Argument(ValueType type, Choices choices)
    {
        ulong[] edges = [0, 1, ulong.MaxValue, 2, 31, 32, 63, 64, 0x7F, 0x80, 0x7FFF_FFFF, 0x8000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 100];
        double[] numbers = [0, -0.0, 1, -1, 0.5, 1e10, -1e10, 2147483648.5, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e-310];
        ulong bits = choices.Pick(3) == 2 ? choices.Next64() : choices.Pick(edges);
        return Letters.Of(type) switch
        {
            'i' => Slot.I32((uint)bits),
            'l' => Slot.I64(bits),
            'f' => Slot.F32(choices.Pick(3) == 2 ? (uint)bits : BitConverter.SingleToUInt32Bits((float)choices.Pick(numbers))),
            'd' => Slot.F64(choices.Pick(3) == 2 ? bits : BitConverter.DoubleToUInt64Bits(choices.Pick(numbers))),
            'v' => Slot.V128(new UInt128(bits, choices.Next64())),
            _ => type == ValueType.ExternRef && choices.Pick(3) != 0 ? Slot.Ref("an object of the host") : Slot.Null,
        };
    }

    /// <summary>Gives the module whatever it imports: functions whose results depend on their arguments alone, and the rest as the types ask for it.</summary>
    private static void Supply(Pair pair, ModuleDefinition module)
    {
        foreach (ImportDefinition import in module.Imports)
        {
            switch (import.Type)
            {
                case DefinedType { Function: { } type }:
                    pair.DefineFunction(import.Module, import.Name, type, arguments => HostFunction(type, arguments));
                    break;
                case TagType type:
                    pair.DefineTag(import.Module, import.Name, type);
                    break;
                case TableType type:
                    pair.DefineTable(import.Module, import.Name, type);
                    break;
                case MemoryType type:
                    pair.DefineMemory(import.Module, import.Name, type);
                    break;
                case GlobalType type:
                    pair.DefineGlobal(import.Module, import.Name, type, HostValue(type.Type, 42));
                    break;
            }
        }
    }

    private static Slot[] HostFunction(FunctionType type, Slot[] arguments)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        foreach (char letter in string.Concat(arguments.Select(Pair.Describe)))
        {
            hash = (hash ^ letter) * 0x100_0000_01B3;
        }

        return [.. type.Results.Select((result, i) => HostValue(result, hash + (ulong)i))];
    }

    private static Slot HostValue(ValueType type, ulong seed) => Argument(type, new Choices(seed));
}
