using System.Text;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Tests.Execution;
using Atoll.Wasm.Text;
using Atoll.Wasm.Validation;

namespace Atoll.Wasm.Tests.Text;

/// <summary>Annotations: custom sections, names and branch hints ("Custom Sections and Annotations").</summary>
public sealed class AnnotationTests
{
    [Fact]
    public void Custom_sections_stand_where_they_are_put()
    {
        byte[] binary = WatText.ToBinary("""
            (module $m
              (@custom "last" "1")
              (@custom "code" (before code) "2" "\00" "")
              (func)
              (@custom "type" (after type))
              (memory 1)
              (@custom "first" (before first) "3")
              (@custom "none" (after global) "4")
              (@custom "end" (after last) "5")
              (@custom "type" (before import) "6")
            )
            """);
        Assert.Equal("first=3 #1 type= type=6 #3 #5 none=4 code=2\0 #10 last=1 end=5 name", Sections(binary));
    }

    [Fact]
    public void Names_are_what_annotations_say()
    {
        byte[] binary = WatText.ToBinary("""
            (module $id (@name "the module")
              (type $t (@name "the type") (func (param i32)))
              (import "a" "b" (func (@name "the import") (type $t) (param (@name "p") i32)))
              (table $tab (@name "the table") 1 funcref)
              (memory (@name "the memory") 1)
              (global $g (@"name" "the global") i32 (i32.const 0))
              (elem (@name "the elem") func)
              (data $d (@name "") "")
              (func $f (@name "the function") (param $p (@name "the parameter") i32) (local (@name "l") i32) (local i32) (local $x (@name "x y") i32)
                (block $b (@name "the block") (br $b))
                (if $c (@name "the if") (block (@name "inner") (result i32) (local.get $x)) (then (br $c)))
                (call $f (local.get $p))))
            """);
        ModuleDefinition module = ModuleDecoder.Decode(binary, ModuleLimits.Default);
        ModuleNames names = ModuleNames.Read(binary, Assert.Single(module.CustomSections).Content, strict: true);
        Assert.Equal("the module", names.Module);
        Assert.Equal([(0, "the import"), (1, "the function")], names.Of(NameKind.Function));
        Assert.Equal([(0, "p")], names.Of(NameKind.Local, 0));
        Assert.Equal([(0, "the parameter"), (1, "l"), (3, "x y")], names.Of(NameKind.Local, 1));
        Assert.Equal([(0, "the block"), (1, "inner"), (2, "the if")], names.Of(NameKind.Label, 1));
        Assert.Equal([(0, "the type")], names.Of(NameKind.Type));
        Assert.Equal([(0, "the table")], names.Of(NameKind.Table));
        Assert.Equal([(0, "the memory")], names.Of(NameKind.Memory));
        Assert.Equal([(0, "the global")], names.Of(NameKind.Global));
        Assert.Equal([(0, "the elem")], names.Of(NameKind.Element));
        Assert.Equal([(0, "")], names.Of(NameKind.Data));
    }

    [Fact]
    public void Traps_show_the_names()
    {
        using Store store = new(Guest.Engine);
        Instance instance = new Linker(Guest.Engine).Instantiate(store, Guest.Load(
            "(module $id (@name \"my app\") (func $f (@name \"std::fail<T>\") (result i32) unreachable) (func (export \"run\") (result i32) (i32.add (call $f) (call $f))))"));
        TrapException trap = Assert.Throws<TrapException>(() => instance.Call("run"));
        Assert.Contains(trap.GuestStack, frame => frame.ToString() == "my app!std::fail<T>");
    }

    [Theory]
    [InlineData("(func (param i32) local.get 0 (@metadata.code.branch_hint \"\\01\") if end)", "0:3=1")]
    [InlineData("(func (param i32) (local i32 i32) (@metadata.code.branch_hint \"\\00\") (if (local.get 0) (then)))", "0:5=0")]
    [InlineData("(func (param i32) ((@metadata.code.branch_hint \"\\00\" \"1\") br_if 0 (local.get 0)))", null)]
    [InlineData("(func (param i32) (block (@metadata.code.branch_hint \"\\01\") (br_if 1 (@metadata.code.branch_hint \"\\00\") (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2))))))", "0:5=0 0:13=1")]
    [InlineData("(func (import \"\" \"\")) (func) (func (param i32) local.get 0 (@metadata.code.branch_hint \"\" \"\\01\" \"\") br_if 0)", "2:3=1")]
    public void Branch_hints_know_their_instruction(string text, string? expected)
    {
        if (expected is null)
        {
            Assert.Contains("invalid hint value", Assert.Throws<MalformedModuleException>(() => WatText.ToBinary(text)).Message, StringComparison.Ordinal);
            return;
        }

        ModuleDefinition module = ModuleDecoder.Decode(WatText.ToBinary(text), ModuleLimits.Default);
        ModuleValidator.Validate(module, ModuleLimits.Default, CancellationToken.None);
        CustomSectionValidator.Check(module);
        CustomSection section = Assert.Single(module.CustomSections, section => section.Name == BranchHints.SectionName);
        Assert.Equal(expected, string.Join(' ', BranchHints.Read(module, section).SelectMany(f => f.Value.Select(hint => $"{f.Key}:{hint.Offset}={hint.Value}"))));
    }

