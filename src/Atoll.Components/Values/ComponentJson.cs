using System.Text.Json;
using Atoll.Components.Json;
using Atoll.Components.Types;

namespace Atoll.Components;

/// <summary>Values as JSON, guided by their type. docs/components.md has the table of forms.</summary>
public static class ComponentJson
{
    /// <summary>Reads a value.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="type">The type that the value has to be of.</param>
    /// <param name="path">What errors call the place of the JSON: <c>$</c>, or <c>$.a</c> for a part of something larger.</param>
    /// <exception cref="ComponentJsonException">The JSON is no value of the type.</exception>
    public static ComponentValue Read(JsonElement json, ComponentValueType type, string path = "$")
    {
        ArgumentNullException.ThrowIfNull(type);
        return new ComponentJsonReader(path).Value(json, type);
    }

    /// <summary>Reads the arguments of a call from an object with a member for each parameter; options may be left out.</summary>
    /// <param name="json">The object.</param>
    /// <param name="function">The function that they are for.</param>
    /// <returns>A value for each parameter.</returns>
    /// <exception cref="ComponentJsonException">The JSON does not fit the parameters.</exception>
    public static ComponentValue[] ReadArguments(JsonElement json, ComponentFunctionType function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new ComponentJsonReader("$").Members(json, function.Parameters, "argument");
    }

    /// <summary>Writes a value.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">The type that it is of.</param>
    /// <param name="maxBytes">Most bytes that the writer may have written at the end.</param>
    /// <exception cref="InvalidOperationException">More bytes would be written; or the value holds a resource, stream or future, which have no JSON.</exception>
    public static void Write(Utf8JsonWriter writer, ComponentValue value, ComponentValueType type, long maxBytes = 64 << 20)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(type);
        new ComponentJsonWriter(writer, maxBytes).Value(value, type);
    }

    /// <summary>Whether <c>null</c> in JSON can mean a value of the type, so that an option around it needs a form of its own.</summary>
    internal static bool CanBeNull(ComponentValueType type) => type is OptionType;
}
