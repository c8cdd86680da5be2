namespace Atoll.Wasm.Tests.Execution;

/// <summary>
/// A rotated value that is compared with zero, however it gets there. The JIT compiler of .NET 10 leaves the test out when it sees both; the
/// comparisons before leave flags behind that would give the wrong answer.
/// </summary>
public sealed class RotationTests
{
    private readonly Instance _instance = Guest.Run("""
        (module
          (func (export "if") (param i32 i32) (result i32)
            (if (result i32) (i32.rotr (local.get 0) (i32.const 31))
              (then (i32.const 1)) (else (i32.add (local.get 1) (i32.const 2)))))
          (func (export "eqz") (param i32 i32) (result i32)
            (if (result i32) (i32.eqz (i32.rotl (local.get 0) (i32.const 5)))
              (then (i32.add (local.get 1) (i32.const 2))) (else (i32.const 1))))
          (func (export "eqz64") (param i32 i32) (result i32)
            (if (result i32) (i64.eqz (i64.rotl (i64.extend_i32_u (local.get 0)) (i64.const 5)))
              (then (i32.add (local.get 1) (i32.const 2))) (else (i32.const 1))))
          (func (export "hidden_zero") (param i32 i32) (result i32) (local $zero i32)
            (if (result i32) (i32.ne (local.get $zero) (i32.xor (i32.rotl (local.get 0) (i32.const 5)) (local.get $zero)))
              (then (i32.const 1)) (else (i32.add (local.get 1) (i32.const 2)))))
          (func (export "less") (param i32 i32) (result i32)
            (if (result i32) (i32.lt_u (i32.rotl (local.get 0) (i32.const 5)) (i32.const 1))
              (then (i32.add (local.get 1) (i32.const 2))) (else (i32.const 1))))
          (func (export "local") (param i32 i32) (result i32) (local $rotated i32)
            (local.set $rotated (i32.rotl (local.get 0) (i32.const 7)))
            (if (result i32) (local.get $rotated)
              (then (i32.const 1)) (else (i32.add (local.get 1) (i32.const 2)))))
          (func (export "select") (param i32 i32) (result i32)
            (select (i32.const 1) (i32.add (local.get 1) (i32.const 2)) (i32.rotl (local.get 0) (i32.const 9))))
          (func (export "table") (param i32 i32) (result i32)
            (block $zero (block $other (br_table $zero $other (i32.rotl (local.get 0) (i32.const 3)))) (return (i32.const 1)))
            (i32.add (local.get 1) (i32.const 2)))
          (func $rotate (param i32) (result i32) (i32.rotl (local.get 0) (i32.const 11)))
          (func (export "returned") (param i32 i32) (result i32)
            (if (result i32) (call $rotate (local.get 0))
              (then (i32.const 1)) (else (i32.add (local.get 1) (i32.const 2)))))
          (func $test (param i32 i32) (result i32)
            (if (result i32) (local.get 0)
              (then (i32.const 1)) (else (i32.add (local.get 1) (i32.const 2)))))
          (func (export "passed") (param i32 i32) (result i32)
            (call $test (i32.rotl (local.get 0) (i32.const 13)) (local.get 1))))
        """);

    [Theory]
    [InlineData("if")]
    [InlineData("eqz")]
    [InlineData("eqz64")]
    [InlineData("hidden_zero")]
    [InlineData("less")]
    [InlineData("local")]
    [InlineData("select")]
    [InlineData("table")]
    [InlineData("returned")]
    [InlineData("passed")]
    public void Is_zero_exactly_when_it_was(string export)
    {
        foreach (int other in new[] { 0, -2, 40 })
        {
            Assert.Equal(other + 2, _instance.Call(export, 0, other)[0].AsI32());
            Assert.Equal(1, _instance.Call(export, 1, other)[0].AsI32());
            Assert.Equal(1, _instance.Call(export, int.MinValue, other)[0].AsI32());
        }
    }

    [Theory]
    [InlineData("(i32.shr_s (i32.rotl (i32.const -1) (i32.const 31)) (i32.const 1))", -1)]
    [InlineData("(i32.shr_s (i32.rotr (i32.const 1) (i32.const 33)) (i32.const 31))", -1)]
    [InlineData("(i32.ge_s (i32.rotr (i32.const -1) (i32.const 32767)) (select (i32.const 0) (i32.const 0) (i32.const 0)))", 0)]
    [InlineData("(i32.wrap_i64 (i64.shr_s (i64.extend_i32_s (i32.rotl (i32.const -1) (i32.const 3))) (i64.const 40)))", -1)]
    [InlineData("(call $rotate (i32.const -1) (i32.const 7))", -1)]
    public void Of_constants_has_its_sign(string value, int expected) => Assert.Equal(expected, Guest.Run($"""
        (module
          (func $rotate (param i32 i32) (result i32) (i32.shr_s (i32.rotl (local.get 0) (local.get 1)) (i32.const 4)))
          (func (export "f") (result i32) {value}))
        """).Call("f")[0].AsI32());
}
