extern alias generator;

using System.Collections.Immutable;
using Atoll.Components;
using generator::Atoll.Bindings;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Atoll.Bindings.Tests.Generation;

/// <summary>Runs the generator as a compiler does, on texts in memory.</summary>
internal sealed class GeneratorDriverRun
{
    private readonly Options _options;
    private GeneratorDriver _driver;
    private ImmutableArray<AdditionalText> _files;
    private CSharpCompilation _compilation;

    public GeneratorDriverRun(bool hasRuntime, params (string Path, string Text, string World)[] files)
    {
        _options = new Options(files.ToDictionary(file => file.Path, file => file.World));
        _files = [.. files.Select(file => new Text(file.Path, file.Text))];
        IEnumerable<MetadataReference> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("Atoll.", StringComparison.Ordinal) || (hasRuntime && Path.GetFileName(path) is "Atoll.Components.dll" or "Atoll.Wasm.dll"))
            .Select(path => MetadataReference.CreateFromFile(path));
        _compilation = CSharpCompilation.Create(
            "generated", [], references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        _driver = CSharpGeneratorDriver.Create(
            [new WitGenerator().AsSourceGenerator()], _files, new CSharpParseOptions(LanguageVersion.Preview), _options,
            new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
    }

    public static GeneratorDriverRun Of(string wit, string world = "") => new(hasRuntime: true, ("/project/wit/world.wit", wit, world));

    public GeneratorRunResult Result { get; private set; }

    public Compilation Output { get; private set; } = null!;

    public IReadOnlyList<Diagnostic> Diagnostics => [.. Result.Diagnostics];

    public string Source(string name) => Result.GeneratedSources.Single(source => source.HintName == name).SourceText.ToString();

    public GeneratorDriverRun Run()
    {
        _driver = _driver.RunGeneratorsAndUpdateCompilation(_compilation, out Compilation output, out _);
        Output = output;
        Result = _driver.GetRunResult().Results.Single();
        return this;
    }

    public GeneratorDriverRun AddCode(string code)
    {
        _compilation = _compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText(code, new CSharpParseOptions(LanguageVersion.Preview)));
        return Run();
    }

    public GeneratorDriverRun Change(string path, string text)
    {
        AdditionalText old = _files.Single(file => file.Path == path), changed = new Text(path, text);
        _files = _files.Replace(old, changed);
        _driver = _driver.ReplaceAdditionalText(old, changed);
        return Run();
    }

    private sealed class Text(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }

    private sealed class Options(IReadOnlyDictionary<string, string> worlds) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(new() { ["build_property.RootNamespace"] = "My.App" });

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Values([]);

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => new Values(new()
        {
            ["build_metadata.AdditionalFiles.AtollWit"] = "wit",
            ["build_metadata.AdditionalFiles.AtollWitWorld"] = worlds[textFile.Path],
        });
    }

    private sealed class Values(Dictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, out string value) => values.TryGetValue(key, out value!);
    }
}