    [Theory]
    [InlineData("(@custom)", "@custom annotation: missing section name")]
    [InlineData("(@custom 4)", "@custom annotation: missing section name")]
    [InlineData("(@custom bla)", "@custom annotation: missing section name")]
    [InlineData("(@custom \"\\df\")", "@custom annotation: malformed UTF-8 encoding")]
    [InlineData("(@custom \"bla\" here)", "@custom annotation: unexpected token")]
    [InlineData("(@custom \"bla\" after)", "@custom annotation: unexpected token")]
    [InlineData("(@custom \"bla\" (after))", "@custom annotation: malformed section kind")]
    [InlineData("(@custom \"bla\" (type))", "@custom annotation: malformed placement")]
    [InlineData("(@custom \"bla\" (aft type))", "@custom annotation: malformed placement")]
    [InlineData("(@custom \"bla\" ())", "@custom annotation: malformed placement")]
    [InlineData("(@custom \"bla\" (before types))", "@custom annotation: malformed section kind")]
    [InlineData("(@custom \"bla\" (before type) (after type))", "@custom annotation: unexpected token")]
    [InlineData("(@custom \"bla\" (before type type))", "@custom annotation: unexpected token")]
    [InlineData("(type (@custom \"bla\") $t (func))", "misplaced @custom annotation")]
    [InlineData("(func (@custom \"bla\"))", "misplaced @custom annotation")]
    [InlineData("(func (block (@custom \"bla\")))", "misplaced @custom annotation")]
    [InlineData("(func (nop (@custom \"bla\")))", "misplaced @custom annotation")]
    [InlineData("(module (@name \"a\" b))", "@name annotation: unexpected token")]
    [InlineData("(module (@name))", "@name annotation: string expected")]
    [InlineData("(module (@name \"\\ff\"))", "@name annotation: malformed UTF-8 encoding")]
    [InlineData("(func (@name \"a\") (@name \"b\"))", "@name annotation: multiple function names")]
    [InlineData("(func (@name \"a\") $f)", "misplaced @name annotation")]
    [InlineData("(func (param (@name \"a\") i32 i32))", "unexpected token")]
    [InlineData("(type (func (param (@name \"a\") i32)))", "misplaced @name annotation")]
    [InlineData("(func (nop (@name \"a\")))", "misplaced @name annotation")]
    [InlineData("(func (@metadata.code.branch_hint \"\\00\"))", "@metadata.code.branch_hint annotation: invalid placement")]
    [InlineData("(func) (@metadata.code.branch_hint \"\\00\")", "@metadata.code.branch_hint annotation: not in a function")]
    [InlineData("(memory (@metadata.code.branch_hint \"\\00\") 1) (func)", "@metadata.code.branch_hint annotation: not in a function")]
    [InlineData("(func (@metadata.code.branch_hint \"\\02\") nop)", "@metadata.code.branch_hint annotation: invalid hint value")]
    [InlineData("(func (@metadata.code.branch_hint \"\\01\") (@metadata.code.branch_hint \"\\01\") nop)", "@metadata.code.branch_hint annotation: duplicate annotation")]
    [InlineData("(func (@metadata.code.branch_hint \"\\01\") ((@metadata.code.branch_hint \"\\01\") nop))", "@metadata.code.branch_hint annotation: duplicate annotation")]
    public void Annotations_that_say_nothing_are_malformed(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<MalformedModuleException>(() => WatText.ToBinary(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Annotations_of_other_modules_of_a_script_do_not_count()
    {
        const string Script = """
            (@name "nobody's") (@custom "nobody's")
            (module (@name "one") (func (export "f") (unreachable)))
            (module (func (@name "two")))
            (module binary (@name "x") "\00asm\01\00\00\00")
            (assert_malformed_custom (module (func) (@name "M")) "misplaced @name annotation")
            """;
        WastResult result = WastScript.Run(Script);
        Assert.Equal((1, 0), (result.Passed, result.Failed));
    }

    [Fact]
    public void Assertions_about_custom_sections_can_fail()
    {
        WastResult result = WastScript.Run("""
            (assert_malformed_custom (module (@custom "a")) "something")
            (assert_invalid_custom (module (func (param i32) (@metadata.code.branch_hint "\00") (br_if 0 (local.get 0)))) "invalid target")
            (assert_malformed_custom (module quote "(func") "unexpected token")
            (assert_malformed_custom (module (@custom "name" "\01\7f")) "length out of bounds")
            """);
        Assert.Equal((2, 2), (result.Passed, result.Failed));
    }

    [Fact]
    public void Many_annotations_cost_linear_time()
    {
        StringBuilder text = new StringBuilder().Insert(0, "(@custom \"c\")", 300_000);
        for (int i = 0; i < 100_000; i++)
        {
            text.Append("(func (@name \"f\") (@other x) (param i32) (@metadata.code.branch_hint \"\\00\") (br_if 0 (local.get 0)))");
        }

        Assert.True(WatText.ToBinary(text.ToString()).Length > 1_000_000);
    }

    private static string Sections(byte[] binary)
    {
        List<string> sections = [];
        var reader = new WasmReader(binary, 8, binary.Length);
        while (!reader.AtEnd)
        {
            byte id = reader.ReadByte();
            int end = (int)reader.ReadVarU32();
            end += reader.Position;
            string name = id == 0 ? reader.ReadName(100) : $"#{id}";
            sections.Add(id != 0 || name == "name" ? name : $"{name}={Encoding.UTF8.GetString(binary[reader.Position..end])}");
            reader.Position = end;
        }

        return string.Join(' ', sections);
    }
}
