using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using Atoll.Bindings.Emission;
using Atoll.Bindings.Planning;
using Atoll.Wit;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Atoll.Bindings;

/// <summary>Generates C# for the worlds that a project's <c>AtollWit</c> items name.</summary>
/// <remarks>Each step's result is text that can be compared: as long as no WIT file changes, nothing is made again.</remarks>
[Generator(LanguageNames.CSharp)]
public sealed class WitGenerator : IIncrementalGenerator
{
    /// <summary>Name of the step that finds the WIT files, for tests of caching.</summary>
    public const string InputStep = "AtollWitInputs";

    /// <summary>Name of the step that makes the code, for tests of caching.</summary>
    public const string CodeStep = "AtollWitCode";

    private const string Metadata = "build_metadata.AdditionalFiles.AtollWit";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<WitInput> inputs = context.AdditionalTextsProvider
            .Where(static file => file.Path.EndsWith(".wit", StringComparison.OrdinalIgnoreCase))
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, cancellation) => Read(pair.Left, pair.Right.GetOptions(pair.Left), cancellation))
            .Where(static input => input is not null)
            .Select(static (input, _) => input!)
            .WithTrackingName(InputStep);
        IncrementalValueProvider<string> rootNamespace = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => options.GlobalOptions.TryGetValue("build_property.RootNamespace", out string? name) ? name : "");
        IncrementalValueProvider<bool> hasRuntime = context.CompilationProvider
            .Select(static (compilation, _) => compilation.GetTypeByMetadataName("Atoll.Components.WorldContract") is not null);
        IncrementalValuesProvider<GeneratedCode> code = inputs.Collect().Combine(rootNamespace)
            .SelectMany(static (pair, _) => WitGroup.From(pair.Left, pair.Right))
            .Combine(hasRuntime)
            .Select(static (pair, cancellation) => Generate(pair.Left, pair.Right, cancellation))
            .WithTrackingName(CodeStep);
        context.RegisterSourceOutput(code, static (output, code) =>
        {
            foreach (Problem problem in code.Problems)
            {
                output.ReportDiagnostic(Diagnostics.Make(problem));
            }

            foreach (GeneratedFile file in code.Files)
            {
                output.AddSource(file.Name, SourceText.From(file.Text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)));
            }
        });
    }

    private static WitInput? Read(AdditionalText file, AnalyzerConfigOptions options, CancellationToken cancellation)
    {
        if (!options.TryGetValue(Metadata, out string? item) || item.Length == 0 || file.GetText(cancellation) is not { } text)
        {
            return null;
        }

        return new WitInput(file.Path, text.ToString(), item, Option("World"), Option("Namespace"), Option("Features"));

        string Option(string name) => options.TryGetValue(Metadata + name, out string? value) ? value : "";
    }

    private static GeneratedCode Generate(WitGroup group, bool hasRuntime, CancellationToken cancellation)
    {
        List<GeneratedFile> files = [];
        List<Problem> problems = [];
        try
        {
            WitModel model = group.Resolve();
            foreach (string? name in group.Worlds)
            {
                cancellation.ThrowIfCancellationRequested();
                WitWorld world = model.SelectWorld(name);
                string space = group.Worlds.Count == 1 ? group.Namespace : $"{group.Namespace}.{Naming.Identifiers.Pascal(world.Name!)}";
                WorldPlan plan = new(world, space, problems);
                files.AddRange(WorldEmitter.Emit(plan));
            }
        }
        catch (WitException exception)
        {
            problems.AddRange(exception.Errors.Select(error => Problem.From(Diagnostics.InvalidWit, error)));
        }
        catch (ArgumentException exception)
        {
            problems.Add(new Problem(Diagnostics.NoSuchWorld, exception.Message, group.Files[0].Path, 1, 1, 1));
        }

        if (!hasRuntime)
        {
            string advice = "the generated code needs the package Atoll.Components: add a reference to it";
            problems.Add(new Problem(Diagnostics.NoRuntime, advice, group.Files[0].Path, 1, 1, 1));
        }

        // Code that stands on something unsupported would only add errors of its own.
        return new GeneratedCode(
            new EquatableArray<GeneratedFile>(problems.Count == 0 ? [.. files] : []), new EquatableArray<Problem>([.. problems]));
    }
}
