using Atoll.Components.Binary;

namespace Atoll.Components.Validation;

/// <summary>Bytes to a component that is known to be valid.</summary>
internal static class ComponentLoader
{
    /// <summary>Decodes and validates.</summary>
    /// <exception cref="MalformedComponentException">The bytes do not follow the format.</exception>
    /// <exception cref="InvalidComponentException">A rule of validation is broken.</exception>
    public static ComponentDefinition Load(byte[] bytes, ComponentLoadOptions options, CancellationToken cancellationToken = default)
    {
        ComponentDefinition definition = ComponentDecoder.Decode(bytes, options);
        new ComponentValidator(options, cancellationToken).Validate(definition);
        return definition;
    }
}
