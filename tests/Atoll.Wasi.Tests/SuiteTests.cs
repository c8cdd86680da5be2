using System.Text;
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
        Grants grants = expected.Grant(path, folder, output, errors, Enum.Parse<SandboxKind>(kind));
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
}
