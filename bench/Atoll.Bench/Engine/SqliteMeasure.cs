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
        using SqliteLibrary program = new(new WasmEngine(), File.ReadAllBytes(wasm), names);
        using NodePeer peer = new(Path.Combine(Folder, "sqlite-peer.mjs"));
        peer.Ask(new { cmd = "load", wasm, names, setup = plan.Setup, statements = plan.Statements.Select(s => s.Sql) });
        foreach (string sql in plan.Setup)
        {
            program.Execute(program.Text(sql));
        }

        int[] texts = Array.ConvertAll(plan.Statements, s => program.Text(s.Sql));
        Comparison whole = new();
        Comparison[] parts = Array.ConvertAll(texts, _ => new Comparison());
        for (int round = -WarmUps; round < runs; round++)
        {
            Round(program, peer, plan, texts, round < 0 ? null : whole, parts);
        }

        yield return Measurement.Ratio("sqlite", $"SQLite ({plan.Package} {plan.Version}), {texts.Length} statements", "ms", whole, "≤ 1.25");
        for (int i = 0; i < parts.Length; i++)
        {
            yield return Measurement.Ratio(null, $"  {plan.Statements[i].Name}", "ms", parts[i]);
        }
    }

    private static void Round(SqliteLibrary program, NodePeer peer, Plan plan, int[] texts, Comparison? whole, Comparison[] parts)
    {
        JsonElement answer = peer.Ask(new { cmd = "run" });
        double mine = 0;
        double theirs = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            double before = NodePeer.OurCpuMilliseconds;
            string result = program.Execute(texts[i]);
            double time = NodePeer.OurCpuMilliseconds - before;
            double other = answer.GetProperty("cpu_us")[i].GetDouble() / 1000;
            string expected = answer.GetProperty("results")[i].GetString()!;
            if (result != expected)
            {
                throw new InvalidOperationException($"{plan.Statements[i].Name}: ours is '{result}', V8's '{expected}'");
            }

            mine += time;
            theirs += other;
            if (whole is not null)
            {
                parts[i].Add(time, other);
            }
        }

        whole?.Add(mine, theirs);
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
