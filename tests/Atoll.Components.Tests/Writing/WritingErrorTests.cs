using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests.Writing;

/// <summary>What is said when a module does not fit its world.</summary>
public sealed class WritingErrorTests
{
    private const string Wit = """
        package test:e@0.1.0;
        interface host { log: func(text: string); get: func() -> string; }
        interface guest { run: func(name: string) -> u32; }
        world w { import host; export guest; }
        """;

    [Theory]
    [InlineData(
        "(module)",
        "the export `test:e/guest@0.1.0#run` is missing: the world exports it, so the module must export a function of type (i32, i32) -> (i32)")]
    [InlineData(
        """(module (func (export "test:e/guest@0.1.0#run") (param i32) (result i32) i32.const 0))""",
        "the export `test:e/guest@0.1.0#run` has the wrong type: expected (i32, i32) -> (i32), found (i32) -> (i32)",
        "the module exports no memory `memory`, which the export `test:e/guest@0.1.0#run` needs: its values pass through memory",
        "the module exports no function `cabi_realloc` of type (i32, i32, i32, i32) -> (i32), which the export `test:e/guest@0.1.0#run` needs: memory is allocated for its values")]
    [InlineData(
        """
        (module
          (import "test:e/host@0.1.0" "log" (func (param i64)))
          (import "test:e/host@0.1.0" "put" (func))
          (import "test:e/host@0.1.0" "[resource-drop]file" (func (param i32)))
          (import "test:e/other@0.1.0" "put" (func))
          (import "env" "global" (global i32))
          (memory (export "memory") 1) (func (export "cabi_realloc") (param i32) (result i32) i32.const 0)
          (func (export "test:e/guest@0.1.0#run") (param i32 i32) (result i32) i32.const 0)
          (func (export "cabi_post_test:e/guest@0.1.0#run") (param i64)))
        """,
        "the import `test:e/host@0.1.0::log` has the wrong type: expected (i32, i32) -> (), found (i64) -> ()",
        "the import `test:e/host@0.1.0::put`: `test:e/host@0.1.0` has no function `put`. It has `log`, `get`.",
        "the import `test:e/host@0.1.0::[resource-drop]file`: `test:e/host@0.1.0` has no resource `file`",
        "the import `test:e/other@0.1.0::put`: the world has no import `test:e/other@0.1.0`. It has `test:e/host@0.1.0`.",
        "the import `env::global`: it is a global, and a component can give functions only. Have the module define it and export it.",
        "the export `cabi_realloc` has the wrong type: expected (i32, i32, i32, i32) -> (i32), found (i32) -> (i32)",
        "the export `cabi_post_test:e/guest@0.1.0#run` has the wrong type: expected (i32) -> (), found (i64) -> ()")]
    public void Everything_that_does_not_fit_is_said_at_once(string wat, params string[] problems)
    {
        ComponentWritingException exception = Assert.Throws<ComponentWritingException>(() => GuestWriter.Write(wat, Wit));
        Assert.Equal(problems, exception.Problems);
    }

    [Fact]
    public void A_module_without_a_world_is_refused() =>
        Assert.Contains("holds no world", Assert.Throws<ComponentWritingException>(() => ComponentWriter.FromModule(WatText.ToBinary("(module)"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("\0asm\u0001\0\0\0\u0001")]
    [InlineData("\0asm\u0001\0\0\0\0\u0020")]
    public void Broken_modules_are_malformed(string bytes) =>
        Assert.Throws<MalformedModuleException>(() => ComponentWriter.EmbedWorld(System.Text.Encoding.Latin1.GetBytes(bytes), Wit0));

    [Fact]
    public void Invalid_modules_are_refused_before_anything_is_looked_up() =>
        Assert.Throws<InvalidModuleException>(() => GuestWriter.Write("""(module (func $f) (export "run" (func $f)) (export "run" (func $f)))""", Wit));

    [Fact]
    public void A_broken_section_is_named()
    {
        byte[] module = WatText.ToBinary("""(module (@custom "component-type:x" "\00asm\0d\00\01\00\ff"))""");
        Assert.Contains("`component-type:x`", Assert.Throws<ComponentWritingException>(() => ComponentWriter.FromModule(module)).Message, StringComparison.Ordinal);
    }

    private static Atoll.Wit.WitWorld Wit0 => Atoll.Wit.WitModel.Parse(Wit).SelectWorld();
}
