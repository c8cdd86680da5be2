using System.Buffers;
using System.Text;
using System.Text.Json;
using Atoll.Mcp.Schema;

namespace Atoll.Mcp.Tests;

public class SchemaTests
{
    [Theory]
    [InlineData("{}", "7", true)]
    [InlineData("true", "7", true)]
    [InlineData("false", "7", false)]
    [InlineData("""{"type":"string"}""", "\"x\"", true)]
    [InlineData("""{"type":"string"}""", "1", false)]
    [InlineData("""{"type":"integer"}""", "1.0", true)]
    [InlineData("""{"type":"integer"}""", "1.5", false)]
    [InlineData("""{"type":"number"}""", "1", true)]
    [InlineData("""{"type":["string","null"]}""", "null", true)]
    [InlineData("""{"type":["string","null"]}""", "{}", false)]
    [InlineData("""{"enum":[1,"a",{"b":2}]}""", """{"b":2}""", true)]
    [InlineData("""{"enum":[1,"a"]}""", "2", false)]
    [InlineData("""{"const":1}""", "1.0", true)]
    [InlineData("""{"required":["a"]}""", "{}", false)]
    [InlineData("""{"required":["a"]}""", "[]", true)]
    [InlineData("""{"properties":{"a":{"type":"string"}}}""", """{"a":1}""", false)]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":false}""", """{"b":1}""", false)]
    [InlineData("""{"additionalProperties":{"type":"integer"}}""", """{"b":1}""", true)]
    [InlineData("""{"additionalProperties":{"type":"integer"}}""", """{"b":"x"}""", false)]
    [InlineData("""{"minProperties":1,"maxProperties":2}""", "{}", false)]
    [InlineData("""{"minLength":2,"maxLength":3}""", "\"a\"", false)]
    [InlineData("""{"maxLength":1}""", "\"😀\"", true)]
    [InlineData("""{"pattern":"^a+$"}""", "\"aaa\"", true)]
    [InlineData("""{"pattern":"^a+$"}""", "\"ab\"", false)]
    [InlineData("""{"minimum":1,"maximum":2}""", "2", true)]
    [InlineData("""{"minimum":1}""", "0.5", false)]
    [InlineData("""{"exclusiveMinimum":1}""", "1", false)]
    [InlineData("""{"exclusiveMaximum":1}""", "1", false)]
    [InlineData("""{"multipleOf":0.1}""", "0.3", true)]
    [InlineData("""{"multipleOf":2}""", "3", false)]
    [InlineData("""{"items":{"type":"integer"},"minItems":1,"maxItems":2}""", "[1,2]", true)]
    [InlineData("""{"items":{"type":"integer"}}""", "[1,\"x\"]", false)]
    [InlineData("""{"maxItems":1}""", "[1,2]", false)]
    [InlineData("""{"uniqueItems":true}""", "[1,1]", false)]
    [InlineData("""{"allOf":[{"minimum":1},{"maximum":2}]}""", "3", false)]
    [InlineData("""{"anyOf":[{"type":"string"},{"minimum":5}]}""", "6", true)]
    [InlineData("""{"anyOf":[{"type":"string"},{"minimum":5}]}""", "4", false)]
    [InlineData("""{"oneOf":[{"minimum":1},{"minimum":5}]}""", "2", true)]
    [InlineData("""{"oneOf":[{"minimum":1},{"minimum":5}]}""", "6", false)]
    [InlineData("""{"not":{"type":"string"}}""", "\"x\"", false)]
    [InlineData("""{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"string"}}}""", "1", false)]
    [InlineData("""{"properties":{"next":{"$ref":"#"},"v":{"type":"integer"}}}""", """{"next":{"next":{"v":"x"}}}""", false)]
    [InlineData("""{"properties":{"next":{"$ref":"#"},"v":{"type":"integer"}}}""", """{"next":{"next":{"v":1}}}""", true)]
    [InlineData("""{"contentEncoding":"base64","unknown":7}""", "1", true)]
    public void Judges(string schema, string value, bool valid)
        => Assert.Equal(valid, JsonSchema.Compile(Parse(schema)).Validate(Parse(value)).Count == 0);

    [Theory]
    [InlineData("7")]
    [InlineData("""{"type":"text"}""")]
    [InlineData("""{"required":"a"}""")]
    [InlineData("""{"required":[1]}""")]
    [InlineData("""{"properties":[]}""")]
    [InlineData("""{"pattern":"("}""")]
    [InlineData("""{"minLength":-1}""")]
    [InlineData("""{"maximum":"x"}""")]
    [InlineData("""{"multipleOf":0}""")]
    [InlineData("""{"anyOf":[]}""")]
    [InlineData("""{"$ref":"other.json"}""")]
    [InlineData("""{"$ref":"#/$defs/none"}""")]
    public void Refuses_wrong_schemas(string schema) => Assert.Throws<JsonSchemaException>(() => JsonSchema.Compile(Parse(schema)));

    [Theory]
    [InlineData("""{"type":"string","format":"path"}""", """{"type":"string"}""")]
    [InlineData("""{"type":"string","format":"date-time"}""", """{"type":"string","format":"date-time"}""")]
    [InlineData("""{"properties":{"format":{"format":"path"},"a":{"items":{"anyOf":[{"format":"path"},true]}}}}""", """{"properties":{"format":{},"a":{"items":{"anyOf":[{},true]}}}}""")]
    [InlineData("""{"default":{"format":"path"},"examples":[{"format":"path"}]}""", """{"default":{"format":"path"},"examples":[{"format":"path"}]}""")]
    [InlineData("""{"$defs":{"p":{"format":"path"}},"additionalProperties":{"$ref":"#/$defs/p"}}""", """{"$defs":{"p":{}},"additionalProperties":{"$ref":"#/$defs/p"}}""")]
    public void Clients_do_not_see_what_is_between_manifest_and_host(string schema, string seen)
        => Assert.Equal(seen, JsonSchema.Compile(JsonDocument.Parse(schema).RootElement).ForClients.GetRawText());

    [Fact]
    public void A_schema_that_refers_to_itself_ends()
        => Assert.NotEmpty(JsonSchema.Compile(Parse("""{"$ref":"#"}""")).Validate(Parse("1")));

    [Fact]
    public void A_schema_that_branches_into_itself_ends_soon()
        => Assert.NotEmpty(JsonSchema.Compile(Parse("""{"allOf":[{"$ref":"#"},{"$ref":"#"}]}""")).Validate(Parse("1")));

    [Theory]
    [InlineData("^(a+)+$")]
    [InlineData("^(?=(a+)+$)b")]
    public void A_pattern_that_backtracks_without_end_is_stopped(string pattern)
    {
        var schema = JsonSchema.Compile(Parse($$"""{"pattern":"{{pattern}}"}"""));
        Assert.NotEmpty(schema.Validate(Parse("\"" + new string('a', 5000) + "!\"")));
    }

    [Fact]
    public void Errors_name_the_place()
    {
        var schema = JsonSchema.Compile(Parse("""{"type":"object","properties":{"a":{"items":{"type":"integer"}}},"required":["b"]}"""));
        Assert.Equal(["the input misses \"b\"", "/a/1 must be integer, not string"], schema.Validate(Parse("""{"a":[1,"x"]}""")));
    }

    [Fact]
    public void The_number_of_errors_is_limited()
        => Assert.Equal(8, JsonSchema.Compile(Parse("""{"items":{"type":"string"}}""")).Validate(Parse("[" + string.Join(',', Enumerable.Repeat("1", 1000)) + "]")).Count);

    [Theory]
    [InlineData("""{"properties":{"path":{"type":"string","format":"path"},"other":{"type":"string"}}}""", """{"path":"p","other":"o"}""", """{"path":"P","other":"o"}""")]
    [InlineData("""{"properties":{"paths":{"type":"array","items":{"format":"path"}}}}""", """{"paths":["a","b"]}""", """{"paths":["A","B"]}""")]
    [InlineData("""{"properties":{"edits":{"items":{"properties":{"file":{"format":"path"}}}}}}""", """{"edits":[{"file":"a","text":"t"}]}""", """{"edits":[{"file":"A","text":"t"}]}""")]
    [InlineData("""{"additionalProperties":{"format":"path"}}""", """{"x":"a"}""", """{"x":"A"}""")]
    [InlineData("""{"properties":{"p":{"anyOf":[{"type":"null"},{"format":"path"}]}}}""", """{"p":"a"}""", """{"p":"A"}""")]
    [InlineData("""{"properties":{"p":{"$ref":"#/$defs/f"}},"$defs":{"f":{"format":"path"}}}""", """{"p":"a"}""", """{"p":"A"}""")]
    [InlineData("""{"properties":{"p":{"format":"path"},"next":{"$ref":"#"}}}""", """{"p":"a","next":{"p":"b","next":{"p":"c"}}}""", """{"p":"A","next":{"p":"B","next":{"p":"C"}}}""")]
    [InlineData("""{"properties":{"p":{"format":"path"}}}""", """{"p":7}""", """{"p":7}""")]
    [InlineData("""{"properties":{"p":{"format":"uri"}}}""", """{"p":"a"}""", """{"p":"a"}""")]
    public void Paths_are_rewritten_at_any_depth(string schema, string value, string expected)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            PathRewriter.Write(JsonSchema.Compile(Parse(schema)), Parse(value), writer, text => text.ToUpperInvariant());
        }

        Assert.Equal(expected, Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
