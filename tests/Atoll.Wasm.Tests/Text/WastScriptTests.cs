using Atoll.Wasm.Text;

namespace Atoll.Wasm.Tests.Text;

/// <summary>Scripts: what holds is counted, what does not is told with its line. The judge itself is judged here.</summary>
public sealed class WastScriptTests
{
    private const string Module = """
        (module $m
          (import "spectest" "print_i32" (func $print (param i32)))
          (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
          (func (export "div") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
          (func (export "nan") (result f32) (f32.const nan:0x400001))
          (func (export "quiet") (result f64) (f64.const -nan))
          (func (export "same") (param externref) (result externref) (local.get 0))
          (func (export "print") (call $print (i32.const 42)))
          (func $deep (export "deep") (call $deep))
          (func (export "pair") (result i32 i64) (i32.const 1) (i64.const 2))
          (global (export "g") i32 (i32.const 7)))

        """;

    [Theory]
    [InlineData("(assert_return (invoke \"add\" (i32.const 1) (i32.const 2)) (i32.const 3))")]
    [InlineData("(assert_return (invoke $m \"add\" (i32.const 1) (i32.const -1)) (i32.const 0))")]
    [InlineData("(assert_return (get \"g\") (i32.const 7))")]
    [InlineData("(assert_return (invoke \"pair\") (i32.const 1) (i64.const 2))")]
    [InlineData("(assert_return (invoke \"nan\") (f32.const nan:arithmetic))")]
    [InlineData("(assert_return (invoke \"quiet\") (f64.const nan:canonical))")]
    [InlineData("(assert_return (invoke \"quiet\") (f64.const nan:arithmetic))")]
    [InlineData("(assert_return (invoke \"same\" (ref.extern 3)) (ref.extern 3))")]
    [InlineData("(assert_return (invoke \"same\" (ref.extern 3)) (ref.extern))")]
    [InlineData("(assert_return (invoke \"same\" (ref.null extern)) (ref.null extern))")]
    [InlineData("(assert_return (invoke \"same\" (ref.null extern)) (ref.null))")]
    [InlineData("(assert_return (invoke \"add\" (i32.const 1) (i32.const 2)) (either (i32.const 4) (i32.const 3)))")]
    [InlineData("(assert_trap (invoke \"div\" (i32.const 0)) \"integer divide by zero\")")]
    [InlineData("(assert_trap (invoke \"div\" (i32.const 0)) \"integer divide by zero 2\")")]
    [InlineData("(assert_trap (invoke \"div\" (i32.const 0)) \"integer\")")]
    [InlineData("(assert_trap (module (func $f unreachable) (start $f)) \"unreachable\")")]
    [InlineData("(assert_exhaustion (invoke \"deep\") \"call stack exhausted\")")]
    [InlineData("(assert_malformed (module quote \"(func\") \"unexpected token\")")]
    [InlineData("(assert_malformed (module binary \"\\00asm\") \"unexpected end\")")]
    [InlineData("(assert_invalid (module (func (result i32))) \"type mismatch\")")]
    [InlineData("(assert_unlinkable (module (import \"m\" \"none\" (func))) \"unknown import\")")]
    [InlineData("(assert_unlinkable (module (import \"spectest\" \"memory\" (func))) \"incompatible import type\")")]
    [InlineData("(register \"m\" $m) (module (import \"m\" \"add\" (func (param i32 i32) (result i32))) (export \"x\" (func 0))) (assert_return (invoke \"x\" (i32.const 1) (i32.const 1)) (i32.const 2))")]
    [InlineData("(module definition $d (func (export \"one\") (result i32) (i32.const 1))) (module instance $i $d) (assert_return (invoke $i \"one\") (i32.const 1))")]
    public void Holds(string command)
    {
        WastResult result = WastScript.Run(Module + command);
        Assert.Empty(result.Failures);
        Assert.Equal(1, result.Passed);
    }

