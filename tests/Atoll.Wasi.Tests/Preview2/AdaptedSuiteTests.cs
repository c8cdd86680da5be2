using System.Text;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary>The official preview 1 suite once more: each program as a component, with the adapter, on WASI 0.2.</summary>
public sealed class AdaptedSuiteTests
{
    private static readonly WasmEngine Engine = new();
    private static readonly ComponentLinker Linker = new ComponentLinker().AddWasi();

    public static IEnumerable<object[]> Programs() => SuiteTests.Programs().Select(row => (string)row[0]).Distinct().Select(program => new object[] { program });

    [Theory]
    [MemberData(nameof(Programs))]
    public void ProgramDoesWhatTheSuiteExpects(string program)
    {
        string path = Path.Combine(Conformance.Root(), "wasi", "wasip1", program);
        string? problem = Run(path);
        Assert.True(problem is null, problem);
    }

    /// <summary>What went wrong, or null.</summary>
    private static string? Run(string path)
    {
        SuiteTests.Expectation expected = SuiteTests.Expectation.Read(Path.ChangeExtension(path, ".json"));
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
            grants = grants.AllowDirectory("/", folder.Copy(Path.Combine(Path.GetDirectoryName(path)!, root)), FileAccessGrant.ReadWrite);
        }

        byte[] component = ComponentWriter.FromModule(File.ReadAllBytes(path), adaptPreview1: true, TestContext.Current.CancellationToken);
        int code;
        try
        {
            code = WasiCommand.Run(Linker, Component.Load(Engine, component), grants, new StoreOptions { Timeout = TimeSpan.FromSeconds(60) });
        }
        catch (TrapException trap)
        {
            return $"trap: {trap.Message}\n{Encoding.UTF8.GetString(errors.ToArray())}\n{string.Join('\n', trap.GuestStack)}";
        }

        string printed = Encoding.UTF8.GetString(output.ToArray());
        return expected.ExitCode != code ? $"exit code {code}, expected {expected.ExitCode}\n{Encoding.UTF8.GetString(errors.ToArray())}"
            : expected.Output is { } text && text != printed ? $"printed {printed}, expected {text}"
            : null;
    }
}
