namespace Atoll.Components;

/// <summary>
/// The name in WIT of a record's property, or of the class of a variant's case, where the .NET name is not simply that name in Pascal case: <c>equals</c>
/// would hide a method, for example.
/// </summary>
/// <param name="name">The name in kebab case.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Class)]
public sealed class WitNameAttribute(string name) : Attribute
{
    /// <summary>The name in kebab case.</summary>
    public string Name { get; } = name;
}
