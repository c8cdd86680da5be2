using Atoll.Components.Types;
using Atoll.Components.Waves;

namespace Atoll.Components;

/// <summary>
/// Values as text, in the WebAssembly Value Encoding (WAVE): <c>{x: 1, label: "a"}</c>, <c>some([1, 2])</c>, <c>err("no")</c>. A type guides the reader,
/// because the text alone does not say whether <c>1</c> is a <c>u8</c> or an <c>f64</c>.
/// </summary>
/// <remarks>Maps, which WAVE does not know, are lists of pairs: <c>[("a", 1)]</c>. Resources, streams and futures have no text.</remarks>
public static class Wave
{
    /// <summary>Most characters of a text that is read, and of one that is written unless the caller says otherwise: 16 Mi.</summary>
    public const int MaxLength = 16 << 20;

    /// <summary>Reads a value.</summary>
    /// <param name="text">The text; blanks and comments around the value are passed over.</param>
    /// <param name="type">The type that it has to be of.</param>
    /// <exception cref="WaveException">The text is no value of the type.</exception>
    public static ComponentValue Parse(string text, ComponentValueType type)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(type);
        WaveReader reader = new(text);
        ComponentValue value = reader.Value(type);
        reader.End();
        return value;
    }

    /// <summary>Reads the arguments of a call: <c>(2, "x")</c>. Options at the end may be left out: they are <c>none</c>.</summary>
    /// <param name="text">The parenthesis and what is in it.</param>
    /// <param name="function">The function that they are for.</param>
    /// <returns>A value for each parameter.</returns>
    /// <exception cref="WaveException">The text is no list of arguments for the function.</exception>
    public static ComponentValue[] ParseArguments(string text, ComponentFunctionType function)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(function);
        WaveReader reader = new(text);
        ComponentValue[] values = reader.Arguments(function.Parameters);
        reader.End();
        return values;
    }

    /// <summary>Writes a value on one line. <see cref="Parse"/> reads it back as an equal value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="maxLength">Most characters.</param>
    /// <exception cref="InvalidOperationException">The text would be longer than that, or the value holds a resource, which has no text.</exception>
    public static string Write(ComponentValue value, int maxLength = MaxLength)
    {
        WaveWriter writer = new(maxLength);
        writer.Value(value, 0);
        return writer.ToString();
    }
}
