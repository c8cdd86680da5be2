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
            yield return Measurement.Ratio(null, $"kernel {kernel.Name}", "ms", comparison);
        }

        Comparison worst = all.MaxBy(c => c.Ratio.Median)!;
        yield return Measurement.OfRatio("kernels_geomean", "kernels, geometric mean", "–", "–", Comparison.GeometricMean(all), "≤ 1.08");
        yield return Measurement.OfRatio("kernels_worst", "kernels, the worst", "–", "–", worst.Ratio, "≤ 1.35");
    }
}
