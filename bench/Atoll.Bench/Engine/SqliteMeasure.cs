using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Atoll.Wasm;

namespace Atoll.Bench.Engine;

/// <summary>
/// SQL statements in SQLite, compiled to WebAssembly by the npm package sql.js, here and in V8. The statements, and the package's version, are in
/// <c>bench/engine/sqlite.json</c>; a round runs all of them once on either side, and the results are compared.
/// </summary>
internal static partial class SqliteMeasure
{
    /// <summary>Rounds before the first that counts: both sides have compiled all that the statements touch.</summary>
    private const int WarmUps = 5;

    private static readonly string Folder = Path.Combine(Repository.Root, "bench", "engine");

    private sealed record Plan(string Package, string Version, string[] Setup, Statement[] Statements);

    private sealed record Statement(string Name, string Sql);

    /// <summary>Processor time of all statements, ours by V8's: the median over the rounds, and its interval.</summary>
    public static (double Ratio, double Low, double High) Run(int runs)
    {
        Plan plan = JsonSerializer.Deserialize<Plan>(File.ReadAllBytes(Path.Combine(Folder, "sqlite.json")), JsonSerializerOptions.Web)!;
        string package = Install(plan);
        string wasm = Path.Combine(package, "dist", "sql-wasm.wasm");
        using SqliteProgram program = Load(plan, wasm, ShortNames(package), out NodeProgram node, out string version);
        using NodeProgram peer = node;
        int[] texts = Array.ConvertAll(plan.Statements, s => program.Text(s.Sql));
        PairedRatios whole = new();
        PairedRatios[] parts = Array.ConvertAll(texts, _ => new PairedRatios());
        for (int round = 0; round < runs + WarmUps; round++)
        {
            JsonElement answer = peer.Ask(new { cmd = "run" });
            double mine = 0;
            double theirs = 0;
            for (int i = 0; i < texts.Length; i++)
            {
                double before = NodeProgram.OurMilliseconds;
                string result = program.Execute(texts[i]);
                double time = NodeProgram.OurMilliseconds - before;
                double other = answer.GetProperty("cpu_us")[i].GetDouble() / 1000;
                Compare(plan.Statements[i].Name, result, answer.GetProperty("results")[i].GetString()!);
                mine += time;
                theirs += other;
                if (round >= WarmUps)
                {
                    parts[i].Add(time, other);
                }
            }

            if (round >= WarmUps)
            {
                whole.Add(mine, theirs);
            }
        }

        PairedRatios.PrintHeader($"{plan.Package} {plan.Version}", version, runs);
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i].Print(plan.Statements[i].Name);
        }

        whole.Print("all");
        return whole.Median();
    }

    private static SqliteProgram Load(Plan plan, string wasm, Dictionary<string, string> names, out NodeProgram node, out string version)
    {
        SqliteProgram program = new(new WasmEngine(), File.ReadAllBytes(wasm), names);
        foreach (string sql in plan.Setup)
        {
            program.Execute(program.Text(sql));
        }

        node = new NodeProgram(Path.Combine(Folder, "sqlite-peer.mjs"));
        version = node.Ask(new { cmd = "load", wasm, names, setup = plan.Setup, statements = plan.Statements.Select(s => s.Sql) }).GetProperty("version").GetString()!;
        return program;
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

    private static void Compare(string statement, string ours, string theirs)
    {
        if (ours != theirs)
        {
            throw new InvalidOperationException($"{statement}: ours is '{ours}', V8's '{theirs}'");
        }
    }

    [GeneratedRegex(@"\._(\w+)=\w+\.([\w$]+)\)")]
    private static partial Regex ExportName();
}
