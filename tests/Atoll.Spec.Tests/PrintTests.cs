using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;

namespace Atoll.Spec.Tests;

/// <summary>Modules as text: what is printed assembles to the same module, and that prints to the same text.</summary>
public sealed class PrintTests
{
    private static readonly string[] MalformedOnly =
    [
        "core/wasm-2.0/obsolete-keywords", "core/wasm-2.0/utf8-custom-section-id", "core/wasm-2.0/utf8-import-field", "core/wasm-2.0/utf8-import-module",
        "core/gc/binary-gc", "core-wasmtime/misc/no-panic-on-invalid",
    ];

    /// <summary>Files inside of the scope.</summary>
    public static TheoryData<string> Files() => SpecTests.Files();

    [Theory]
    [MemberData(nameof(Files))]
    public void Modules_of_the_suites_come_back(string unit)
    {
        int printed = 0;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(SpecData.Root(), unit), "*.wasm").Order(StringComparer.Ordinal))
        {
            printed += RoundTrip(File.ReadAllBytes(file), file) ? 1 : 0;
        }

        Assert.True(printed > 0 || MalformedOnly.Contains(unit), "no module was printed");
    }

    public static TheoryData<string> Programs() => [.. Directory
        .EnumerateFiles(Path.Combine(SpecData.Root(), "programs"), "*.wasm", SearchOption.AllDirectories)
        .Where(file => new FileInfo(file).Length < 1_500_000).Select(file => Path.GetRelativePath(SpecData.Root(), file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Programs))]
    public void Programs_come_back(string file) =>
        Assert.True(RoundTrip(File.ReadAllBytes(Path.Combine(SpecData.Root(), file)), file));

    private static bool RoundTrip(byte[] binary, string file)
    {
        string text;
        try
        {
            text = Print(binary);
        }
        catch (Exception error) when (error is MalformedModuleException or InvalidModuleException)
        {
            // Then the engine must refuse it for the same reason.
            Assert.Throws(error.GetType(), () => new WasmEngine(new WasmEngineOptions { Features = WasmFeatures.All }).Validate(binary));
            return false;
        }

        byte[] again = Assemble(text, file);
        ModuleComparison.AssertSame(Decode(binary), Decode(again));
        Assert.Equal(text, Print(again));
        return true;
    }

    private static ModuleDefinition Decode(byte[] binary) => ModuleDecoder.Decode(binary, ModuleLimits.Default, WasmFeatures.All);

    private static byte[] Assemble(string text, string file)
    {
        try
        {
            return WatText.ToBinary(text);
        }
        catch (MalformedModuleException error)
        {
            throw new InvalidOperationException($"{file}: {error.Message}\n{text[..Math.Min(text.Length, 4000)]}", error);
        }
    }

    private static string Print(byte[] binary)
    {
        using StringWriter text = new();
        WatText.Print(binary, text);
        return text.ToString();
    }
}
