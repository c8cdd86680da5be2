namespace Atoll.Wit;

/// <summary>
/// Tells whether a component of one world can take the place of a component of another: it may need less and offer more, and what both have
/// must have the same types (subtyping of the Component Model, Explainer.md, "Type Definitions").
/// </summary>
public static class WorldComparison
{
    /// <summary>Compares two worlds.</summary>
    /// <param name="old">The world of the component that is there.</param>
    /// <param name="new">The world of the component that shall take its place.</param>
    /// <returns>All differences that stand in the way, imports first; empty if the new one is a drop-in.</returns>
    public static IReadOnlyList<WorldDifference> Compare(WitWorld old, WitWorld @new) => new WorldComparer().Run(old, @new);
}

/// <summary>One reason why a component cannot take the place of another.</summary>
public sealed class WorldDifference
{
    internal WorldDifference(string path, string message)
    {
        Path = path;
        Message = message;
    }

    /// <summary>Where, from the world inwards: <c>export wasi:http/handler, func handle, parameter request</c>.</summary>
    public string Path { get; }

    /// <summary>What differs.</summary>
    public string Message { get; }

    /// <summary>Both, as one line.</summary>
    public override string ToString() => $"{Path}: {Message}";
}
