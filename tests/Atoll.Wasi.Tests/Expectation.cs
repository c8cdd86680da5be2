using System.Text.Json;
using Atoll.Components;
using Atoll.Wasi.FileSystem;

namespace Atoll.Wasi.Tests;

/// <summary>What a program of the suite is given, and how it must end.</summary>
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

    /// <summary>What the program is given.</summary>
    public Grants Grant(string program, TemporaryFolder folder, Stream output, Stream errors, SandboxKind kind)
    {
        Grants grants = Grants.None
            .AllowArguments([Path.GetFileName(program), .. Arguments])
            .AllowStdin(new MemoryStream()).AllowStdout(output).AllowStderr(errors)
            .AllowClock().AllowRandom();
        foreach ((string name, string value) in Environment)
        {
            grants = grants.AllowEnvironment(name, value);
        }

        return Root is null
            ? grants
            : WasiGrants.AllowDirectory(grants, "/", folder.Copy(Path.Combine(Path.GetDirectoryName(program)!, Root)), FileAccessGrant.ReadWrite, kind);
    }
}
