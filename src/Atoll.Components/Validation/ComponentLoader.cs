using Atoll.Components.Binary;
using Atoll.Wasm.Binary;

namespace Atoll.Components.Validation;

/// <summary>Bytes to a component that is known to be valid.</summary>
internal static class ComponentLoader
{
    /// <summary>Decodes and validates.</summary>
    /// <exception cref="MalformedComponentException">The bytes do not follow the format.</exception>
    /// <exception cref="InvalidComponentException">A rule of validation is broken.</exception>
    /// <param name="bytes">The component in the binary format.</param>
    /// <param name="options">Limits and features.</param>
    /// <param name="cancellationToken">Stops the work between definitions.</param>
    /// <param name="isKnown">Tells of a core module whether it is known to be valid.</param>
    public static ComponentDefinition Load(
        byte[] bytes, ComponentLoadOptions options, CancellationToken cancellationToken = default, Predicate<ModuleDefinition>? isKnown = null)
    {
        ComponentDefinition definition = ComponentDecoder.Decode(bytes, options);
        new ComponentValidator(options, cancellationToken, isKnown).Validate(definition);
        return definition;
    }
}
