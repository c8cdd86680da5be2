using Atoll.Components.Binary;
using Atoll.Components.Types;

namespace Atoll.Components;

/// <summary>A component that was decoded and validated.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed partial class Component
{
    internal Component(ComponentDefinition definition) => Definition = definition;

    /// <summary>What it needs and what it offers.</summary>
    public ComponentType Type => Definition.Type!;

    internal ComponentDefinition Definition { get; }

    /// <summary>Whether the bytes start as those of a component do, and not as those of a core module.</summary>
    /// <param name="bytes">The bytes of a file, at least the first eight.</param>
    public static bool IsComponent(ReadOnlySpan<byte> bytes) => ComponentDecoder.IsComponent(bytes);
}
