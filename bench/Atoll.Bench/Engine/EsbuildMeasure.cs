using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Atoll.Bench;

/// <summary>esbuild, 20 MB of WebAssembly from Go, as a whole process against Node's WASI: its version, and one transform.</summary>
internal static class EsbuildMeasure
{
    private const string Package = "@esbuild/wasi-preview1";
    private const string Version = "0.27.2";
    private const string Hash = "ed4ef442d8db48e201bf5f55b8cd6a8fb65d21bcfa2705cc5a7381ceed33f008";

    public static IEnumerable<Measurement> Run(int runs)
    {
        string wasm = Fetch();
        string cache = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
        try
        {
            string source = Source();
            (string What, string[] Arguments, string Input)[] works = [("--version", ["--version"], ""), ("transform", ["--loader=ts", "--minify"], source)];
            List<Comparison> uncached = [], cached = [];
            foreach ((string what, string[] arguments, string input) in works)
            {
                uncached.Add(Compare(runs, wasm, arguments, input, ["--no-cache"], cache));
                yield return Measurement.Ratio(null, $"esbuild {what}, whole process", "ms", uncached[^1]);
            }

            WholeProcess.Run(WholeProcess.Atoll, ["compile", wasm], "", cache);
            foreach ((string what, string[] arguments, string input) in works)
            {
                cached.Add(Compare(runs, wasm, arguments, input, [], cache));
                yield return Measurement.Ratio(null, $"esbuild {what}, whole process, cached", "ms", cached[^1]);
            }

            yield return Measurement.OfRatio("esbuild_uncached", "esbuild, geometric mean", "–", "–", Comparison.GeometricMean(uncached), "≤ 2");
            yield return Measurement.OfRatio("esbuild_cached", "esbuild cached, geometric mean", "–", "–", Comparison.GeometricMean(cached), "≤ 1");
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    private static Comparison Compare(int runs, string wasm, string[] arguments, string input, string[] options, string cache) => WholeProcess.Compare(
        runs,
        () => WholeProcess.Run(WholeProcess.Atoll, ["run", .. options, wasm, .. arguments], input, cache),
        () => WholeProcess.RunNode(wasm, arguments, input));

    /// <summary>TypeScript of some length, the same each time.</summary>
    private static string Source()
    {
        StringBuilder text = new();
        for (int i = 0; i < 300; i++)
        {
            text.Append($$"""
                interface Shape{{i}} { readonly name: string; size?: number; next: Shape{{i}} | null }
                export class Walker{{i}}<T extends Shape{{i}}> {
                  private count: number = {{i}};
                  constructor(private readonly shapes: T[], public limit = 10) {}
                  *walk(filter: (shape: T) => boolean = () => true): Generator<[number, T]> {
                    for (const [index, shape] of this.shapes.entries()) if (filter(shape) && index < this.limit) yield [this.count++ + index, shape];
                  }
                  async describe({ name, size = {{i}} * 2 }: Partial<Shape{{i}}> = {}): Promise<string> { return `${name ?? "none"}: ${size > 1_000 ? "large" : 'small'}`; }
                }

                """);
        }

        return text.ToString();
    }

    /// <summary>The program out of the npm package, fetched once.</summary>
    private static string Fetch()
    {
        string folder = Path.Combine(Repository.Root, "artifacts", "bench");
        string wasm = Path.Combine(folder, $"esbuild-{Version}.wasm");
        if (!File.Exists(wasm))
        {
            Directory.CreateDirectory(folder);
            using (Process npm = Process.Start(new ProcessStartInfo("npm", ["pack", "--silent", $"{Package}@{Version}"]) { WorkingDirectory = folder, RedirectStandardOutput = true })!)
            {
                npm.WaitForExit();
            }

            using GZipStream archive = new(File.OpenRead(Path.Combine(folder, $"esbuild-wasi-preview1-{Version}.tgz")), CompressionMode.Decompress);
            using TarReader reader = new(archive);
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.Name == "package/esbuild.wasm")
                {
                    entry.ExtractToFile(wasm, overwrite: true);
                }
            }
        }

        string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(wasm)));
        return hash == Hash ? wasm : throw new InvalidOperationException($"{wasm} has the SHA-256 {hash}, not {Hash}");
    }
}
