using Atoll.Components;
using Atoll.Wit;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary>What the host defines is what WASI's WIT says: all of each interface, and nothing else.</summary>
public sealed class AgreementTests
{
    /// <summary>The guest of the probe imports every function with the type that the WIT gives it, so each of them is linked and fits.</summary>
    [Fact]
    public void Every_function_can_be_imported_with_its_type() => new WasiProbe(Grants.None).Dispose();

    [Fact]
    public void The_names_are_those_of_the_interfaces()
    {
        IEnumerable<string> expected = Wit.Interfaces
            .Where(item => item.AllFunctions.Any() || item.Types.Any(type => type.Body is WitResource))
            .SelectMany(item => item.AllFunctions.Select(function => $"{item.QualifiedName}#{function.ExternName}")
                .Concat(item.Types.Where(type => type.Body is WitResource).Select(type => $"{item.QualifiedName}#{type.Name}")));
        ComponentLinker linker = new ComponentLinker().AddWasi();
        Assert.Equal(expected.Order(StringComparer.Ordinal), linker.DefinedNames().Order(StringComparer.Ordinal));
    }
}
