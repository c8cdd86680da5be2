using System.Text;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;
using Atoll.Wasm.Validation;

namespace Atoll.Wasm.Tests.Text;

/// <summary>Every module of the official scripts, read from their own text: assembled, decoded and judged as the script says.</summary>
public sealed class SuiteTextTests
{
    private static readonly string[] Groups = ["wasm-2.0", "bulk-memory", "exceptions", "extended-const", "function-references", "gc", "memory64", "multi-memory", "simd", "tail-call"];

    [Fact]
    public void Modules_of_the_scripts_are_judged_as_they_say()
    {
        string core = Path.Combine(Conformance.Root(), "core");
        StringBuilder failures = new();
        int passed = 0;
        foreach (string file in Groups.SelectMany(g => Directory.EnumerateFiles(Path.Combine(core, g), "*.wast", SearchOption.AllDirectories)).Order(StringComparer.Ordinal))
        {
            foreach (WastCommand command in WastParser.Parse(TextSource.Read(File.ReadAllBytes(file))))
            {
                string? verdict = command switch
                {
                    WastModuleCommand module => Judge(module.Module, null, ""),
                    WastAssertFailure { Module: { } module } assert => Judge(module, assert.Kind, assert.Text),
                    WastUnknownCommand unknown => unknown.Word,
                    _ => "",
                };
                if (verdict is null)
                {
                    passed++;
                }
                else if (verdict.Length > 0)
                {
                    failures.AppendLine($"{Path.GetFileName(file)}:{command.Line} {verdict}");
                }
            }
        }

        Assert.True(failures.Length == 0, $"{passed} passed\n{failures}");
        Assert.True(passed > 3000, $"only {passed} modules were found");
    }

    private static string? Judge(WastModule module, WastFailureKind? kind, string text)
    {
        WasmException? error = null;
        try
        {
            ModuleDefinition definition = ModuleDecoder.Decode(module.GetBinary(), ModuleLimits.Default);
            ModuleValidator.Validate(definition, ModuleLimits.Default, CancellationToken.None);
        }
        catch (WasmException caught)
        {
            error = caught;
        }

        bool ok = kind switch
        {
            WastFailureKind.Malformed => error is MalformedModuleException && error.Message.Contains(text, StringComparison.Ordinal),
            WastFailureKind.Invalid => error is InvalidModuleException && error.Message.Contains(text, StringComparison.Ordinal),
            _ => error is null,
        };
        return ok ? null : $"expected {kind} \"{text}\", got {error?.GetType().Name} {error?.Message}";
    }
}
