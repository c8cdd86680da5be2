using Atoll.Components;
using Atoll.Sdk.Bindgen;
using Atoll.Sdk.Bindgen.AssemblyScript;
using Atoll.Sdk.Bindgen.C;
using Atoll.Sdk.Bindgen.JavaScript;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Sdk.Bindgen.Rust;
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

        IGuestGenerator generator = GeneratorOf(language);
        try
        {
            return generator.Generate(BindingPlan.Of(world), options ?? GuestBindingsOptions.Default);
        }
        catch (Exception exception) when (exception is InvalidComponentException or ComponentWritingException)
        {
            throw new GuestBindingsException($"no component can be of the world {world}: {exception.Message}");
        }
        catch (OverflowException)
        {
            throw new GuestBindingsException($"a type of the world {world} has values that are larger than a memory");
        }
    }

    private static IGuestGenerator GeneratorOf(GuestLanguage language) => language switch
    {
        GuestLanguage.C => new CGenerator(),
        GuestLanguage.AssemblyScript => new ScriptGenerator(),
        GuestLanguage.Rust => new RustGenerator(),
        GuestLanguage.JavaScript => new JavaScriptGenerator(isTypeScript: false),
        GuestLanguage.TypeScript => new JavaScriptGenerator(isTypeScript: true),
        _ => throw new ArgumentException($"there are no bindings for {language}", nameof(language)),
    };
}
