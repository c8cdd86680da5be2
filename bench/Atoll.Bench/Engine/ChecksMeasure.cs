using Atoll.Wasm;

namespace Atoll.Bench;

/// <summary>
/// What the checks cost that stop a guest: the kernels with and without each of them, in this process, in turns, compiled anew in each round; a third as
/// many rounds as runs, since each has three pairs of them. Percent of run time, of the geometric
/// mean over the kernels. The guard is what functions that call do about their stack; no user can switch it off, an internal option does so here.
/// </summary>
internal static class ChecksMeasure
{
    public static IEnumerable<Measurement> Run(int runs)
    {
        WasmEngineOptions bare = new() { Interruptible = false };
        yield return Measure("epoch_pct", "interruption of loops", "≤ 5 %", runs, new WasmEngineOptions(), bare);
        yield return Measure("guard_pct", "stack guard", "≤ 3 %", runs, bare, bare with { StackGuard = false });
        yield return Measure("fuel_pct", "fuel (in place of interruption)", "≤ 15 %", runs, bare with { ConsumeFuel = true }, bare);
        yield return Measure(null, "deterministic profile, kernels with floats", "", runs, new WasmEngineOptions { Deterministic = true }, new WasmEngineOptions(), "matrix", "nbody");
    }

    private static Measurement Measure(
        string? key, string what, string goal, int runs, WasmEngineOptions with, WasmEngineOptions without, params string[] only)
    {
        List<Comparison> kernels = [];
        KernelBench.Kernel[] chosen = [.. KernelBench.All().Where(k => only.Length == 0 || only.Contains(k.Name))];
        foreach (KernelBench.Kernel kernel in chosen)
        {
            List<KernelRound> rounds = [];
            for (int round = 0; round < (runs + 2) / 3; round++)
            {
                using KernelSide checkedSide = new(kernel, with, round);
                using KernelSide bareSide = new(kernel, without, round);
                rounds.Add(new KernelRound(round, checkedSide.Run, bareSide.Run));
            }

            kernels.Add(KernelRound.Compare(rounds));
        }

        Interval ratio = Comparison.GeometricMean(kernels);
        Comparison worst = kernels.MaxBy(k => k.Ratio.Median)!;
        Samples percent = Samples.Of([(ratio.Low - 1) * 100, (ratio.Median - 1) * 100, (ratio.High - 1) * 100]);
        string name = chosen[kernels.IndexOf(worst)].Name;
        return Measurement.Absolute(key, FormattableString.Invariant($"{what} (worst: {name} {(worst.Ratio.Median - 1) * 100:F0} %)"), "%", percent, goal);
    }
}
