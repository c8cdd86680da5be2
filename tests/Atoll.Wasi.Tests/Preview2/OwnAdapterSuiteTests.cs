using System.Text;
using Atoll.Components;
using Atoll.Wasi.FileSystem;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary>The official preview 1 suite once more: each program as a component with the adapter of our own, on WASI 0.2.</summary>
public sealed class OwnAdapterSuiteTests
{
    private static readonly WasmEngine Engine = new();
    private static readonly ComponentLinker Linker = new ComponentLinker().AddWasi();

    public static IEnumerable<object[]> Programs() => SuiteTests.Programs().Select(row => (string)row[0]).Distinct().Select(program => new object[] { program });

    [Theory]
    [MemberData(nameof(Programs))]
    public void ProgramDoesWhatTheSuiteExpects(string program)
    {
        string path = Path.Combine(Conformance.Root(), "wasi", "wasip1", program);
        Expectation expected = Expectation.Read(Path.ChangeExtension(path, ".json"));
        using TemporaryFolder folder = new();
        using MemoryStream output = new();
        using MemoryStream errors = new();
        Grants grants = expected.Grant(path, folder, output, errors, SandboxKind.Auto);
        byte[] component = ComponentWriter.FromModule(File.ReadAllBytes(path), adaptPreview1: true, TestContext.Current.CancellationToken);
        int code;
        try
        {
            code = WasiCommand.Run(Linker, Component.Load(Engine, component), grants, new StoreOptions { Timeout = TimeSpan.FromSeconds(60) });
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
}
