using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components.Binary;

/// <summary>What a component may use and how large it may be.</summary>
internal sealed record ComponentLoadOptions
{
    public static ComponentLoadOptions Default { get; } = new();

    public ComponentFeatures Features { get; init; } = ComponentFeatures.Default;

    /// <summary>What the core modules within may use.</summary>
    public WasmFeatures CoreFeatures { get; init; } = WasmFeatures.Default;

    public ComponentLimits Limits { get; init; } = ComponentLimits.Default;
}
