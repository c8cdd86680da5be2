using System.Text;
using System.Text.Json;
using Atoll.Components;
using Atoll.Wasi.FileSystem;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests;

/// <summary>The official preview 1 suite: every program, on each way of keeping paths inside that this system has.</summary>
public class SuiteTests
{
    private static readonly WasmEngine Engine = new();
    private static readonly Linker Linker = new Linker(Engine).AddWasiPreview1();

    public static IEnumerable<object[]> Programs()
    {
        string? root = Conformance.Find();
        if (root is null)
        {
            return [["(data missing)", "Auto"]];
        }

        string suite = Path.Combine(root, "wasi", "wasip1");
        return from file in Directory.EnumerateFiles(suite, "*.wasm", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
               from kind in OperatingSystem.IsLinux() ? ["OpenAt2", "Components"] : new[] { "Auto" }
               select new object[] { Path.GetRelativePath(suite, file), kind };
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void ProgramDoesWhatTheSuiteExpects(string program, string kind)
    {
        string path = Path.Combine(Conformance.Root(), "wasi", "wasip1", program);
        Expectation expected = Expectation.Read(Path.ChangeExtension(path, ".json"));
        using TemporaryFolder folder = new();
        using MemoryStream output = new();
        using MemoryStream errors = new();
        Grants grants = Grants.None
            .AllowArguments([Path.GetFileName(path), .. expected.Arguments])
            .AllowStdin(new MemoryStream()).AllowStdout(output).AllowStderr(errors)
            .AllowClock().AllowRandom();
        foreach ((string name, string value) in expected.Environment)
        {
            grants = grants.AllowEnvironment(name, value);
        }

        if (expected.Root is { } root)
        {
            string copy = folder.Copy(Path.Combine(Path.GetDirectoryName(path)!, root));
            grants = WasiGrants.AllowDirectory(grants, "/", copy, FileAccessGrant.ReadWrite, Enum.Parse<SandboxKind>(kind));
        }

        int code;
        try
        {
            code = WasiCommand.Run(Linker, Engine.LoadModule(File.ReadAllBytes(path)), grants, new StoreOptions { Timeout = TimeSpan.FromSeconds(60) });
        }
        catch (TrapException trap)
        {
            throw new Xunit.Sdk.XunitException($"trap: {trap.Message}\n{Encoding.UTF8.GetString(errors.ToArray())}\n{string.Join('\n', trap.GuestStack)}");
        }

        Assert.True(expected.ExitCode == code, $"exit code {code}, expected {expected.ExitCode}\n{Encoding.UTF8.GetString(errors.ToArray())}");
        if (expected.Output is { } text)
        {
            Assert.Equal(text, Encoding.UTF8.GetString(output.ToArray()));
        }
    }

    internal sealed record Expectation(string[] Arguments, Dictionary<string, string> Environment, string? Root, int ExitCode, string? Output)
    {
        public static Expectation Read(string path)
        {
            if (!File.Exists(path))
            {
                return new Expectation([], [], null, 0, null);
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement json = document.RootElement;
            string? root = json.TryGetProperty("root", out JsonElement folder) ? folder.GetString()
                : json.TryGetProperty("dirs", out JsonElement dirs) && dirs.GetArrayLength() > 0 ? dirs[0].GetString() : null;
            return new Expectation(
                json.TryGetProperty("args", out JsonElement arguments) ? [.. arguments.EnumerateArray().Select(a => a.GetString()!)] : [],
                json.TryGetProperty("env", out JsonElement environment) ? environment.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!) : [],
                root,
                json.TryGetProperty("exit_code", out JsonElement code) ? code.GetInt32() : 0,
                json.TryGetProperty("stdout", out JsonElement output) ? output.GetString() : null);
        }
    }
}
