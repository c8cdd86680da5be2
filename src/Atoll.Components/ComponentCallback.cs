namespace Atoll.Components;

/// <summary>The body of a host function that takes values of any type.</summary>
/// <param name="arguments">The arguments, in the order of the function's parameters.</param>
/// <returns>The result, or null where the function has none.</returns>
public delegate ComponentValue? ComponentCallback(ReadOnlySpan<ComponentValue> arguments);
