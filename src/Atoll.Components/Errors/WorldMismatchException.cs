using Atoll.Wasm;

namespace Atoll.Components;

/// <summary>A component is not of the world that a program was compiled for.</summary>
public sealed class WorldMismatchException : WasmException
{
    internal WorldMismatchException(string world, IReadOnlyList<string> differences)
        : base(
            $"the component is not of the world {world}:\n  {string.Join("\n  ", differences.Take(20))}"
            + (differences.Count > 20 ? $"\n  and {differences.Count - 20} more" : "")
            + "\nUse a component that was built for this world, or generate the bindings from the WIT that the component was built with.")
    {
        World = world;
        Differences = differences;
    }

    /// <summary>Name of the world.</summary>
    public string World { get; }

    /// <summary>One line for each difference: the path to it, what was expected and what was found. Never empty.</summary>
    public IReadOnlyList<string> Differences { get; }

    /// <inheritdoc/>
    public override string Code => "component.world";
}
