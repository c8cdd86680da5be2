using System.Text;
using Atoll.Components.Types;

namespace Atoll.Components.Tests.Values;

/// <summary>Values as text.</summary>
public sealed class WaveTests
{
    private static readonly PrimitiveType U8 = PrimitiveType.Of(ComponentValueKind.U8);
    private static readonly PrimitiveType U32 = PrimitiveType.Of(ComponentValueKind.U32);
    private static readonly PrimitiveType Str = PrimitiveType.Of(ComponentValueKind.String);
    private static readonly RecordType Point = new([new("x", PrimitiveType.Of(ComponentValueKind.S32)), new("label", new OptionType(Str))]);
    private static readonly VariantType Shape = new([new("circle", PrimitiveType.Of(ComponentValueKind.F64)), new("empty", null), new("err", Str)]);

    [Fact]
    public void What_is_written_reads_back_as_an_equal_value()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            RandomValues random = new(seed);
            ComponentValueType type = random.Type();
            ComponentValue value = random.Value(type);
            string text = Wave.Write(value);
            Assert.True(value == Wave.Parse(text, type), $"seed {seed}: {text}");
            Assert.DoesNotContain(text, char.IsControl);
        }
    }

    [Fact]
    public void Any_text_is_a_value_or_an_error_with_a_place()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            RandomValues values = new(seed);
            ComponentValueType type = values.Type();
            Random random = new(seed);
            StringBuilder text = new(Wave.Write(values.Value(type)));
            for (int i = 0; i < 3 && text.Length > 0; i++)
            {
                int at = random.Next(text.Length);
                text = random.Next(2) == 0 ? text.Remove(at, 1) : text.Insert(at, "{}[]()\"'%,:0-e.\n\\ud800"[random.Next(20)]);
            }

            try
            {
                Wave.Parse(text.ToString(), type);
            }
            catch (WaveException e)
            {
                Assert.InRange(e.Column, 1, text.Length + 1);
            }
        }
    }

    [Theory]
    [InlineData("true", ComponentValueKind.Bool, "true")]
    [InlineData(" -128 // least", ComponentValueKind.S8, "-128")]
    [InlineData("18446744073709551615", ComponentValueKind.U64, "18446744073709551615")]
    [InlineData("6.022e+23", ComponentValueKind.F64, "6.022e23")]
    [InlineData("1e-7", ComponentValueKind.F32, "1e-7")]
    [InlineData("-inf", ComponentValueKind.F64, "-inf")]
    [InlineData("nan", ComponentValueKind.F32, "nan")]
    [InlineData("-0", ComponentValueKind.F64, "-0")]
    [InlineData("'\\u{1F30D}'", ComponentValueKind.Char, "'🌍'")]
    [InlineData("'\"'", ComponentValueKind.Char, "'\"'")]
    [InlineData("\"a\\tb\\u{0}'\"", ComponentValueKind.String, "\"a\\tb\\u{0}'\"")]
    [InlineData("\"\"\"\n\"\"\"", ComponentValueKind.String, "\"\"")]
    [InlineData("\"\"\"\n    one\n      two\r\n\n  \"\"\"", ComponentValueKind.String, null)]
    [InlineData("\"\"\"\n    one\n      two\r\n  \n  \"\"\"", ComponentValueKind.String, "\"  one\\n    two\\n\"")]
    [InlineData("\"\"\"\n\"\"\\\"\n\"\"\"", ComponentValueKind.String, "\"\\\"\\\"\\\"\"")]
    [InlineData("-nan", ComponentValueKind.F64, null)]
    [InlineData("NaN", ComponentValueKind.F64, null)]
    [InlineData("01", ComponentValueKind.U8, null)]
    [InlineData("256", ComponentValueKind.U8, null)]
    [InlineData("1.0", ComponentValueKind.U8, null)]
    [InlineData("1e400", ComponentValueKind.F64, null)]
    [InlineData("''", ComponentValueKind.Char, null)]
    [InlineData("'ab'", ComponentValueKind.Char, null)]
    [InlineData("'\\u{d800}'", ComponentValueKind.Char, null)]
    [InlineData("\"a\nb\"", ComponentValueKind.String, null)]
    [InlineData("\"abc", ComponentValueKind.String, null)]
    [InlineData("%true", ComponentValueKind.Bool, null)]
    [InlineData("", ComponentValueKind.Bool, null)]
    public void Primitives_are_read_as_the_encoding_says(string text, ComponentValueKind kind, string? written)
    {
        if (written is null)
        {
            Assert.Throws<WaveException>(() => Wave.Parse(text, PrimitiveType.Of(kind)));
        }
        else
        {
            Assert.Equal(written, Wave.Write(Wave.Parse(text, PrimitiveType.Of(kind))));
        }
    }

    [Fact]
    public void Composites_have_their_short_forms()
    {
        Assert.Equal("{x: 1, label: some(\"a\")}", Wave.Write(Wave.Parse("{label: \"a\", %x: 1,}", Point)));
        Assert.Equal("{x: 1}", Wave.Write(Wave.Parse("{x: 1}", Point)));
        Assert.Equal("{:}", Wave.Write(Wave.Parse("{:}", new RecordType([new("a", new OptionType(U8))]))));
        Assert.Equal("%err(\"x\")", Wave.Write(Wave.Parse("%err(\"x\")", Shape)));
        Assert.Equal("ok(1)", Wave.Write(Wave.Parse("1", new ResultType(U8, Str))));
        Assert.Equal("ok", Wave.Write(Wave.Parse("ok", new ResultType(null, Str))));
        Assert.Equal("some(none)", Wave.Write(Wave.Parse("some(none)", new OptionType(new OptionType(U8)))));
        Assert.Equal("{read, exec}", Wave.Write(Wave.Parse("{exec, read}", new FlagsType(["read", "write", "exec"]))));
        Assert.Equal("[1, 255]", Wave.Write(Wave.Parse("[1,255,]", new ListType(U8, null))));
        Assert.Equal([ComponentValue.U32(2), ComponentValue.None], Wave.ParseArguments("(2)", new ComponentFunctionType([new("a", U32), new("b", new OptionType(Str))], null, false)));
    }

    [Fact]
    public void Errors_say_what_and_where()
    {
        WaveException wrong = Assert.Throws<WaveException>(() => Wave.Parse("{x: 1,\n  y: 2}", Point));
        Assert.Equal((2, 3), (wrong.Line, wrong.Column));
        Assert.Equal("there is no field `y`; there are x, label (line 2, column 3)\n    y: 2}\n    ^", wrong.Message);
        Assert.Equal("`err` is a keyword; for the name of a case of this name write `%err`", Problem("err(\"x\")", Shape));
        Assert.Equal("`circle` comes with a value: write `circle(…)` with a f64", Problem("circle", Shape));
        Assert.Equal("the field `x: s32` is missing", Problem("{label: none}", Point));
        Assert.Equal("the field `x` stands twice", Problem("{x: 1, x: 2}", Point));
        Assert.Equal("300 does not fit into u8, which goes from 0 to 255", Problem("[1, 300]", new ListType(U8, null)));
        Assert.Equal("expected `some(…)` or `none`, found `1`", Problem("1", new OptionType(new OptionType(U8))));
        Assert.Equal("expected a string in double quotes, found `h`", Problem("hello", Str));
        Assert.Equal("the list must have 2 elements, not 1", Problem("[1]", new ListType(U8, 2)));
    }

    [Fact]
    public void A_text_that_would_be_too_long_is_not_written()
    {
        Assert.Throws<InvalidOperationException>(() => Wave.Write(ComponentValue.String(new string('x', 1000)), maxLength: 100));
        Assert.Throws<InvalidOperationException>(() => Wave.Write(ComponentValue.List(new byte[1000]), maxLength: 100));
        ComponentValue deep = ComponentValue.None;
        for (int i = 0; i < 100_000; i++)
        {
            deep = ComponentValue.Some(deep);
        }

        Assert.Throws<InvalidOperationException>(() => Wave.Write(deep));
    }

    private static string Problem(string text, ComponentValueType type) => Assert.Throws<WaveException>(() => Wave.Parse(text, type)).Problem;
}
