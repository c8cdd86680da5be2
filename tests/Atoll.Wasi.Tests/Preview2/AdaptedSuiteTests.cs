using System.Diagnostics;
using System.Text;
using Atoll.Components;
using Atoll.Wasi.FileSystem;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary>
/// The official preview 1 suite again, each program as a component: jco puts the adapter of preview 1 on WASI 0.2 around it. Installed from npm the first time.
/// </summary>
[Trait("Category", "Long")]
public sealed class AdaptedSuiteTests
{
    private const string Package = "@bytecodealliance/jco@1.35.0";

    private const string Script = """
        import { readFileSync, writeFileSync } from 'node:fs';
        import { componentNew, preview1AdapterCommandPath } from '@bytecodealliance/jco';
        const adapter = readFileSync(preview1AdapterCommandPath());
        const [out, ...programs] = process.argv.slice(2);
        for (const [i, program] of programs.entries()) writeFileSync(`${out}/${i}.wasm`, await componentNew(readFileSync(program), [['wasi_snapshot_preview1', adapter]]));
        """;

    /// <summary>AssemblyScript's allocator takes pages for its own in which the adapter keeps its state; the program fails on jco too.</summary>
    private const string Broken = "environ_get-multiple-variables";

    private static readonly WasmEngine Engine = new();
    private static readonly ComponentLinker Linker = new ComponentLinker().AddWasi();

    [Fact]
    public void Programs_do_as_components_what_the_suite_expects()
    {
        string suite = Path.Combine(Conformance.Root(), "wasi", "wasip1");
        string[] programs = [.. Directory.EnumerateFiles(suite, "*.wasm", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        using TemporaryFolder made = new();
        Adapt(programs, made.Path);
        List<string> problems = [];
        for (int i = 0; i < programs.Length; i++)
        {
            if (Path.GetFileNameWithoutExtension(programs[i]) != Broken && Run(programs[i], Path.Combine(made.Path, $"{i}.wasm")) is { } problem)
            {
                problems.Add($"{Path.GetRelativePath(suite, programs[i])}: {problem}");
            }
        }

        Assert.NotEmpty(programs);
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    private static string? Run(string program, string component)
    {
        Expectation expected = Expectation.Read(Path.ChangeExtension(program, ".json"));
        using TemporaryFolder folder = new();
        using MemoryStream output = new();
        using MemoryStream errors = new();
        Grants grants = expected.Grant(program, folder, output, errors, SandboxKind.Auto);
        try
        {
            int code = WasiCommand.Run(Linker, Component.Load(Engine, File.ReadAllBytes(component)), grants, new StoreOptions { Timeout = TimeSpan.FromSeconds(60) });

            // The adapter knows success and failure only.
            return (code == 0) != (expected.ExitCode == 0) ? $"exit code {code}, expected {expected.ExitCode}: {Encoding.UTF8.GetString(errors.ToArray())}"
                : expected.Output is { } text && text != Encoding.UTF8.GetString(output.ToArray()) ? $"wrote {Encoding.UTF8.GetString(output.ToArray())}"
                : null;
        }
        catch (WasmException exception)
        {
            return $"{exception.GetType().Name}: {exception.Message} {Encoding.UTF8.GetString(errors.ToArray())}";
        }
    }

    /// <summary>Makes components of programs, in order.</summary>
    private static void Adapt(string[] programs, string target)
    {
        string folder = Path.Combine(Wit.Root(), "artifacts", "jco");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "@bytecodealliance", "jco")))
        {
            Directory.CreateDirectory(folder);
            Execute(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", folder, ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", Package]);
        }

        File.WriteAllText(Path.Combine(folder, "adapt.mjs"), Script);
        Execute("node", folder, ["adapt.mjs", target, .. programs]);
    }

    private static void Execute(string program, string folder, string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{program} {arguments[0]} ended with {process.ExitCode}: {errors}");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            Assert.Skip($"{program} is not there: {exception.Message}");
        }
    }
}
