namespace Atoll.Sdk;

/// <summary>A file of generated code.</summary>
/// <param name="Path">Where it belongs, below the folder of all generated files, with slashes.</param>
/// <param name="Text">What is in it; lines end with a line feed.</param>
public sealed record GeneratedFile(string Path, string Text);
