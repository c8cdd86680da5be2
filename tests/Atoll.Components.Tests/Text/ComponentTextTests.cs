using System.Text;
using Atoll.Components.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests.Text;

/// <summary>The text of components, piece by piece.</summary>
public class ComponentTextTests
{
    [Theory]
    // Sugar and what it stands for.
    [InlineData(
        "(component (import \"i\" (instance $i (export \"f\" (func)))) (export \"g\" (func $i \"f\")))",
        "(component (type $t (instance (type $f (func)) (export \"f\" (func (type $f))))) (import \"i\" (instance $i (type $t)))"
        + " (alias export $i \"f\" (func $f)) (export \"g\" (func $f)))")]
    [InlineData(
        "(component (type $t u8) (component (import \"f\" (func (param \"x\" $t)))))",
        "(component (type $t u8) (component (alias outer 1 $t (type $u)) (type $f (func (param \"x\" $u))) (import \"f\" (func (type $f)))))")]
    [InlineData(
        "(component (func $f (import \"f\")) (func (export \"g\") (import \"h\") (result u8)))",
        "(component (type (func)) (import \"f\" (func $f (type 0))) (type (func (result u8))) (import \"h\" (func $g (type 1))) (export \"g\" (func $g)))")]
    [InlineData(
        "(component (core module $m (import \"a\" \"b\" (func)) (func (export \"c\"))) (core func $l (canon resource.new 0))"
        + " (core instance $i (instantiate $m (with \"a\" (instance (export \"b\" (func $l)))))) (func (canon lift (core func $i \"c\"))))",
        "(component (core module $m (import \"a\" \"b\" (func)) (func (export \"c\"))) (canon resource.new 0 (core func $l))"
        + " (core instance $b (export \"b\" (func $l))) (core instance $i (instantiate $m (with \"a\" (instance $b))))"
        + " (type $t (func)) (alias core export $i \"c\" (core func $c)) (canon lift (core func $c) (func (type $t))))")]
    [InlineData(
        "(component (type (record (field \"a\" (list (option char))))))",
        "(component (type (option char)) (type (list 0)) (type (record (field \"a\" 1))))")]
    [InlineData("(component (instance $i (import \"i\") (export \"t\" (type (sub resource)))) (type $t (alias export $i \"t\")))",
        "(component (import \"i\" (instance $i (export \"t\" (type (sub resource))))) (alias export $i \"t\" (type $t)))")]
    public void Sugar_stands_for_definitions(string sugar, string plain) =>
        Assert.Equal(Convert.ToHexString(NamelessBinary.Of(Assemble(plain))), Convert.ToHexString(NamelessBinary.Of(Assemble(sugar))));

    [Fact]
    public void An_implied_alias_is_used_again_only_after_it()
    {
        // The type of the inner component cannot use the alias that the function implies, for that comes later.
        byte[] early = NamelessBinary.Of(Assemble(
            "(component (type $t u8) (component (component (type (list $t))) (type (list $t)) (component (type (list $t)))))"));
        byte[] plain = NamelessBinary.Of(Assemble(
            "(component (type u8) (component (component (alias outer 2 0 (type)) (type (list 0))) (alias outer 1 0 (type)) (type (list 0))"
            + " (component (alias outer 1 0 (type)) (type (list 0)))))"));
        Assert.Equal(Convert.ToHexString(plain), Convert.ToHexString(early));
    }

