using Atoll.Sdk.Bindgen;
using Atoll.Sdk.Bindgen.C;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;

namespace Atoll.Sdk;

/// <summary>Writes what a guest needs to import and export the functions of a WIT world in its own language.</summary>
/// <remarks>Thread-safe: it keeps no state. It reads and writes no files. The same world gives the same text.</remarks>
public static class GuestBindings
{
    /// <summary>Writes the bindings of a world.</summary>
    /// <param name="language">The guest's language.</param>
    /// <param name="model">The packages that the world stands in.</param>
    /// <param name="world">The world, of <paramref name="model"/> (<see cref="WitModel.SelectWorld"/>).</param>
    /// <param name="options">How; <see cref="GuestBindingsOptions.Default"/> if null.</param>
    /// <returns>The files, at least one, in a stable order.</returns>
    /// <exception cref="ArgumentException">The world is of another model, or the language is unknown.</exception>
    /// <exception cref="GuestBindingsException">The world has something that cannot be bound, for example streams; the message lists all of it.</exception>
    public static IReadOnlyList<GeneratedFile> Generate(GuestLanguage language, WitModel model, WitWorld world, GuestBindingsOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(world);
        if (!model.Packages.Contains(world.Package))
        {
            throw new ArgumentException($"the world {world} is not of this model", nameof(world));
        }

        return GeneratorOf(language).Generate(BindingPlan.Of(world), options ?? GuestBindingsOptions.Default);
    }

    private static IGuestGenerator GeneratorOf(GuestLanguage language) => language switch
    {
        GuestLanguage.Rust => new Bindgen.Rust.RustGenerator(),
        GuestLanguage.C => new CGenerator(),
        _ => throw new ArgumentException($"there are no bindings for {language}", nameof(language)),
    };
}
