using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Atoll.Wasm;

namespace Atoll.Bench;

/// <summary>
/// SQL statements in SQLite, compiled to WebAssembly by the npm package sql.js, here and in V8. The statements, and the package's version, are in
/// <c>bench/engine/sqlite.json</c>; a round runs all of them once on either side, and the results are compared.
/// </summary>
internal static partial class SqliteMeasure
{
    /// <summary>Rounds before the first that counts: both sides have compiled all that the statements touch.</summary>
    private const int WarmUps = 12;

    private static readonly string Folder = Path.Combine(Repository.Root, "bench", "engine");

    private sealed record Plan(string Package, string Version, string[] Setup, Statement[] Statements);

    private sealed record Statement(string Name, string Sql);

    public static IEnumerable<Measurement> Run(int runs)
    {
        Plan plan = JsonSerializer.Deserialize<Plan>(File.ReadAllBytes(Path.Combine(Folder, "sqlite.json")), JsonSerializerOptions.Web)!;
        string package = Install(plan);
        string wasm = Path.Combine(package, "dist", "sql-wasm.wasm");
        Dictionary<string, string> names = ShortNames(package);
        WasmEngine faults = new(new WasmEngineOptions { FaultChecks = true });
        using SqliteLibrary program = new(new WasmEngine(), File.ReadAllBytes(wasm), names);
        using SqliteLibrary faulting = new(faults, File.ReadAllBytes(wasm), names);
        using NodePeer peer = new(Path.Combine(Folder, "sqlite-peer.mjs"));
        peer.Ask(new { cmd = "load", wasm, names, setup = plan.Setup, statements = plan.Statements.Select(s => s.Sql) });
        Side[] sides = [new(program, plan), new(faulting, plan)];
        using Yardstick yardstick = new(peer);
        for (int round = -WarmUps; round < runs; round++)
        {
            // What else the core has to do then happens to all sides.
            yardstick.Place(round + WarmUps);
            JsonElement answer = peer.Ask(new { cmd = "run" });
            foreach (Side side in round % 2 == 0 ? sides : sides.Reverse())
            {
                side.Round(plan, answer, isCounted: round >= 0);
            }
        }

        yield return Measurement.Ratio("sqlite", $"SQLite ({plan.Package} {plan.Version}), {plan.Statements.Length} statements", "ms", sides[0].Whole, "≤ 1.25");
        for (int i = 0; i < plan.Statements.Length; i++)
        {
            yield return Measurement.Ratio(null, $"  {plan.Statements[i].Name}", "ms", sides[0].Parts[i]);
        }

        yield return faults.Options.FaultChecks
            ? Measurement.Ratio("sqlite_fault", "the same, accesses checked by faults", "ms", sides[1].Whole, "≤ 1.10")
            : Measurement.Missing("sqlite_fault", "the same, accesses checked by faults", "this system does not tell faults");
    }

    /// <summary>One of our engines: a database, and its times beside the peer's.</summary>
    private sealed class Side
    {
        private readonly SqliteLibrary _program;
        private readonly int[] _texts;

        public Side(SqliteLibrary program, Plan plan)
        {
            _program = program;
            foreach (string sql in plan.Setup)
            {
                program.Execute(program.Text(sql));
            }

            _texts = Array.ConvertAll(plan.Statements, s => program.Text(s.Sql));
            Parts = Array.ConvertAll(_texts, _ => new Comparison());
        }

        public Comparison Whole { get; } = new();

        public Comparison[] Parts { get; }

        public void Round(Plan plan, JsonElement answer, bool isCounted)
        {
            double mine = 0;
            double theirs = 0;
            for (int i = 0; i < _texts.Length; i++)
            {
                double before = NodePeer.OurCpuMilliseconds;
                string result = _program.Execute(_texts[i]);
                double time = NodePeer.OurCpuMilliseconds - before;
                double other = answer.GetProperty("cpu_us")[i].GetDouble() / 1000;
                string expected = answer.GetProperty("results")[i].GetString()!;
                if (result != expected)
                {
                    throw new InvalidOperationException($"{plan.Statements[i].Name}: ours is '{result}', V8's '{expected}'");
                }

                mine += time;
                theirs += other;
                if (isCounted)
                {
                    Parts[i].Add(time, other);
                }
            }

            if (isCounted)
            {
                Whole.Add(mine, theirs);
            }
        }
    }

    /// <summary>The package's folder; it is installed by npm the first time.</summary>
    private static string Install(Plan plan)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "bench", $"{plan.Package}-{plan.Version}")).FullName;
        string package = Path.Combine(folder, "node_modules", plan.Package);
        if (!File.Exists(Path.Combine(package, "dist", "sql-wasm.wasm")))
        {
            File.WriteAllText(Path.Combine(folder, "package.json"), $$"""{ "private": true, "dependencies": { "{{plan.Package}}": "{{plan.Version}}" } }""");
            string[] arguments = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
            using Process npm = Process.Start(new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", arguments) { WorkingDirectory = folder })!;
            npm.WaitForExit();
            if (npm.ExitCode != 0)
            {
                throw new InvalidOperationException($"npm could not install {plan.Package} {plan.Version} into {folder}");
            }
        }

        return package;
    }

    /// <summary>The build shortens the names of exports; the package's JavaScript says which is which.</summary>
    private static Dictionary<string, string> ShortNames(string package)
    {
        string script = File.ReadAllText(Path.Combine(package, "dist", "sql-wasm.js"));
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (Match match in ExportName().Matches(script))
        {
            names[match.Groups[1].Value] = match.Groups[2].Value;
        }

        WasmEngine engine = new();
        WasmModule module = engine.LoadModule(File.ReadAllBytes(Path.Combine(package, "dist", "sql-wasm.wasm")));
        names["memory"] = module.Exports.First(e => e.Kind == ExternKind.Memory).Name;
        // The linker puts the constructors first.
        names["__wasm_call_ctors"] = module.Exports.First(e => e.Kind == ExternKind.Function).Name;
        return names;
    }

    [GeneratedRegex(@"\._(\w+)=\w+\.([\w$]+)\)")]
    private static partial Regex ExportName();
}
