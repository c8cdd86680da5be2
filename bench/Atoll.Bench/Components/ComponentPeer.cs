using System.Diagnostics;

namespace Atoll.Bench;

/// <summary>The sample components on Node: jco, an npm package, turns them into modules and JavaScript around them. Installed the first time.</summary>
internal sealed class ComponentPeer : IDisposable
{
    private const string Package = "@bytecodealliance/jco";
    private const string Version = "1.10.2";

    /// <summary>The functions that the sample with imports calls.</summary>
    private const string Host = """
        export const host = {
          add: (a, b) => a + b >>> 0,
          log() {},
          lookup: key => key,
          fail(message) { throw message; },
          origin: () => ({ x: 0, y: 0, label: 'origin' }),
          Counter: class Counter { inc(by) { return by; } },
        };
        export const { add, log, lookup, fail, origin, Counter } = host;
        """;

    private readonly NodePeer _node;

    public ComponentPeer()
    {
        string folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "bench", $"jco-{Version}")).FullName;
        string program = Path.Combine(folder, "node_modules", "@bytecodealliance", "jco", "src", "jco.js");
        if (!File.Exists(program))
        {
            File.WriteAllText(Path.Combine(folder, "package.json"), $$"""{ "private": true, "dependencies": { "{{Package}}": "{{Version}}" } }""");
            Run(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", folder, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
        }

        Transpile(folder, program, "pure", ComponentGuests.PathOf("c-pure.component.wasm"), []);
        Transpile(folder, program, "hosted", ComponentGuests.PathOf("c-hosted.component.wasm"), ["--map", "demo:guest/host=./host.js"]);
        string mirror = Path.Combine(folder, "mirror.component.wasm");
        File.WriteAllBytes(mirror, ComponentGuests.MirrorBytes);
        Transpile(folder, program, "mirror", mirror, []);
        File.WriteAllText(Path.Combine(folder, "hosted", "host.js"), Host);
        _node = new NodePeer(Path.Combine(Repository.Root, "bench", "engine", "components-peer.mjs"), folder);
    }

    /// <summary>Gives processor time in milliseconds for a number of calls.</summary>
    public Func<int, double> Of(string name) => count => _node.Ask(new { cmd = name, n = count }).GetProperty("cpu_us").GetDouble() / 1000;

    public void Dispose() => _node.Dispose();

    private static void Transpile(string folder, string program, string name, string file, string[] options)
    {
        if (!File.Exists(Path.Combine(folder, name, $"{name}.js")))
        {
            Run("node", folder, [program, "transpile", file, "--name", name, "-o", name, "--quiet", .. options]);
            File.WriteAllText(Path.Combine(folder, name, "package.json"), """{ "type": "module" }""");
        }
    }

    private static void Run(string command, string folder, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} ended with {process.ExitCode} in {folder}");
        }
    }
}
