using Atoll.Wasm;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>
/// Arithmetic makes a signalling NaN quiet (specification, "NaN Propagation"), also where the JIT compiler knows the other operand, and that the operation
/// changes nothing else: one function for each way in which it could know.
/// </summary>
public sealed class SignallingNaNTests
{
    /// <summary>Ways to a number C that the JIT compiler could see through: a name, locals and what is done first, and the number. T is the type.</summary>
    private static readonly (string Name, string Before, string Number)[] Ways =
    [
        ("literal", "", "(T.const C)"),
        ("local", "(local.set $a (T.const C))", "(local.get $a)"),
        ("copied", "(local.set $a (T.const C)) (local.set $b (local.get $a))", "(local.get $b)"),
        ("ceil", "", "(T.ceil (T.const C))"),
        ("floor", "", "(T.floor (T.const C))"),
        ("trunc", "", "(T.trunc (T.const C))"),
        ("nearest", "", "(T.nearest (T.const C))"),
        ("sqrt", "", "(T.sqrt (T.const C))"),
        ("negated", "", "(T.neg (T.neg (T.const C)))"),
        ("sign", "", "(T.copysign (T.const 0) (T.const C))"),
        ("minimum", "", "(T.min (T.const C) (T.const 7))"),
        ("sum", "", "(T.sub (T.const 9) (T.sub (T.const 9) (T.const C)))"),
        ("converted", "", "(T.convert_i32_s (i32.const C))"),
        ("unsigned", "", "(T.convert_i32_u (i32.const C))"),
        ("wide", "", "(T.convert_i64_s (i64.const C))"),
        ("wideUnsigned", "", "(T.convert_i64_u (i64.const C))"),
        ("difference", "(local.set $i (i32.load (i32.const 0)))", "(T.convert_i32_s (i32.add (i32.sub (local.get $i) (local.get $i)) (i32.const C)))"),
        ("block", "", "(block (result T) (T.const C))"),
        ("arms", "", "(if (result T) (i32.load (i32.const 0)) (then (T.const C)) (else (T.const C)))"),
        ("chosen", "", "(select (T.const C) (T.const 5) (i32.const 1))"),
        ("inArms", "(if (i32.load (i32.const 0)) (then (local.set $a (T.const C))) (else (local.set $a (T.const C))))", "(local.get $a)"),
        ("deadArm", "(local.set $a (T.const C)) (if (i32.const 0) (then (local.set $a (T.load (i32.const 8)))))", "(local.get $a)"),
        ("left", "(local.set $a (T.const C)) (block (br_if 0 (i32.const 1)) (local.set $a (T.load (i32.const 8))))", "(local.get $a)"),
        ("returned", "", "(call $number)"),
        ("global", "", "(global.get $global)"),
        ("stored", "(global.set $variable (T.const C))", "(global.get $variable)"),
        ("compared", "(local.set $a (T.load (i32.const 16))) (if (T.ne (local.get $a) (T.const C)) (then (return (T.const 3))))", "(local.get $a)"),
        ("comparedInteger", "(local.set $i (i32.load (i32.const 4))) "
            + "(if (i32.ne (local.get $i) (i32.const C)) (then (return (T.const 3))))", "(T.convert_i32_s (local.get $i))"),
        ("loop", "(local.set $a (T.const C)) (loop (br_if 0 (i32.load (i32.const 0))))", "(local.get $a)"),
        ("rounds", "(local.set $a (T.load (i32.const 16))) (loop (local.set $b (local.get $a)) (local.set $a (T.const C)) "
            + "(br_if 0 (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))", "(local.get $b)"),
        ("lane", "", "(EXTRACT 0 (SHAPE.splat (T.const C)))"),
        ("lane1", "", "(EXTRACT 1 (SHAPE.ceil (SHAPE.splat (T.const C))))"),
    ];

