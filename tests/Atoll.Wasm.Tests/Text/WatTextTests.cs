using System.Text;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;
using Atoll.Wasm.Validation;

namespace Atoll.Wasm.Tests.Text;

/// <summary>The text format: exact bytes of small modules, abbreviations, and errors with their places.</summary>
public sealed class WatTextTests
{
    private const string Header = "0061736D01000000";

    // type ()->() · one function of it
    private const string OneFunction = Header + "01" + "04" + "01600000" + "03" + "02" + "0100";

    [Theory]
    [InlineData("", Header)]
    [InlineData("(module)", Header)]
    [InlineData("(module (func))", OneFunction + "0A" + "04" + "01" + "02" + "00" + "0B")]
    [InlineData("(func)", OneFunction + "0A" + "04" + "01" + "02" + "00" + "0B")]
    [InlineData("(func (local i32 i32) (local i64))", OneFunction + "0A" + "08" + "01" + "06" + "02" + "027F" + "017E" + "0B")]
    [InlineData("(func block end)", OneFunction + "0A" + "07" + "01" + "05" + "00" + "02400B" + "0B")]
    [InlineData("(func (drop (i32.const -1)))", OneFunction + "0A" + "07" + "01" + "05" + "00" + "417F1A" + "0B")]
    [InlineData("(func i32.const 128 drop)", OneFunction + "0A" + "08" + "01" + "06" + "00" + "4180011A" + "0B")]
    [InlineData("(memory 1 2)", Header + "05" + "04" + "01" + "010102")]
    [InlineData("(memory (data \"ab\"))", Header + "05" + "04" + "01" + "010101" + "0B" + "08" + "01" + "00" + "41000B" + "02" + "6162")]
    [InlineData("(memory 1) (data (i32.const 1) \"a\" \"b\")", Header + "05" + "03" + "01" + "0001" + "0B" + "08" + "01" + "00" + "41010B" + "02" + "6162")]
    [InlineData("(data \"\\u{20ac}\")", Header + "0B" + "06" + "01" + "01" + "03" + "E282AC")]
    [InlineData("(data \"\\t\\n\\r\\\"\\'\\\\\\ff\")", Header + "0B" + "0A" + "01" + "01" + "07" + "090A0D22275CFF")]
    [InlineData("(table 1 funcref)", Header + "04" + "04" + "01" + "700001")]
    [InlineData("(table externref (elem))", Header + "04" + "05" + "01" + "6F010000" + "09" + "08" + "01" + "06" + "00" + "41000B" + "6F" + "00")]
    [InlineData("(global i32 (i32.const 7))", Header + "06" + "06" + "01" + "7F00" + "41070B")]
    [InlineData("(global (mut f32) (f32.const 1))", Header + "06" + "09" + "01" + "7D01" + "430000803F0B")]
    [InlineData("(import \"a\" \"b\" (global i32))", Header + "02" + "08" + "01" + "0161" + "0162" + "03" + "7F00")]
    [InlineData("(module binary \"\\00asm\" \"\\01\\00\\00\\00\")", Header)]
    [InlineData("(module quote \"(memory\" \" 1)\")", Header + "05" + "03" + "01" + "0001")]
    [InlineData("(@customs \"x\" (a \")\" (;;) b)) (module (@x) (@y))", Header)]
    public void Small_modules_have_exactly_these_bytes(string text, string hexadecimal) =>
        Assert.Equal(hexadecimal, Convert.ToHexString(WatText.ToBinary(text)));

