using Atoll.Fuzz.Generation;

namespace Atoll.Fuzz.Running;

/// <summary>One generated module, run on both sides.</summary>
internal static class GeneratedCase
{
    /// <summary>Makes the module of a seed and runs it; a module that goes wrong is reduced.</summary>
    public static (RunReport Report, Finding? Finding) Run(ulong seed, bool reduce)
    {
        Choices choices = new(seed);
        RunReport report = Run(choices, seed, out byte[] bytes);
        if (report.Problem is null)
        {
            return (report, null);
        }

        string problem = report.Problem;
        if (reduce)
        {
            uint[] smaller = Reducer.Reduce(choices.Recorded, candidate => Run(new Choices(candidate), seed, out _).Problem is not null);
            problem = Run(new Choices(smaller), seed, out bytes).Problem ?? problem;
        }

        return (report, new Finding($"generated-{seed:x}", $"seed 0x{seed:x}\n{problem}", bytes, ".wasm"));
    }

    private static RunReport Run(Choices choices, ulong seed, out byte[] bytes)
    {
        bytes = [];
        try
        {
            bytes = ModuleGenerator.Write(choices);
        }
        catch (Exception exception)
        {
            return new RunReport($"the generator failed: {exception}", null, 0);
        }

        RunReport report = ModuleRunner.Run(bytes, seed);
        return report.Refusal is { } refusal ? report with { Problem = $"a module that should be valid was refused: {refusal}" } : report;
    }
}
