using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen;

/// <summary>Writes the bindings of one language.</summary>
internal interface IGuestGenerator
{
    /// <summary>Writes the files for a world.</summary>
    /// <exception cref="GuestBindingsException">The world has what the language cannot have.</exception>
    IReadOnlyList<GeneratedFile> Generate(BindingPlan plan, GuestBindingsOptions options);
}