    /// <summary>Operations of a signalling NaN X and a number C that change nothing but the NaN.</summary>
    private static readonly (string Operation, string Number, bool NumberFirst)[] Neutral =
    [
        ("sub", "0", false), ("add", "-0", false), ("add", "-0", true), ("mul", "1", false), ("mul", "1", true), ("div", "1", false),
        ("min", "-0", false), ("max", "-0", true),
    ];

    public static TheoryData<string, string, string, bool> Cases()
    {
        TheoryData<string, string, string, bool> data = [];
        foreach ((string operation, string number, bool first) in Neutral)
        {
            data.Add("f32", operation, number, first);
            data.Add("f64", operation, number, first);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ArithmeticQuietsScalars(string type, string operation, string number, bool numberFirst)
    {
        // A way that makes a 0 of a -0 tells nothing, but nothing wrong.
        Check(type, number, (name, before, value) => $"""
            (func (export "{name}") (param $x {type}) (result {type}) (local $a {type}) (local $b {type}) (local $i i32)
              {before} ({type}.{operation} {(numberFirst ? value + " (local.get $x)" : "(local.get $x) " + value)}) return)
            """);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ArithmeticQuietsVectors(string type, string operation, string number, bool numberFirst)
    {
        string shape = Shape(type);
        string splat = $"({shape}.splat N)";
        foreach (string vector in new[] { splat, $"({shape}.replace_lane 0 {splat} N)", $"(v128.and {splat} {splat})", $"({shape}.sqrt {splat})" })
        {
            string x = $"({shape}.splat (local.get $x))";
            Check(type, number, (name, before, value) => $"""
                (func (export "{name}") (param $x {type}) (result {type}) (local $a {type}) (local $b {type}) (local $i i32)
                  {before} ({shape}.extract_lane 0 ({shape}.{operation} {Ordered(x, vector.Replace("N", value), numberFirst)})) return)
                """);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ArithmeticQuietsBesideConstantVectors(string type, string operation, string number, bool numberFirst)
    {
        string shape = Shape(type);
        string constant = $"(v128.const {shape} {string.Join(' ', Enumerable.Repeat(number, type == "f32" ? 4 : 2))})";
        string apply = $"({shape}.{operation} {Ordered("(local.get $v)", "(local.get $c)", numberFirst)})";
        string[] functions =
        [
            $"(local.set $c {constant}) (local.set $v {apply})",
            $"(local.set $v ({shape}.{operation} {Ordered("(local.get $v)", constant, numberFirst)}))",
            $"(local.set $c (v128.or {constant} {constant})) (local.set $v {apply})",
            $"(local.set $c (block (result v128) {constant})) (local.set $v {apply})",
            $"(local.set $c (select {constant} {constant} (i32.load (i32.const 0)))) (local.set $v {apply})",
            $"(local.set $c (call $vector)) (local.set $v {apply})",
            $"(local.set $v (call $apply (local.get $v) {constant}))",
            $"(local.set $c (v128.load (i32.const 32))) (loop (local.set $c {constant}) (local.set $v {apply}) (br_if 0 (i32.load (i32.const 0))))",
            $"(local.set $c {constant}) (loop (local.set $v {apply}) (br_if 0 (i32.load (i32.const 0))))",
            $"(local.set $c {constant}) (loop (local.set $v {apply}) (local.set $c (v128.load (i32.const 32))))",
            $"(local.set $c {constant}) (loop (local.set $v {apply}) (local.set $c (v128.load (i32.const 32))) (br_if 0 (i32.const 0)))",
            $"(local.set $c {constant}) (loop (loop (local.set $v {apply}) (local.set $c (v128.load (i32.const 32))) (br_if 1 (i32.load (i32.const 0)))))",
            $"(loop (local.set $c {constant}) (loop (local.set $v {apply}) (local.set $c (v128.load (i32.const 32)))) (br_if 0 (i32.load (i32.const 0))))",
            .. number == "0" ? (string[])[$"(local.set $v {apply})", $"(loop (local.set $v {apply}) (br_if 0 (i32.load (i32.const 0))))"] : [],
        ];
        for (int i = 0; i < functions.Length; i++)
        {
            string text = $"""
                (module (memory 1)
                  (func $vector (result v128) {constant})
                  (func $apply (param $v v128) (param $c v128) (result v128) {apply})
                  (func (export "f") (param $x {type}) (result {type}) (local $v v128) (local $c v128)
                    (local.set $v ({shape}.splat (local.get $x))) {functions[i]} ({shape}.extract_lane 1 (local.get $v))))
                """;
            CheckQuiet(Guest.Run(text).Call("f", Signalling(type))[0], type, functions[i]);
        }
    }

    [Theory]
    [InlineData("f32", "nan:0x1")]
    [InlineData("f64", "nan:0x1")]
    public void AConstantSignallingNaNIsQuietBesideVectors(string type, string number)
    {
        string shape = Shape(type);
        string constant = $"(v128.const {shape} {string.Join(' ', Enumerable.Repeat(number, type == "f32" ? 4 : 2))})";
        foreach (string operation in new[] { "add", "sub", "mul", "div", "min", "max" })
        {
            foreach (bool first in new[] { false, true })
            {
                string text = $"""
                    (module (func (export "f") (param $x {type}) (result {type})
                      ({shape}.extract_lane 0 ({shape}.{operation} {Ordered($"({shape}.splat (local.get $x))", constant, first)}))))
                    """;
                CheckQuiet(Guest.Run(text).Call("f", type == "f32" ? Value.F32(2) : Value.F64(2))[0], type, operation);
            }
        }
    }

    private static void Check(string type, string number, Func<string, string, string, string> function)
    {
        string integer = number == "1" ? "1" : "0";
        string zeros = type == "f32" ? "\\00\\00" : "\\00\\00\\00\\00\\00\\00";
        string bits = zeros + (number == "1" ? type == "f32" ? "\\80\\3f" : "\\f0\\3f" : number == "0" ? "\\00\\00" : "\\00\\80");
        string Fill(string text) => text.Replace("EXTRACT", Shape(type) + ".extract_lane").Replace("SHAPE", Shape(type))
            .Replace("T.", type + ".").Replace("(result T)", $"(result {type})")
            .Replace("i32.const C", "i32.const " + integer).Replace("i64.const C", "i64.const " + integer).Replace("C)", number + ")");

        string text = $"""
            (module (memory 1) (data (i32.const 4) "\0{integer}\00\00\00") (data (i32.const 16) "{bits}")
              (global $global {type} ({type}.const {number})) (global $variable (mut {type}) ({type}.const 5))
              (func $number (result {type}) ({type}.const {number}))
              {string.Join('\n', Ways.Select(way => function(way.Name, Fill(way.Before), Fill(way.Number))))}
            """;
        Instance instance = Guest.Run(text + ")");
        foreach ((string name, _, _) in Ways)
        {
            CheckQuiet(instance.Call(name, Signalling(type))[0], type, name);
        }
    }

    private static string Ordered(string x, string number, bool numberFirst) => numberFirst ? $"{number} {x}" : $"{x} {number}";

    private static string Shape(string type) => type == "f32" ? "f32x4" : "f64x2";

    private static Value Signalling(string type) => type == "f32" ? Value.F32Bits(0x7F80_0001) : Value.F64Bits(0x7FF0_0000_0000_0001);

    private static void CheckQuiet(Value result, string type, string what) => Assert.True(
        type == "f32" ? (result.AsF32Bits() & 0x7FC0_0000) == 0x7FC0_0000 : (result.AsF64Bits() & 0x7FF8_0000_0000_0000) == 0x7FF8_0000_0000_0000,
        $"{what}: {(type == "f32" ? result.AsF32Bits().ToString("x") : result.AsF64Bits().ToString("x"))}");
}