    [Theory]
    // Folded and plain forms.
    [InlineData("(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))", "(func (param i32) (result i32) local.get 0 i32.const 1 i32.add)")]
    [InlineData("(func (if (i32.const 1) (then nop) (else unreachable)))", "(func i32.const 1 if nop else unreachable end)")]
    [InlineData("(func (if (i32.const 1) (then nop)))", "(func i32.const 1 if nop end)")]
    [InlineData("(func (block (loop (br 1)) nop))", "(func block loop br 1 end nop end)")]
    [InlineData("(func (block $a (loop $b (br $a) (br $b))))", "(func block loop br 1 br 0 end end)")]
    [InlineData("(func (block $a (block $a (br $a)) (br $a)))", "(func block block br 0 end br 0 end)")]
    [InlineData("(func (if $l (block (result i32) (br 1) (i32.const 0)) (then (br $l))))", "(func block (result i32) br 1 i32.const 0 end if br 0 end)")]
    [InlineData("(func (block $l (br_table $l 1 $l (i32.const 0))))", "(func block i32.const 0 br_table 0 1 0 end)")]
    // Type uses.
    [InlineData("(func (param i32)) (type (func)) (func (param i32))", "(type (func)) (type (func (param i32))) (func (type 1)) (func (type 1))")]
    [InlineData("(type (func (param i32))) (func (type 0) (local i64) (local.set 1 (i64.const 0)))", "(type (func (param i32))) (func (type 0) (param i32) (local i64) (local.set 1 (i64.const 0)))")]
    [InlineData("(func (block (param) (result) nop))", "(func (block nop))")]
    [InlineData("(func (block (result i32 i32) unreachable) unreachable)", "(type (func)) (type (func (result i32 i32))) (func (block (type 1) unreachable) unreachable)")]
    // Inline imports, exports and segments.
    [InlineData("(func (export \"a\") (export \"b\"))", "(func) (export \"a\" (func 0)) (export \"b\" (func 0))")]
    [InlineData("(func (import \"m\" \"n\") (param i32))", "(import \"m\" \"n\" (func (param i32)))")]
    [InlineData("(memory (export \"x\") (import \"m\" \"n\") 1)", "(import \"m\" \"n\" (memory 1)) (export \"x\" (memory 0))")]
    [InlineData("(table (import \"m\" \"n\") 1 2 funcref)", "(import \"m\" \"n\" (table 1 2 funcref))")]
    [InlineData("(global (import \"m\" \"n\") (mut i64))", "(import \"m\" \"n\" (global (mut i64)))")]
    [InlineData("(table funcref (elem 0 0)) (func)", "(table 2 2 funcref) (elem (i32.const 0) func 0 0) (func)")]
    [InlineData("(table funcref (elem (ref.func 0) (item ref.null func))) (func)", "(table 2 2 funcref) (elem (table 0) (offset i32.const 0) funcref (item ref.func 0) (item (ref.null func))) (func)")]
    [InlineData("(table 1 funcref) (func) (elem (i32.const 0) 0)", "(table 1 funcref) (func) (elem 0 (i32.const 0) 0)")]
    [InlineData("(memory 1) (memory 1) (data (memory 1) (i32.const 0) \"x\")", "(memory 1) (memory 1) (data 1 (offset (i32.const 0)) \"x\")")]
    // Defaults of immediates.
    [InlineData("(memory 1) (func (drop (i32.load (i32.const 0))))", "(memory 1) (func (drop (i32.load 0 offset=0 align=4 (i32.const 0))))")]
    [InlineData("(memory 1) (func (memory.copy (i32.const 0) (i32.const 0) (i32.const 0)))", "(memory 1) (func (memory.copy 0 0 (i32.const 0) (i32.const 0) (i32.const 0)))")]
    [InlineData("(memory 1) (data \"\") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))", "(memory 1) (data \"\") (func (memory.init 0 0 (i32.const 0) (i32.const 0) (i32.const 0)))")]
    [InlineData("(table 1 funcref) (func (drop (table.get (i32.const 0))))", "(table 1 funcref) (func (drop (table.get 0 (i32.const 0))))")]
    [InlineData("(table 1 funcref) (func (call_indirect (i32.const 0)))", "(table 1 funcref) (func (call_indirect 0 (type 0) (i32.const 0)))")]
    // Lexical freedom.
    [InlineData("(func(nop)(;a(;b;)c;)(nop);;end\n)", "(func nop nop)")]
    [InlineData("(func (drop (i32.const 0x_1)) )", null)]
    [InlineData("(func (drop (i32.const 1_000)))", "(func (drop (i32.const 1000)))")]
    public void Two_ways_to_write_it_are_one(string text, string? same)
    {
        if (same is null)
        {
            Assert.Throws<MalformedModuleException>(() => WatText.ToBinary(text));
            return;
        }

        // Labels have names only where the text gives them some; the section is short and the last.
        byte[] binary = WatText.ToBinary(text);
        int names = binary.AsSpan().LastIndexOf("\u0004name"u8);
        Assert.Equal(Convert.ToHexString(WatText.ToBinary(same)), Convert.ToHexString(names < 0 ? binary : binary[..(names - 2)]));
    }