    [Theory]
    [InlineData("(assert_return (invoke \"add\" (i32.const 1) (i32.const 2)) (i32.const 4))", "expected (i32:0x4)")]
    [InlineData("(assert_return (invoke \"add\" (i32.const 1) (i32.const 2)) (i64.const 3))", "expected (i64:0x3)")]
    [InlineData("(assert_return (invoke \"add\" (i32.const 1) (i32.const 2)))", "expected ()")]
    [InlineData("(assert_return (invoke \"pair\") (i32.const 1))", "expected (i32:0x1)")]
    [InlineData("(assert_return (invoke \"nan\") (f32.const nan:canonical))", "expected (f32:nan:canonical)")]
    [InlineData("(assert_return (invoke \"nan\") (f64.const nan:arithmetic))", "expected (f64:nan:arithmetic)")]
    [InlineData("(assert_return (invoke \"same\" (ref.extern 3)) (ref.extern 4))", "expected (ref.extern 4)")]
    [InlineData("(assert_return (invoke \"same\" (ref.extern 3)) (ref.null))", "expected (ref.null)")]
    [InlineData("(assert_return (invoke \"same\" (ref.extern 3)) (ref.func))", "expected (ref.func)")]
    [InlineData("(assert_return (invoke \"same\" (ref.null extern)) (ref.null func))", "expected (ref.null)")]
    [InlineData("(assert_return (invoke \"missing\"))", "InvalidOperationException: no exported function")]
    [InlineData("(assert_return (invoke $none \"x\"))", "InvalidOperationException: there is no instance $none")]
    [InlineData("(assert_return (invoke \"div\" (i32.const 0)) (i32.const 0))", "TrapException: integer divide by zero")]
    [InlineData("(assert_trap (invoke \"div\" (i32.const 0)) \"integer overflow\")", "expected trap \"integer overflow\", got TrapException")]
    [InlineData("(assert_trap (invoke \"div\" (i32.const 1)) \"integer divide by zero\")", "expected trap \"integer divide by zero\", got the results")]
    [InlineData("(assert_trap (invoke \"deep\") \"unreachable\")", "expected trap \"unreachable\", got TrapException")]
    [InlineData("(assert_exhaustion (invoke \"div\" (i32.const 0)) \"call stack exhausted\")", "expected exhaustion")]
    [InlineData("(assert_malformed (module (func)) \"unexpected token\")", "expected malformed \"unexpected token\", but the module is valid")]
    [InlineData("(assert_malformed (module (func (result i32))) \"type mismatch\")", "expected malformed \"type mismatch\", got InvalidModuleException")]
    [InlineData("(assert_malformed (module quote \"(func\") \"unknown operator\")", "expected malformed \"unknown operator\", got MalformedModuleException: unexpected token")]
    [InlineData("(assert_invalid (module (func (bogus))) \"type mismatch\")", "expected invalid \"type mismatch\", got MalformedModuleException")]
    [InlineData("(assert_invalid (module (func (result i32))) \"unknown label\")", "expected invalid \"unknown label\", got InvalidModuleException: type mismatch")]
    [InlineData("(assert_unlinkable (module (func)) \"unknown import\")", "expected unlinkable \"unknown import\", but the module was instantiated")]
    [InlineData("(assert_nonsense (invoke \"add\"))", "this version does not know assert_nonsense")]
    [InlineData("(module (func (bogus)))", "MalformedModuleException: unknown operator bogus")]
    [InlineData("(module (import \"none\" \"none\" (func)))", "UnlinkableException: unknown import")]
    public void Does_not_hold(string command, string description)
    {
        WastResult result = WastScript.Run(Module + command, new WastOptions { FileName = "f.wast" });
        Assert.Equal(0, result.Passed);
        WastFailure failure = Assert.Single(result.Failures);
        Assert.StartsWith(description, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith($"f.wast:{Module.Count(c => c == '\n') + 1}: ", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_module_is_not_replaced_by_the_one_before()
    {
        WastResult result = WastScript.Run(Module + "(module (func (bogus))) (assert_return (get \"g\") (i32.const 7))");
        Assert.Equal((0, 2), (result.Passed, result.Failed));
    }

    [Fact]
    public void The_fields_of_a_module_are_a_script() => Assert.Empty(WastScript.Run("(func $f unreachable) (memory 1)").Failures);

    [Fact]
    public void Prints_of_the_test_module_are_handed_on()
    {
        List<string> lines = [];
        WastScript.Run(Module + "(invoke \"print\")", new WastOptions { Print = lines.Add });
        Assert.StartsWith("print_i32(", Assert.Single(lines), StringComparison.Ordinal);
        Assert.Contains("42", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_script_is_refused() => Assert.Throws<MalformedModuleException>(() => WastScript.Run("(module) (bogus)"));

    [Fact]
    public void An_endless_script_is_stopped_by_its_token()
    {
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(200));
        Assert.ThrowsAny<OperationCanceledException>(() =>
            WastScript.Run("(module (func (export \"f\") (loop (br 0)))) (invoke \"f\")", cancellationToken: source.Token));
    }
}