    [Fact]
    public void Identifiers_and_annotations_become_names()
    {
        byte[] binary = Assemble("(component $c (type $t u8) (type $u (@name \"other\") u8) (import \"f\" (func $f)))");
        Assert.EndsWith(
            Convert.ToHexString([
                0x00, 0x28, .. "\u000ecomponent-name"u8, 0x00, 0x02, 0x01, (byte)'c',
                0x01, 0x05, 0x01, 0x01, 0x00, 0x01, (byte)'f',
                0x01, 0x0C, 0x03, 0x02, 0x00, 0x01, (byte)'t', 0x01, 0x05, .. "other"u8]),
            Convert.ToHexString(binary),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Custom_sections_keep_their_place() =>
        Assert.Equal(
            Convert.ToHexString([.. "\0asm"u8, 0x0D, 0, 1, 0, 0x07, 0x02, 0x01, 0x7D, 0x00, 0x03, 0x01, (byte)'x', (byte)'y', 0x07, 0x02, 0x01, 0x7D]),
            Convert.ToHexString(Assemble("(component (type u8) (@custom \"x\" \"y\") (type u8))")));

    [Fact]
    public void Modules_and_components_may_be_binary_or_quoted()
    {
        byte[] module = [.. "\0asm"u8, 1, 0, 0, 0];
        byte[] component = [.. "\0asm"u8, 0x0D, 0, 1, 0];
        Assert.Equal(
            Convert.ToHexString([.. component, 0x01, 8, .. module, 0x01, 8, .. module, 0x04, 8, .. component]),
            Convert.ToHexString(Assemble(
                "(component (core module binary \"\\00asm\\01\\00\\00\\00\") (core module quote \"(module)\")"
                + " (component binary \"\\00asm\\0d\\00\\01\\00\"))")));
        Assert.Equal(Convert.ToHexString([.. component, 0x07, 0x02, 0x01, 0x7D]), Convert.ToHexString(Assemble("(component quote \"(type \" \"u8)\")")));
    }

    [Theory]
    [InlineData("(component (type $t u8) (type $t u8))", "duplicate type identifier $t (line 1, column 31)")]
    [InlineData("(component (export \"a\" (func $f)))", "unknown func: failed to find name `$f` (line 1, column 30)")]
    [InlineData("(component (import \"f\" (func $f)) (component (export \"f\" (func $f))))", "outer item `f` is not a module, type, or component")]
    [InlineData("(component (alias outer 7 $t (type)))", "outer count of `7` is too large")]
    [InlineData("(component (alias outer $x $t (type)))", "outer component `x` not found")]
    [InlineData("(component (import \"f\" (func $f)) (start $f) (start $f))", "component cannot have more than one start function")]
    [InlineData("(component (import \"a\" (implements \"a:b/c\") (implements \"a:b/c\") (instance)))", "unexpected token")]
    [InlineData("(component (import \"a\" ((func))))", "unexpected token '('")]
    [InlineData("(component (import \"a\" (core func)))", "a sort that can be imported or exported, not core func")]
    [InlineData("(component (core type (module (import \"a\" \"b\" (func (type $t))))))", "unknown type $t")]
    [InlineData("(component (type (variant (case $a \"a\") (case $a \"b\"))))", "duplicate variant case identifier $a")]
    [InlineData("(component (core rec (type $a (struct)) (type $b (struct (field (ref $c))))))", "unknown core type $c")]
    [InlineData("(component (core rec (type $a (struct))", "unexpected token")]
    [InlineData("(component (alias core export 0 \"f\" (func)))", "a core instance has no export of the sort func")]
    [InlineData("(component (alias", "unexpected token")]
    [InlineData("(component) (component)", "unexpected token")]
    public void Errors_say_what_and_where(string text, string message) =>
        Assert.Contains(message, Assert.Throws<MalformedModuleException>(() => Assemble(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("(component ", ")")]
    [InlineData("(type (instance (export \"a\" (instance ", "))))")]
    [InlineData("(type (list (list ", ")))")]
    public void Nesting_has_a_limit(string open, string close)
    {
        // Of a value type only the inner lists can be nested.
        string again = open.StartsWith("(type (list", StringComparison.Ordinal) ? "(list " : open;
        string deep = open + string.Concat(Enumerable.Repeat(again, 100_000));
        Assert.Contains("nesting too deep", Assert.Throws<MalformedModuleException>(() => Assemble($"(component {deep}")).Message, StringComparison.Ordinal);
        Assemble($"(component {open}{(again == "(list " ? "u8" : "")}{close})");
    }

    [Fact]
    public void Damaged_texts_are_refused_and_do_no_harm()
    {
        const string Text =
            "(component $c (core module $m (func (export \"f\") (param i32)) (memory (export \"m\") 1)) (core instance $i (instantiate $m))"
            + " (core type $ct (module (alias outer 1 $ct2 (type $x)) (import \"a\" \"b\" (func (type $x))))) (core type $ct2 (func))"
            + " (core rec (type $r (struct (field (ref $r))))) (type $t (record (field \"a\" (list u8 4)))) (type $v (variant (case \"a\" $t) (case \"b\")))"
            + " (component $n (import \"x\" (implements \"a:b/c\") (instance $y (export \"z\" (func (param \"p\" $v) (result (result (error string))))))))"
            + " (instance $j (instantiate $n (with \"x\" (instance (export \"z\" (func $k)))))) (alias outer $c $t (type $w))"
            + " (func $k (export \"k\") (param \"p\" $v) (canon lift (core func $i \"f\") (memory (core memory $i \"m\")) string-encoding=utf8))"
            + " (core func (canon lower (func $k) (memory $i \"m\"))) (canon stream.read $t async (core func $s)) (export \"q\" (func $k) (func (type $t))))";
        byte[] bytes = Encoding.UTF8.GetBytes(Text);
        TextToken[] tokens = TextSource.Read(bytes).Tokens;
        for (int i = 0; i < tokens.Length - 1; i++)
        {
            Try(bytes[..tokens[i].Start]);
            Try([.. bytes[..tokens[i].Start], .. bytes[tokens[i + 1].Start..]]);
            Try([.. bytes[..tokens[i].Start], (byte)'(', .. bytes[tokens[i].Start..]]);
            Try([.. bytes[..tokens[i].Start], .. " $c "u8, .. bytes[tokens[i].Start..]]);
            Try([.. bytes[..tokens[i].Start], .. " 7 "u8, .. bytes[tokens[i + 1].Start..]]);
            Try([.. bytes[..tokens[i].Start], .. " \"s\" "u8, .. bytes[tokens[i].Start..]]);
        }

        Assert.NotEmpty(Assemble(Text));
    }

    private static void Try(byte[] text)
    {
        try
        {
            ComponentText.Assemble(TextSource.Read(text));
        }
        catch (MalformedModuleException)
        {
            // Refused, as it should be; anything else that is thrown fails the test.
        }
    }

    private static byte[] Assemble(string text) => ComponentText.Assemble(TextSource.Read(text));
}