    [Theory]
    [InlineData("(func", "unexpected token", 1, 6)]
    [InlineData("(module\n  (func (bogus)))", "unknown operator bogus", 2, 10)]
    [InlineData("(module\r\n  (func (local.get $x)))", "unknown local $x", 2, 20)]
    [InlineData("(func)\r(func (call ä))", "illegal character", 2, 13)]
    [InlineData("(data \"ä\") (bogus)", "unknown operator bogus", 1, 13)]
    [InlineData("(func) (;", "unclosed comment", 1, 8)]
    [InlineData("(func) (@a (", "unclosed annotation", 1, 8)]
    [InlineData("(data \"abc", "unclosed string", 1, 7)]
    [InlineData("(data \"a\\qc\")", "illegal escape", 1, 9)]
    [InlineData("(data \"\\u{d800}\")", "illegal escape", 1, 8)]
    [InlineData("(func (i32.const 0x1_0000_0000) drop)", "i32 constant out of range", 1, 18)]
    [InlineData("(func (i32.const 1.0) drop)", "unexpected token", 1, 18)]
    [InlineData("(func (f32.const 1e39) drop)", "f32 constant out of range", 1, 18)]
    [InlineData("(func (f32.const nan:0x800000) drop)", "f32 constant out of range", 1, 18)]
    [InlineData("(memory 1) (func (i32.load align=3 (i32.const 0)) drop)", "alignment must be a power of two", 1, 28)]
    [InlineData("(memory 1) (func (i32.load align=0 (i32.const 0)) drop)", "alignment must be a power of two", 1, 28)]
    [InlineData("(func block $a end $b)", "mismatching label", 1, 20)]
    [InlineData("(func (param $x i32) (local $x i32))", "duplicate local $x", 1, 29)]
    [InlineData("(func $f) (func $f)", "duplicate func", 1, 17)]
    [InlineData("(memory $m 1) (memory $m 1)", "duplicate memory", 1, 23)]
    [InlineData("(func) (import \"a\" \"b\" (func))", "import after function", 1, 9)]
    [InlineData("(func) (memory (import \"a\" \"b\") 1)", "import after function", 1, 16)]
    [InlineData("(start 0) (start 0)", "multiple start sections", 1, 12)]
    [InlineData("(import \"\\ff\" \"\" (func))", "malformed UTF-8 encoding", 1, 9)]
    [InlineData("(func end)", "unexpected token", 1, 7)]
    [InlineData("(func else)", "unexpected token", 1, 7)]
    [InlineData("(func (block end))", "unexpected token", 1, 14)]
    [InlineData("(func block)", "unexpected token", 1, 12)]
    [InlineData("(func (if (i32.const 0)))", "unexpected token", 1, 24)]
    [InlineData("(func (if (i32.const 0) (then) (nop)))", "unexpected token", 1, 33)]
    [InlineData("(func (if (i32.const 0) (else)))", "unexpected token", 1, 26)]
    [InlineData("(func (then))", "unexpected token", 1, 8)]
    [InlineData("(func (nop nop))", "unexpected token", 1, 12)]
    [InlineData("(module) (module)", "unexpected token", 1, 10)]
    [InlineData("(module))", "unexpected token", 1, 9)]
    [InlineData("(type (func (param i32))) (func (type 0) (result i32))", "inline function type", 1, 42)]
    public void Errors_say_what_and_where(string text, string message, int line, int column)
    {
        MalformedModuleException error = Assert.Throws<MalformedModuleException>(() => WatText.ToBinary(text));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"(line {line}, column {column})", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lone_surrogate_is_malformed() =>
        Assert.StartsWith("malformed UTF-8 encoding", Assert.Throws<MalformedModuleException>(() => WatText.ToBinary("(;\ud800;)")).Message, StringComparison.Ordinal);

    [Fact]
    public void Names_are_kept_for_the_decoder()
    {
        byte[] binary = WatText.ToBinary(
            "(module $m (import \"a\" \"b\" (func $imported (param $p i32))) (memory $mem 1) (func $\"odd name\" (param i32) (local $x i32)))");
        ModuleDefinition module = ModuleDecoder.Decode(binary, ModuleLimits.Default);
        CustomSection section = Assert.Single(module.CustomSections, s => s.Name == "name");
        string content = Encoding.Latin1.GetString(binary.AsSpan(section.Content.Start, section.Content.Length));
        Assert.Equal("\0\u0002\u0001m"
            + "\u0001\u0015\u0002\0\u0008imported\u0001\u0008odd name"
            + "\u0002\u000b\u0002\0\u0001\0\u0001p\u0001\u0001\u0001\u0001x"
            + "\u0006\u0006\u0001\0\u0003mem", content);
    }

    [Theory]
    [InlineData("(func ", "(block ", "")]
    [InlineData("(func ", "(drop ", "")]
    [InlineData("(func ", "(if ", "")]
    [InlineData("(func ", "block ", "")]
    [InlineData("", "(", "")]
    [InlineData("(global i32 ", "(i32.add ", "")]
    [InlineData("(@a ", "(", "")]
    [InlineData("(;", "(;", "")]
    [InlineData("(func ", "(block ", ")")]
    [InlineData("(func ", "block ", "end ")]
    public void Deep_nesting_is_an_error_and_no_crash(string start, string open, string close)
    {
        const int Depth = 200_000;
        StringBuilder text = new(start);
        text.Insert(text.Length, open, Depth).Insert(text.Length, close, Depth).Append(')');
        Assert.Throws<MalformedModuleException>(() => WatText.ToBinary(text.ToString()));
    }

    [Fact]
    public void Nesting_below_the_limit_is_accepted()
    {
        StringBuilder text = new("(func ");
        text.Insert(text.Length, "(drop (block (result i32) ", 4000).Append("(i32.const 0)").Insert(text.Length, ") (i32.const 0))", 3999).Append(")))");
        byte[] binary = WatText.ToBinary(text.ToString());
        ModuleValidator.Validate(ModuleDecoder.Decode(binary, ModuleLimits.Default), ModuleLimits.Default, CancellationToken.None);
    }

    [Fact]
    public void Names_and_labels_cost_linear_time()
    {
        // A search through the open labels for each branch would take 10^9 steps here.
        StringBuilder text = new("(func ");
        text.Append("block $outermost ").Insert(text.Length, "block $x ", 9_000).Insert(text.Length, "br $outermost ", 200_000)
            .Insert(text.Length, "end ", 9_001).Append(')');
        for (int i = 0; i < 50_000; i++)
        {
            text.Append("(func $f").Append(i).Append(" call $f").Append(49_999 - i).Append(')');
        }

        Assert.True(WatText.ToBinary(text.ToString()).Length > 500_000);
    }
}
