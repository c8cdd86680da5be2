using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasm;

namespace Atoll.Bench;

/// <summary>
/// Whole runs of the programs of the sightglass suite, loading and compiling included, in a live process against WASI in a live Node. Each run gets bytes
/// of its own (a custom section with a number), because V8 keeps the code of a module that it has seen. Output goes to files and is compared. The engine
/// has the options of <c>atoll run</c>.
/// </summary>
internal static class SightglassMeasure
{
    /// <summary>It needs garbage-collected types, which the Node that is compared with does not have.</summary>
    private const string NotInNode = "splay";

    /// <summary>Processor time after which no further round of a program begins: V8 needs most of a minute for one of them (shootout-seqhash).</summary>
    private const double EnoughMilliseconds = 120_000;

    public static IEnumerable<Measurement> Run(int runs)
    {
        string suite = Path.Combine(ConformanceData.Root, "programs", "sightglass");
        string work = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
        List<Comparison> all = [];
        try
        {
            WasmEngine engine = new(new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned, StartInterpreted = true });
            Linker linker = new Linker(engine).AddWasiPreview1().DefineFunction("bench", "start", () => { }).DefineFunction("bench", "end", () => { });
            foreach (string folder in Directory.GetDirectories(suite).Order(StringComparer.Ordinal).Where(f => Path.GetFileName(f) != NotInNode))
            {
                Comparison comparison = Measure(new Program(folder, work), linker, engine, runs);
                all.Add(comparison);
                yield return Measurement.Ratio(null, $"sightglass {Path.GetFileName(folder)}{(comparison.Count < runs ? $" ({comparison.Count} runs)" : "")}", "ms", comparison);
            }
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }

        yield return Measurement.Missing(null, $"sightglass {NotInNode}", "Node 20 has no garbage-collected types");
        yield return Measurement.OfRatio("sightglass", "sightglass, whole runs, geometric mean", "–", "–", Comparison.GeometricMean(all), "≤ 1.2");
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

    private static Comparison Measure(Program program, Linker linker, WasmEngine engine, int runs)
    {
        Comparison comparison = new();
        using Peer node = new();
        double spent = 0;
        for (int i = 0; i <= runs && (spent < EnoughMilliseconds || i < 4); i++)
        {
            program.Renew(2 * i);
            double before = NodePeer.OurCpuMilliseconds;
            RunOurs(program, linker, engine);
            double ours = NodePeer.OurCpuMilliseconds - before;
            program.CheckOutput();
            program.Renew((2 * i) + 1);
            double theirs = node.Run(program);
            program.CheckOutput();
            spent += ours + theirs;
            if (i > 0)
            {
                comparison.Add(ours, theirs);
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

    /// <summary>Node, started anew for each program, and when it is gone: one process for all programs crashes now and then (version 20).</summary>
    private sealed class Peer : IDisposable
    {
        private NodePeer? _node;

        public double Run(Program program)
        {
            for (int attempt = 0; ; attempt++)
            {
                try
                {
                    bool isNew = _node is null;
                    _node ??= new NodePeer(Path.Combine(Repository.Root, "bench", "engine", "peer.mjs"));
                    double time = RunOnce(_node, program);
                    return isNew && attempt > 0 ? RunOnce(_node, program) : time;
                }
                catch (InvalidOperationException) when (attempt < 3)
                {
                    Dispose();
                }
            }
        }

        public void Dispose()
        {
            _node?.Dispose();
            _node = null;
        }

        private static double RunOnce(NodePeer node, Program program) => node.Ask(new
        {
            cmd = "program",
            file = program.Copy,
            folder = program.Folder,
            stdout = program.Output,
            stderr = program.Errors,
            name = program.Name,
        }).GetProperty("cpu_us").GetDouble() / 1000;
    }
}
