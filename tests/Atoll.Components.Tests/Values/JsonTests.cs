using System.Text;
using System.Text.Json;
using Atoll.Components.Types;

namespace Atoll.Components.Tests.Values;

/// <summary>Values as JSON.</summary>
public sealed class JsonTests
{
    private static readonly RecordType Point = new([new("x", PrimitiveType.Of(ComponentValueKind.U8)), new("label", new OptionType(PrimitiveType.Of(ComponentValueKind.String)))]);
    private static readonly VariantType Shape = new([new("circle", PrimitiveType.Of(ComponentValueKind.F64)), new("empty", null)]);

    [Fact]
    public void What_is_written_reads_back_as_an_equal_value()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            RandomValues random = new(seed);
            ComponentValueType type = random.Type();
            ComponentValue value = random.Value(type);
            string text = Write(value, type);
            ComponentValue back = ComponentJson.Read(Parse(text), type);
            Assert.True(value == back || Write(back, type) == text && text.Contains('{', StringComparison.Ordinal), $"seed {seed}: {text}");
        }
    }

    [Theory]
    [InlineData(ComponentValueKind.U64, "18446744073709551615", "\"18446744073709551615\"")]
    [InlineData(ComponentValueKind.U64, "\"18446744073709551615\"", "\"18446744073709551615\"")]
    [InlineData(ComponentValueKind.S64, "-9223372036854775808", "\"-9223372036854775808\"")]
    [InlineData(ComponentValueKind.S64, "9007199254740991", "9007199254740991")]
    [InlineData(ComponentValueKind.U8, "5.0", "5")]
    [InlineData(ComponentValueKind.F64, "\"-inf\"", "\"-inf\"")]
    [InlineData(ComponentValueKind.F32, "0.1", "0.1")]
    [InlineData(ComponentValueKind.Char, "\"🌍\"", "\"🌍\"")]
    public void Numbers_and_characters_are_exact(ComponentValueKind kind, string given, string written) =>
        Assert.Equal(written, Write(ComponentJson.Read(Parse(given), PrimitiveType.Of(kind)), PrimitiveType.Of(kind)));

    [Theory]
    [InlineData("[{\"x\": 1}, {\"x\": 256}]", "$[1].x: 256 is not an integer from 0 to 255")]
    [InlineData("[{\"x\": \"a\"}]", "$[0].x: expected an integer from 0 to 255, found a")]
    [InlineData("[{\"x\": 1.5}]", "$[0].x: expected an integer from 0 to 255, found 1.5")]
    [InlineData("[{\"x\": 1e99999}]", "$[0].x: expected an integer from 0 to 255, found 1e99999")]
    [InlineData("[{\"x\": null}]", "$[0].x: expected an integer from 0 to 255, found null")]
    [InlineData("[{\"label\": \"a\"}]", "$[0]: the field \"x\" (u8) is missing")]
    [InlineData("[{\"x\": 1, \"y\": 2}]", "$[0]: there is no field \"y\"; there are x, label")]
    [InlineData("[{\"x\": 1, \"x\": 2}]", "$[0].x: stands twice")]
    [InlineData("[{\"x\": 1, \"label\": \"\\ud800\"}]", "$[0].label: the string is not valid Unicode")]
    [InlineData("{}", "$: expected an array, found an object")]
    public void Errors_name_the_place(string json, string expected) =>
        Assert.Equal(expected, Assert.Throws<ComponentJsonException>(() => ComponentJson.Read(Parse(json), new ListType(Point, null))).Message);

    [Theory]
    [InlineData("{\"tag\": \"circle\"}", "$.val: is missing; the case \"circle\" comes with a f64")]
    [InlineData("{\"tag\": \"empty\", \"val\": 1}", "$: the case \"empty\" comes without \"val\"")]
    [InlineData("{\"tag\": \"square\"}", "$: there is no case \"square\"; there are circle, empty")]
    [InlineData("{\"circle\": 1}", "$: only one \"tag\" and one \"val\" may stand here, not \"circle\"")]
    [InlineData("\"empty\"", "$: expected an object with \"tag\" and \"val\", found a string")]
    public void Cases_are_tagged_objects(string json, string expected) =>
        Assert.Equal(expected, Assert.Throws<ComponentJsonException>(() => ComponentJson.Read(Parse(json), Shape)).Message);

    [Fact]
    public void Bytes_are_base64_or_numbers()
    {
        ListType bytes = new(PrimitiveType.Of(ComponentValueKind.U8), null);
        Assert.Equal(ComponentJson.Read(Parse("[0, 255]"), bytes), ComponentJson.Read(Parse("\"AP8=\""), bytes));
        Assert.Equal("\"AP8=\"", Write(ComponentValue.List([0, 255]), bytes));
        Assert.Throws<ComponentJsonException>(() => ComponentJson.Read(Parse("\"?\""), bytes));
    }

    [Fact]
    public void Arguments_are_members_and_options_may_be_left_out()
    {
        ComponentFunctionType function = new([new("p", Point), new("n", new OptionType(PrimitiveType.Of(ComponentValueKind.Bool)))], null, false);
        Assert.Equal([ComponentValue.Record(("x", ComponentValue.U8(1)), ("label", ComponentValue.None)), ComponentValue.None], ComponentJson.ReadArguments(Parse("{\"p\": {\"x\": 1}}"), function));
        Assert.Equal("$: the argument \"p\" (record) is missing", Assert.Throws<ComponentJsonException>(() => ComponentJson.ReadArguments(Parse("{}"), function)).Message);
        Assert.Equal("$.p.x: 300 is not an integer from 0 to 255", Assert.Throws<ComponentJsonException>(() => ComponentJson.ReadArguments(Parse("{\"p\": {\"x\": 300}}"), function)).Message);
    }

    [Fact]
    public void What_would_be_too_long_is_not_written()
    {
        ListType list = new(PrimitiveType.Of(ComponentValueKind.U32), null);
        Assert.Throws<InvalidOperationException>(() => Write(ComponentValue.List([.. Enumerable.Repeat(ComponentValue.U32(1), 1000)]), list, 100));
        Assert.Throws<InvalidOperationException>(() => Write(ComponentValue.String(new string('x', 1000)), PrimitiveType.Of(ComponentValueKind.String), 100));
    }

    private static JsonElement Parse(string json) => JsonElement.Parse(json);

    private static string Write(ComponentValue value, ComponentValueType type, long maxBytes = 1 << 20)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            ComponentJson.Write(writer, value, type, maxBytes);
        }

        return Encoding.UTF8.GetString(stream.ToArray()).Replace("\\uD83C\\uDF0D", "🌍", StringComparison.Ordinal);
    }
}
