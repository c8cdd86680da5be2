using System.Text;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;
using Atoll.Wasm.Validation;

namespace Atoll.Wasm.Tests.Text;

/// <summary>Damaged texts: the assembler answers with bytes or with its own error, never with another exception.</summary>
public sealed class MutationTests
{
    private const string Seedling = """
        (module $m (@note (x "y"))
          (type $t (func (param $a i32) (param i64 f32) (result f64)))
          (import "spectest" "print_i32" (func $print (param i32)))
          (import "spectest" "global_i32" (global $gi i32))
          (table $tab (export "t") 2 10 funcref)
          (table $inline funcref (elem $f $print))
          (memory $mem (export "m") 1 2)
          (memory $second (data "\00\u{20ac}abc"))
          (global $g (mut i64) (i64.const -0x7f_ff))
          (elem $e (table $tab) (offset (i32.const 0)) func $f $print)
          (elem declare funcref (ref.func $f) (item ref.null func))
          (data $d (memory $second) (i32.add (i32.const 1) (global.get $gi)) "x" "y")
          (func $f (type $t) (local $l i32) (local f32 f64)
            (block $b (result i32)
              (if (result i32) (local.get 0)
                (then (br_if $b (i32.const 1) (i32.eqz (local.get $l))))
                (else (i32.load8_u $second offset=4 align=1 (i32.const 0)))))
            local.set $l
            loop $k (param) i32.const 0 br_table 0 $k 0 end $k
            (call_indirect $tab (param i32) (local.get $l) (i32.const 1))
            (memory.init $second $d (i32.const 0) (i32.const 0) (i32.const 0))
            (table.copy $tab $inline (i32.const 0) (i32.const 0) (i32.const 0))
            (drop (select (result f32) (f32.const 0x1.8p-3) (f32.const nan:0x1) (i32.const 1)))
            f64.const 1.5e+3)
          (start $s) (func $s) ;; end
          (export "f" (func $f)))
        """;

    private static readonly string[] Pieces =
    [
        "(", ")", "\"", "$", "(;", ";)", ";;", "(@", "(module", "(func", "(param i32)", "(result i32)", "(type 99)", "block", "end", "else", "(then)",
        "0x", "nan:", "-", "_", "99999999999999999999", "1e9999", "\\", "\0", "ä", "offset=", "align=3", "(import \"\" \"\"", "(elem", "(data", "$m",
    ];

    [Fact]
    public void Damaged_texts_give_bytes_or_an_error_of_the_format()
    {
        const int Seed = 7411;
        Random random = new(Seed);
        ModuleValidator.Validate(ModuleDecoder.Decode(WatText.ToBinary(Seedling), ModuleLimits.Default), ModuleLimits.Default, CancellationToken.None);
        int assembled = 0;
        for (int i = 0; i < 20_000; i++)
        {
            StringBuilder text = new(Seedling);
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                Mutate(text, random);
            }

            try
            {
                byte[] binary = WatText.ToBinary(text.ToString());
                ModuleValidator.Validate(ModuleDecoder.Decode(binary, ModuleLimits.Default), ModuleLimits.Default, CancellationToken.None);
                assembled++;
            }
            catch (WasmException)
            {
                // One of the two answers that a damaged text may get.
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {Seed}, step {i}: {exception}\n{text}");
            }
        }

        Assert.True(assembled is > 100 and < 19_000, $"{assembled} texts were accepted: the damage is too great or too small to test anything");
    }

    [Fact]
    public void Damaged_scripts_are_read_or_refused()
    {
        const int Seed = 1147;
        Random random = new(Seed);
        string script = Seedling + "\n(register \"x\" $m) (assert_return (invoke $m \"f\" (i32.const 1)) (f64.const nan:canonical)) (assert_trap (get \"g\") \"x\")"
            + "(assert_malformed (module quote \"(func\") \"y\") (assert_return (invoke \"z\" (ref.extern 1)) (ref.null) (ref.func) (either (i32.const 1) (i32.const 2)))";
        Assert.Equal(6, WastParser.Parse(script).Count);
        for (int i = 0; i < 5_000; i++)
        {
            StringBuilder text = new(script);
            Mutate(text, random);
            try
            {
                foreach (WastCommand command in WastParser.Parse(text.ToString()))
                {
                    Assert.True(command.Line > 0);
                }
            }
            catch (WasmException)
            {
                // Refused.
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {Seed}, step {i}: {exception}\n{text}");
            }
        }
    }

    private static void Mutate(StringBuilder text, Random random)
    {
        int at = random.Next(text.Length);
        switch (random.Next(4))
        {
            case 0:
                text.Remove(at, Math.Min(random.Next(1, 12), text.Length - at));
                break;
            case 1:
                text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                break;
            case 2:
                text[at] = (char)random.Next(1, 0x180);
                break;
            default:
                int length = Math.Min(random.Next(1, 40), text.Length - at);
                string piece = text.ToString(at, length);
                text.Insert(random.Next(text.Length), piece);
                break;
        }
    }
}
