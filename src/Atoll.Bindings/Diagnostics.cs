using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Atoll.Bindings;

/// <summary>What the generator reports. Identifiers are never used again for something else; docs/bindings.md lists them.</summary>
internal static class Diagnostics
{
    public const string InvalidWit = "ATOLL1001";
    public const string NoSuchWorld = "ATOLL1002";
    public const string NotSupported = "ATOLL1003";
    public const string NoRuntime = "ATOLL1004";

    private const string Category = "Atoll.Bindings";

    private static readonly DiagnosticDescriptor InvalidWitRule = new(
        InvalidWit, "WIT text is not valid", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    private static readonly DiagnosticDescriptor NoSuchWorldRule = new(
        NoSuchWorld, "World is not there", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    private static readonly DiagnosticDescriptor NotSupportedRule = new(
        NotSupported, "Function cannot be bound", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    private static readonly DiagnosticDescriptor NoRuntimeRule = new(
        NoRuntime, "Atoll.Components is not referenced", "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    private static readonly Dictionary<string, DiagnosticDescriptor> Rules =
        new[] { InvalidWitRule, NoSuchWorldRule, NotSupportedRule, NoRuntimeRule }.ToDictionary(rule => rule.Id);

    public static Diagnostic Make(Problem problem)
    {
        LinePosition start = new(problem.Line - 1, problem.Column - 1);
        LinePosition end = new(problem.Line - 1, problem.Column - 1 + problem.Length);
        return Diagnostic.Create(Rules[problem.Id], Location.Create(problem.Path, default, new LinePositionSpan(start, end)), problem.Message);
    }
}
