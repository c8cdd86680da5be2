using System.Text;
using Atoll.Fuzz.Generation;
using Atoll.Fuzz.Mutation;
using Atoll.Reference.Comparison;

namespace Atoll.Fuzz.Running;

/// <summary>What a case is.</summary>
internal enum FuzzKind
{
    /// <summary>A valid module, run on both sides.</summary>
    Generated,

    /// <summary>A module of the corpus with some changes; run on both sides when it is still valid.</summary>
    Module,

    /// <summary>A module in the text format with some changes.</summary>
    Text,
}

/// <summary>One case: a seed decides on everything, given the corpus.</summary>
internal static class FuzzCase
{
    /// <summary>The kind of a seed's case.</summary>
    public static FuzzKind KindOf(ulong seed) => (seed % 8) switch
    {
        < 4 => FuzzKind.Generated,
        < 7 => FuzzKind.Module,
        _ => FuzzKind.Text,
    };

    /// <summary>Makes the case of a seed and runs it.</summary>
    /// <param name="kind">What to make.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="corpus">What is mutated.</param>
    /// <param name="reductions">How often a smaller case may be tried when the case goes wrong.</param>
    /// <param name="onReduction">Called before each of these.</param>
    public static (RunReport Report, Finding? Finding) Run(FuzzKind kind, ulong seed, Corpus corpus, int reductions, Action? onReduction = null)
    {
        Choices choices = new(seed);
        RunReport report = Run(kind, choices, seed, corpus, out byte[] bytes);
        if (report.Problem is null)
        {
            return (report, null);
        }

        string problem = report.Problem;
        if (reductions > 0)
        {
            uint[] smaller = Reducer.Reduce(choices.Recorded, Fails, reductions);
            problem = Run(kind, new Choices(smaller), seed, corpus, out bytes).Problem ?? problem;
        }

        string name = $"{kind.ToString().ToLowerInvariant()}-{seed:x}";
        return (report, new Finding(name, $"{kind} case of seed 0x{seed:x}\n{problem}", bytes, kind == FuzzKind.Text ? ".wat" : ".wasm"));

        bool Fails(uint[] candidate)
        {
            onReduction?.Invoke();
            return Run(kind, new Choices(candidate), seed, corpus, out _).Problem is not null;
        }
    }

    private static RunReport Run(FuzzKind kind, Choices choices, ulong seed, Corpus corpus, out byte[] bytes)
    {
        bytes = [];
        try
        {
            bytes = kind switch
            {
                FuzzKind.Generated => ModuleGenerator.Write(choices),
                FuzzKind.Module => new ModuleMutator(corpus, choices).Mutate(),
                _ => Encoding.UTF8.GetBytes(new TextMutator(corpus, choices).Mutate()),
            };
        }
        catch (Exception exception)
        {
            return new RunReport($"the case could not be made: {Outcome.Describe(exception)}", null, 0);
        }

        if (kind == FuzzKind.Text)
        {
            return TextRunner.Run(bytes, seed);
        }

        RunReport report = ModuleRunner.Run(bytes, seed);
        return kind == FuzzKind.Generated && report.Refusal is { } refusal
            ? report with { Problem = $"a module that should be valid was refused: {refusal}" }
            : report;
    }
}
