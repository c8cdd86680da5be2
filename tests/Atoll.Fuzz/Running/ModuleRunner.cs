using Atoll.Fuzz.Generation;
using Atoll.Reference;
using Atoll.Reference.Comparison;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;

namespace Atoll.Fuzz.Running;

/// <summary>What became of a module.</summary>
/// <param name="Problem">How the two sides differ, or what was thrown that must not be; null when all is well.</param>
/// <param name="Refusal">Why the module was refused by decoder or validator, or null.</param>
/// <param name="Executions">Calls that were compared.</param>
internal sealed record RunReport(string? Problem, string? Refusal, int Executions);

/// <summary>Instantiates a module on the interpreter and on the engine, calls its exports some times, and compares all that can be seen.</summary>
internal sealed class ModuleRunner
{
    /// <summary>Instructions that one call may execute on the interpreter; what needs more is not compared.</summary>
    private const long StepsPerCall = 400_000;

    private const long StepsPerModule = 2_000_000;
    private const int Rounds = 3;
    private readonly Choices _choices;
    private readonly WasmModule _module;
    private readonly Pair _pair;
    private long _stepsLeft = StepsPerModule;

    private ModuleRunner(Pair pair, WasmModule module, Choices choices)
    {
        _pair = pair;
        _module = module;
        _choices = choices;
    }

    /// <summary>Runs a module; the seed decides on the options of the engine, on the way the module goes, and on the arguments.</summary>
    public static RunReport Run(byte[] bytes, ulong seed)
    {
        Choices choices = new(seed);
        WasmEngine engine = EngineVariants.Pick(choices);
        bool goesThroughText = choices.Pick(4) == 3;
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

        Interpreter interpreter = new()
        {
            MaxMemoryBytes = EngineVariants.MaxMemoryBytes,
            MaxTableElements = EngineVariants.MaxTableElements,
            MaxCallDepth = 2000,
            StepsLeft = StepsPerCall,
            Deterministic = engine.Options.Deterministic,
        };
        try
        {
            WasmModule compiled = goesThroughText ? Load(engine, ThroughText(bytes)) : engine.Options.CodeCache is null ? module : Load(engine, bytes);
            using Pair pair = new(interpreter, engine, EngineVariants.StoreOptions(engine));
            return new RunReport(new ModuleRunner(pair, module, choices).Run(compiled), null, pair.Compared);
        }
        catch (Exception exception)
        {
            return new RunReport($"{(goesThroughText ? "through text: " : "")}{Outcome.Describe(exception)}", null, 0);
        }
    }

    private static WasmModule Load(WasmEngine engine, byte[] bytes) =>
        engine.Options.CodeCache is MemoryCache cache ? cache.Load(engine, bytes) : engine.LoadModule(bytes);

    private static byte[] ThroughText(byte[] bytes)
    {
        using StringWriter text = new();
        WatText.Print(bytes, text);
        return WatText.ToBinary(text.ToString());
    }

    /// <param name="compiled">The module that the engine runs: the interpreter's, or what the text format made of it.</param>
    private string? Run(WasmModule compiled)
    {
        try
        {
            Host.Supply(_pair, _module.Definition);
        }
        catch (Exception exception) when (exception is ReferenceLimitException or LimitExceededException or ArgumentException)
        {
            // An import so large that no host has it.
            return null;
        }

        bool canBePooled = _module.Definition.Imports.All(import => import.Kind == ExternKind.Function);
        if (canBePooled && _choices.Pick(4) == 3)
        {
            return RunPooled(compiled);
        }

        (_, PairInstance? instance, string? difference) = _pair.Instantiate(_module.Definition, () => _pair.Linker.Instantiate(_pair.Store, compiled));
        return difference is not null ? $"instantiation: {difference}" : instance is null ? null : Call(instance, Rounds);
    }

    /// <summary>Each rental must be as a new instance is; on the interpreter it is one.</summary>
    private string? RunPooled(WasmModule compiled)
    {
        InstancePool? pool = null;
        try
        {
            for (int rental = 0; rental < Rounds; rental++)
            {
                InstanceLease? lease = null;
                (_, PairInstance? instance, string? difference) = _pair.Instantiate(_module.Definition, () =>
                {
                    pool ??= new InstancePool(_pair.Linker, compiled, new InstancePoolOptions { Store = EngineVariants.StoreOptions(_pair.Engine) });
                    lease = pool.Rent();
                    return lease.Instance;
                });
                using (lease)
                {
                    // The start function may have run when the pool was made; so what it called is not compared.
                    bool onlyTheHost = difference?.StartsWith(Pair.HostDifference, StringComparison.Ordinal) == true;
                    difference = difference is not null && !onlyTheHost ? $"instantiation: {difference}" : instance is null ? null : Call(instance, 1);
                    if (difference is not null || instance is null || _stepsLeft < 0)
                    {
                        return difference is null ? null : $"rental {rental}: {difference}";
                    }
                }
            }

            return null;
        }
        finally
        {
            pool?.Dispose();
        }
    }

    private string? Call(PairInstance instance, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            foreach (ExportDefinition export in _module.Definition.Exports.Where(export => export.Kind == ExternKind.Function))
            {
                if (!Host.HasValues(_module.Definition.TypeOf(export.Index).Parameters))
                {
                    continue;
                }

                Slot[] arguments = [.. _module.Definition.TypeOf(export.Index).Parameters.Select(type => Host.Argument(type, _choices))];
                _pair.Interpreter.StepsLeft = StepsPerCall;
                (Outcome outcome, string? found) = _pair.Invoke(instance, export.Name, arguments);
                if (found is not null)
                {
                    return $"{export.Name}({string.Join(", ", arguments)}), round {round}: {found}";
                }

                _stepsLeft -= StepsPerCall - _pair.Interpreter.StepsLeft;
                if (outcome.IsLimit || _stepsLeft < 0)
                {
                    _stepsLeft = -1;
                    return null;
                }
            }
        }

        return null;
    }
}
