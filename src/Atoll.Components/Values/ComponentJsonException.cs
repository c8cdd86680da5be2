namespace Atoll.Components;

/// <summary>JSON is no value of the type that it should be of. The message begins with the place: <c>$.points[3].x: …</c>.</summary>
public sealed class ComponentJsonException : FormatException
{
    internal ComponentJsonException(string path, string problem)
        : base($"{path}: {problem}") => Path = path;

    /// <summary>Where it is wrong, from <c>$</c> on.</summary>
    public string Path { get; }
}
