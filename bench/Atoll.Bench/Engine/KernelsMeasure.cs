namespace Atoll.Bench;

/// <summary>The C kernels against V8 (see <see cref="KernelBench"/>).</summary>
internal static class KernelsMeasure
{
    public static IEnumerable<Measurement> Run(int runs)
    {
        List<Comparison> all = [];
        foreach (KernelBench.Kernel kernel in KernelBench.All())
        {
            Comparison comparison = KernelBench.Measure(kernel, runs, out _);
            all.Add(comparison);
            string disturbed = comparison.Disturbed == 0 ? "" : $" ({comparison.Disturbed} of {comparison.Count} rounds on a shared core)";
            yield return Measurement.Ratio(null, $"kernel {kernel.Name}{disturbed}", "ms", comparison);
        }

        yield return Measurement.OfRatio("kernels_geomean", "kernels, geometric mean", "–", "–", Comparison.GeometricMean(all), "≤ 1.08");
        yield return Measurement.OfRatio("kernels_worst", "kernels, the worst", "–", "–", Comparison.Worst(all), "≤ 1.35");
    }
}
