using System.Globalization;
using System.Text;
using Atoll.Sdk.Toml;

namespace Atoll.Sdk.Tests.Toml;

/// <summary>TOML 1.0: what the specification allows, each kind of thing that it forbids with its place, and the limits.</summary>
public sealed class TomlTests
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("# only a comment", "{}")]
    [InlineData("a = 1 # c\r\nb = 2\r\n", "{a: 1, b: 2}")]
    [InlineData("bare_key-1 = 1\n1234 = 2\n\"a b\" = 3\n'q\"q' = 4\n\"\" = 5", "{bare_key-1: 1, 1234: 2, a b: 3, q\"q: 4, : 5}")]
    [InlineData("physical.color = 'o'\nphysical . shape = 'r'\nsite.\"g.com\" = true", "{physical: {color: \"o\", shape: \"r\"}, site: {g.com: true}}")]
    [InlineData("3.14159 = 'pi'", "{3: {14159: \"pi\"}}")]
    [InlineData("apple.type = 1\norange.type = 2\napple.skin = 3", "{apple: {type: 1, skin: 3}, orange: {type: 2}}")]
    [InlineData("[a.b.c]\nx = 1\n[a]\ny = 2", "{a: {b: {c: {x: 1}}, y: 2}}")]
    [InlineData("[ j . \"ʞ\" . 'l' ]\nx = 1", "{j: {ʞ: {l: {x: 1}}}}")]
    [InlineData("[fruit]\napple.taste.sweet = true\n[fruit.apple.texture]\nsmooth = true", "{fruit: {apple: {taste: {sweet: true}, texture: {smooth: true}}}}")]
    [InlineData("[x.y]\n[x]\ny.z = 1", null)]
    [InlineData("[a.b.c]\nz = 1\n[a]\nb.d = 2", "{a: {b: {c: {z: 1}, d: 2}}}")]
    [InlineData("[[p]]\nn = 1\n[[p]]\n[[p]]\nn = 3", "{p: [{n: 1}, {}, {n: 3}]}")]
    [InlineData("[[f]]\nn = 1\n[f.p]\nc = 2\n[[f.v]]\nm = 3\n[[f.v]]\nm = 4\n[[f]]\n[[f.v]]\nm = 5", "{f: [{n: 1, p: {c: 2}, v: [{m: 3}, {m: 4}]}, {v: [{m: 5}]}]}")]
    [InlineData("n = { first = 'T', last.x = 1, last.y = 2 }\ne = {}", "{n: {first: \"T\", last: {x: 1, y: 2}}, e: {}}")]
    [InlineData("a = [1, 2,\n  # c\n  3,\n]\nm = [[1], ['x', {y = 1}]]\ne = [ ]", "{a: [1, 2, 3], m: [[1], [\"x\", {y: 1}]], e: []}")]
    public void Documents(string text, string? expected)
    {
        if (expected is null)
        {
            Fail(text);
        }
        else
        {
            Assert.Equal(expected, Dump(Read(text).Root));
        }
    }

    [Theory]
    [InlineData("+99", "99")]
    [InlineData("-0", "0")]
    [InlineData("5_349_221", "5349221")]
    [InlineData("0xDEAD_beef", "3735928559")]
    [InlineData("0o755", "493")]
    [InlineData("0b0_1101", "13")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("0x7fffffffffffffff", "9223372036854775807")]
    [InlineData("3.1415", "3.1415f")]
    [InlineData("-0.01", "-0.01f")]
    [InlineData("5e+22", "5E+22f")]
    [InlineData("1e06", "1000000f")]
    [InlineData("6.626e-34", "6.626E-34f")]
    [InlineData("224_617.445_991_228", "224617.445991228f")]
    [InlineData("-inf", "-Infinityf")]
    [InlineData("+nan", "NaNf")]
    [InlineData("1979-05-27T07:32:00Z", "1979-05-27T07:32:00.0000000+00:00")]
    [InlineData("1979-05-27T00:32:00.999999-07:00", "1979-05-27T00:32:00.9999990-07:00")]
    [InlineData("1979-05-27 07:32:00z", "1979-05-27T07:32:00.0000000+00:00")]
    [InlineData("1979-05-27t07:32:00", "1979-05-27T07:32:00.0000000")]
    [InlineData("1979-05-27 # not a time", "1979-05-27")]
    [InlineData("00:32:00.12345678999", "T00:32:00.1234567")]
    [InlineData("2000-02-29", "2000-02-29")]
    [InlineData("\"I'm \\\"q\\\".\\tJos\\u00E9 \\U0001F600 \\b\\n\\f\\r\\\\\"", "\"I'm \"q\".\tJosé 😀 \b\n\f\r\\\"")]
    [InlineData("'C:\\no\\escape'", "\"C:\\no\\escape\"")]
    [InlineData("\"\"\"\nRoses\r\nViolets\"\"\"", "\"Roses\nViolets\"")]
    [InlineData("\"\"\"\\\n  The \\  \n\n   fox.\\\n  \"\"\"", "\"The fox.\"")]
    [InlineData("\"\"\"two \"\" three \\\"\\\"\\\" end\"\"\"\"\"", "\"two \"\" three \"\"\" end\"\"\"")]
    [InlineData("'''''two quotes'''''", "\"''two quotes''\"")]
    [InlineData("'''\\n'''", "\"\\n\"")]
    [InlineData("\"\"\"\"\"\"", "\"\"")]
    public void Values(string text, string expected) => Assert.Equal($"{{v: {expected}}}", Dump(Read("v = " + text).Root));

    [Theory]
    [InlineData("a = 1\na = 2", 2, 1, "`a` is defined already, as an integer in line 1")]
    [InlineData("a.b = 1\na.b.c = 2", 2, 3, "`b` is an integer already")]
    [InlineData("[a]\n[b]\n[a]", 3, 2, "`a` is defined already")]
    [InlineData("a = 1\n[a]", 2, 2, "`a` is defined already")]
    [InlineData("a = 1\n[a.b]", 2, 2, "nothing within")]
    [InlineData("[fruit]\napple.c = 1\n[fruit.apple]", 3, 8, "`apple` is defined already")]
    [InlineData("[a.b.c]\nz=9\n[a]\nb.c.t = 1", 4, 3, "`c` is complete")]
    [InlineData("a.b = 1\n[c]\n[a.d]\n[a]", 4, 2, "`a` is defined already")]
    [InlineData("t = {x = 1}\nt.y = 2", 2, 1, "`t` is complete")]
    [InlineData("t = {x = 1}\n[t.y]", 2, 2, "a table in braces")]
    [InlineData("t = {x = 1, x = 2}", 1, 13, "`x` is defined already")]
    [InlineData("t = {a = {b = 1}, a.c = 2}", 1, 19, "`a` is complete")]
    [InlineData("a = []\n[[a]]", 2, 3, "`a` is defined already")]
    [InlineData("a = [{}]\n[a.b]", 2, 2, "nothing within")]
    [InlineData("[[a.b]]\n[[a]]", 2, 3, "`a` is defined already")]
    [InlineData("[[a]]\n[a]", 2, 2, "`a` is defined already, as an array")]
    [InlineData("[a]\n[[a]]", 2, 3, "`a` is defined already")]
    [InlineData("[[a]]\nx=1\n[b]\n[[c]]\n[a.x.y]", 5, 4, "nothing within")]
    [InlineData("a = 1 b = 2", 1, 7, "the line should end here")]
    [InlineData("[a] b = 2", 1, 5, "the line should end here")]
    [InlineData("a 1", 1, 3, "a `=` is missing")]
    [InlineData("a", 1, 2, "a `=` is missing")]
    [InlineData("= 1", 1, 1, "a key cannot have this character")]
    [InlineData("a..b = 1", 1, 3, "a key cannot have this character")]
    [InlineData("a. = 1", 1, 4, "a key cannot have this character")]
    [InlineData("ä = 1", 1, 1, "a key cannot have this character")]
    [InlineData("\"\"\"a\"\"\" = 1", 1, 1, "a string of several lines")]
    [InlineData("[]", 1, 2, "a key cannot have this character")]
    [InlineData("[a", 1, 3, "ends with `]`")]
    [InlineData("[[a]", 1, 4, "ends with `]]`")]
    [InlineData("[[a] ]", 1, 4, "ends with `]]`")]
    [InlineData("[a\nb]", 1, 3, "ends with `]`")]
    [InlineData("a =", 1, 4, "a value is missing")]
    [InlineData("a = # x", 1, 5, "a value is missing")]
    [InlineData("a = [1 2]", 1, 8, "a `,` or `]` is missing")]
    [InlineData("a = [1,,2]", 1, 8, "a value is missing")]
    [InlineData("a = [\n1", 1, 5, "never ends")]
    [InlineData("a = {b = 1\n}", 1, 11, "stands on one line")]
    [InlineData("a = {b = 1,}", 1, 12, "another key must come")]
    [InlineData("a = {b = 1 c = 2}", 1, 12, "a `,` or `}` is missing")]
    [InlineData("a = {,}", 1, 6, "a key cannot have this character")]
    [InlineData("a = {b = 1", 1, 5, "never ends")]
    [InlineData("a = \"x\ny\"", 1, 5, "never ends")]
    [InlineData("a = 'x", 1, 5, "never ends")]
    [InlineData("a = '''x", 1, 5, "never ends")]
    [InlineData("a = \"\"\"x\"\"\"\"\"\"", 1, 14, "the line should end here")]
    [InlineData("a = \"\\e\"", 1, 6, "no such escape")]
    [InlineData("a = \"\\x41\"", 1, 6, "no such escape")]
    [InlineData("a = \"\\u12\"", 1, 6, "4 hexadecimal digits")]
    [InlineData("a = \"\\uD800\"", 1, 6, "no character U+D800")]
    [InlineData("a = \"\\U00110000\"", 1, 6, "no character U+110000")]
    [InlineData("a = \"\"\"\\ x\"\"\"", 1, 8, "no such escape")]
    [InlineData("a = \"\u0001\"", 1, 6, "the control character U+0001")]
    [InlineData("a = '\u007F'", 1, 6, "the control character U+007F")]
    [InlineData("a = '''\r'''", 1, 8, "a carriage return without a line feed")]
    [InlineData("# \u0000", 1, 3, "the control character U+0000")]
    [InlineData("a = 1\rb = 2", 1, 6, "the line should end here")]
    public void Mistakes_have_a_place(string text, int line, int column, string message)
    {
        Diagnostic error = Fail(text);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.Contains($"input.toml:{line}:{column}: error: ", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("012", "no leading zeros")]
    [InlineData("-01", "no leading zeros")]
    [InlineData("00", "no leading zeros")]
    [InlineData("1__0", "between two digits")]
    [InlineData("_1", null)]
    [InlineData("1_", "between two digits")]
    [InlineData("0x_1", "between two digits")]
    [InlineData("+0x1", "without a sign")]
    [InlineData("0X1", "lower case")]
    [InlineData("0o8", null)]
    [InlineData("0b2", null)]
    [InlineData("0x", null)]
    [InlineData("++1", null)]
    [InlineData("9223372036854775808", "Integers go from")]
    [InlineData("-9223372036854775809", "Integers go from")]
    [InlineData("0x8000000000000000", "Integers go from")]
    [InlineData(".7", "before and after its point")]
    [InlineData("7.", "before and after its point")]
    [InlineData("3.e+20", null)]
    [InlineData("01.5", null)]
    [InlineData("1._5", "between two digits")]
    [InlineData("1e", null)]
    [InlineData("1e_5", "between two digits")]
    [InlineData("True", "lower case")]
    [InlineData("Inf", "lower case")]
    [InlineData("hello", "Strings have quotes")]
    [InlineData("1979-13-01", "Months go from")]
    [InlineData("2001-02-29", "Months go from")]
    [InlineData("1979-05-27T24:00:00Z", "hours from 0 to 23")]
    [InlineData("1979-05-27T07:60:00Z", "hours from 0 to 23")]
    [InlineData("1979-05-27T07:32:60Z", "seconds from 0 to 59")]
    [InlineData("1979-05-27T07:32:00+25:00", "hours from 0 to 23")]
    [InlineData("1979-05-27T", null)]
    [InlineData("1979-05-27T07:32", null)]
    [InlineData("79-05-27", null)]
    [InlineData("1979-5-27", null)]
    [InlineData("07:32:00Z", null)]
    [InlineData("T07:32:00", null)]
    [InlineData("07:32:00.", null)]
    public void Words_that_are_no_values(string word, string? help)
    {
        Diagnostic error = Fail("key = " + word);
        Assert.Equal((1, 7, word.Length), (error.Line, error.Column, error.Length));
        if (help is not null)
        {
            Assert.Contains(help, error.Help, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_error_shows_its_line_and_what_to_do()
    {
        Diagnostic error = Fail("a = 1\n\tname = greet # x");
        Assert.Equal(
            "input.toml:2:9: error: `greet` is no value\n 2 | \tname = greet # x\n   | \t       ^^^^^\n   = help: Strings have quotes: \"text\".",
            error.ToString());
        Diagnostic far = Fail($"a = [{new string(' ', 5000)}x{new string(' ', 5000)}]");
        Assert.Equal(5006, far.Column);
        Assert.True(far.ToString().Length < 600);
    }

    [Fact]
    public void What_is_no_UTF_8_is_refused_where_it_is()
    {
        DiagnosticException bytes = Assert.Throws<DiagnosticException>(() => TomlDocument.Read("input.toml", [.. "a = 1\nb = 'é"u8, 0xFF, .. "'"u8]));
        Assert.Equal((2, 7), (bytes.Diagnostics[0].Line, bytes.Diagnostics[0].Column));
        Assert.Equal("{a: 1}", Dump(TomlDocument.Read("input.toml", [0xEF, 0xBB, 0xBF, .. "a = 1"u8]).Root));
        Fail("a = 1\n\uFEFF");
    }

    [Fact]
    public void There_are_limits()
    {
        Assert.Contains("more than 64 deep", Fail($"a = {new string('[', 100_000)}").Message, StringComparison.Ordinal);
        Assert.Contains("more than 64 deep", Fail("a = " + string.Concat(Enumerable.Repeat("{a=", 1000))).Message, StringComparison.Ordinal);
        Assert.Contains("more than 64 parts", Fail(string.Join('.', Enumerable.Repeat("a", 100_000)) + " = 1").Message, StringComparison.Ordinal);
        Assert.Contains("more than 20000 values", Fail($"a = [{string.Concat(Enumerable.Repeat("1,", 30_000))}]").Message, StringComparison.Ordinal);
        Assert.Contains("more than 20000 values", Fail(string.Concat(Enumerable.Range(0, 30_000).Select(i => $"a{i}=1\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("at most 1048576 are read", Fail(new string('#', 1 << 21)).Message, StringComparison.Ordinal);
        Read($"a = {new string('[', 64)}{new string(']', 64)}");
    }

    [Fact]
    public void Values_know_where_they_stand()
    {
        TomlDocument document = Read("[t]\nkey = [1, 'two']\n");
        TomlEntry entry = ((TomlTable)document.Root.Find("t")!.Value).Find("key")!;
        Assert.Equal(("key", "[1, 'two']"), (Cut(entry.KeySpan), Cut(entry.Value.Span)));
        Assert.Equal(["1", "'two'"], ((TomlArray)entry.Value).Items.Select(item => Cut(item.Span)));

        string Cut(TextSpan span) => document.Source.Text[span.Start..span.End];
    }

    [Fact]
    public void Values_can_be_written_as_JSON()
    {
        TomlDocument document = Read("a = [1, 2.5, 'x', true]\nb.c = 1979-05-27 07:32:00Z\nd = 07:32:00\n");
        Assert.Equal("""{"a":[1,2.5,"x",true],"b":{"c":"1979-05-27T07:32:00Z"},"d":"07:32:00"}""", TomlJson.Write(document.Source, document.Root));
        TomlDocument infinite = Read("a = inf");
        Assert.Throws<DiagnosticException>(() => TomlJson.Write(infinite.Source, infinite.Root));
    }

    [Fact]
    public void Changed_documents_never_crash_it()
    {
        byte[] seed = Encoding.UTF8.GetBytes("[a.b]\nx = [1, 2.5, \"s\\u00E9\", '''m\nl''']\n[[c]]\nd = { e.f = 1979-05-27T07:32:00Z }\ng.\"h\" = true # end\n");
        Random random = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = (byte[])seed.Clone();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : seed[random.Next(seed.Length)];
            }

            try
            {
                TomlDocument.Read("fuzz.toml", bytes.AsSpan(0, random.Next(2) == 0 ? bytes.Length : random.Next(bytes.Length)));
            }
            catch (DiagnosticException exception)
            {
                Assert.NotEmpty(exception.Diagnostics[0].ToString());
            }
        }
    }

    private static TomlDocument Read(string text) => TomlDocument.Read("input.toml", Encoding.UTF8.GetBytes(text));

    private static Diagnostic Fail(string text) => Assert.Single(Assert.Throws<DiagnosticException>(() => Read(text)).Diagnostics);

    private static string Dump(TomlValue value) => value switch
    {
        TomlTable table => $"{{{string.Join(", ", table.Entries.Select(entry => $"{entry.Key}: {Dump(entry.Value)}"))}}}",
        TomlArray array => $"[{string.Join(", ", array.Items.Select(Dump))}]",
        TomlString text => $"\"{text.Value}\"",
        TomlInteger number => number.Value.ToString(CultureInfo.InvariantCulture),
        TomlFloat number => number.Value.ToString(CultureInfo.InvariantCulture) + "f",
        TomlBoolean truth => truth.Value ? "true" : "false",
        TomlDateTime moment => Dump(moment),
        _ => throw new ArgumentException(value.Kind, nameof(value)),
    };

    private static string Dump(TomlDateTime moment)
    {
        string date = moment.Date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";
        string time = moment.Time is { } given ? "T" + given.ToString("HH:mm:ss.fffffff", CultureInfo.InvariantCulture) : "";
        string text = date + (moment.Date is null ? time.TrimEnd('0') : time);
        return text + (moment.Offset is { } offset ? $"{(offset < TimeSpan.Zero ? '-' : '+')}{offset:hh\\:mm}" : "");
    }
}
