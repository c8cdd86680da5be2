using System.Text.Json;
using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasm;

namespace Atoll.Bench;

/// <summary>
/// Whole runs of the programs of the sightglass suite, loading and compiling included, in a live process against WASI in a live Node. Each run gets bytes
/// of its own (a custom section with a number), because V8 keeps the code of a module that it has seen. Output goes to files and is compared.
/// </summary>
internal static class SightglassMeasure
{
    /// <summary>It needs garbage-collected types, which the Node that is compared with does not have.</summary>
    private const string NotInNode = "splay";

    public static IEnumerable<Measurement> Run(int runs)
    {
        string suite = Path.Combine(ConformanceData.Root, "programs", "sightglass");
        string work = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
        List<Comparison> all = [];
        try
        {
            using NodePeer node = new(Path.Combine(Repository.Root, "bench", "engine", "peer.mjs"));
            WasmEngine engine = new();
            Linker linker = new Linker(engine).AddWasiPreview1().DefineFunction("bench", "start", () => { }).DefineFunction("bench", "end", () => { });
            foreach (string folder in Directory.GetDirectories(suite).Order(StringComparer.Ordinal).Where(f => Path.GetFileName(f) != NotInNode))
            {
                Comparison comparison = Measure(new Program(folder, work), linker, engine, node, runs);
                all.Add(comparison);
                yield return Measurement.Ratio(null, $"sightglass {Path.GetFileName(folder)}", "ms", comparison);
            }
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }

        yield return Measurement.Missing(null, $"sightglass {NotInNode}", "Node 20 has no garbage-collected types");
        yield return Measurement.OfRatio("sightglass", "sightglass, whole runs, geometric mean", "–", "–", Comparison.GeometricMean(all), "≤ 1.50");
    }

    private sealed record Program(string Folder, string Work)
    {
        public string Name => Path.GetFileName(Folder);

        public string Wasm => Directory.GetFiles(Folder, "*.wasm").Single();

        public string Copy => Path.Combine(Work, "program.wasm");

        public string Output => Path.Combine(Work, "stdout");

        public string Errors => Path.Combine(Work, "stderr");

        /// <summary>Writes the module with a custom section that no earlier run had.</summary>
        public void Renew(int run)
        {
            using FileStream file = File.Create(Copy);
            file.Write(File.ReadAllBytes(Wasm));
            file.Write([0, 7, 2, (byte)'n', (byte)'o', .. BitConverter.GetBytes(run)]);
        }

        public void CheckOutput()
        {
            Compare(".stdout.expected", Output);
            Compare(".stderr.expected", Errors);
        }

        private void Compare(string extension, string actual)
        {
            string expected = Path.ChangeExtension(Wasm, extension);
            if (File.Exists(expected) && File.ReadAllText(expected) != File.ReadAllText(actual))
            {
                throw new InvalidOperationException($"{Name}: the output is not that of {Path.GetFileName(expected)}");
            }
        }
    }

    private static Comparison Measure(Program program, Linker linker, WasmEngine engine, NodePeer node, int runs)
    {
        Comparison comparison = new();
        for (int i = 0; i <= runs; i++)
        {
            program.Renew(2 * i);
            double before = NodePeer.OurCpuMilliseconds;
            RunOurs(program, linker, engine);
            double ours = NodePeer.OurCpuMilliseconds - before;
            program.CheckOutput();
            program.Renew((2 * i) + 1);
            JsonElement answer = node.Ask(new { cmd = "program", file = program.Copy, folder = program.Folder, stdout = program.Output, stderr = program.Errors, name = program.Name });
            program.CheckOutput();
            if (i > 0)
            {
                comparison.Add(ours, answer.GetProperty("cpu_us").GetDouble() / 1000);
            }
        }

        return comparison;
    }

    private static void RunOurs(Program program, Linker linker, WasmEngine engine)
    {
        using FileStream output = File.Create(program.Output);
        using FileStream errors = File.Create(program.Errors);
        Grants grants = Grants.None.AllowDirectory(".", program.Folder, FileAccessGrant.ReadOnly).AllowStdout(output, neverWaits: true).AllowStderr(errors, neverWaits: true)
            .AllowArguments(program.Name).AllowClock().AllowRandom();
        int code = WasiCommand.Run(linker, engine.LoadModule(File.ReadAllBytes(program.Copy)), grants);
        if (code != 0)
        {
            throw new InvalidOperationException($"{program.Name}: exit code {code}");
        }
    }
}
