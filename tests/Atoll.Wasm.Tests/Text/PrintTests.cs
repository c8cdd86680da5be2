using System.Text;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;
using static Atoll.Wasm.Tests.ModuleBytes;

namespace Atoll.Wasm.Tests.Text;

/// <summary>Modules as text: exact texts of small ones, everything that instructions can have, names, and input that means harm.</summary>
public sealed class PrintTests
{
    [Theory]
    [InlineData("(module $m)")]
    [InlineData("(module", "(type $t (;0;) (func (param i32 i64) (result f32 f64)))")]
    [InlineData("(module", "(type (;0;) (func (param i32)))", "(import \"a\" \"\\u{202e}\\1b\\\"λ\" (func $f (;0;) (type 0) (param $p i32)))")]
    [InlineData("(module", "(import \"a\" \"b\" (global $g (;0;) (mut i64)))", "(import \"a\" \"b\" (table (;0;) 1 externref))", "(import \"a\" \"b\" (memory (;0;) i64 1 2 shared))")]
    [InlineData("(module", "(table (;0;) i64 1 2 funcref ref.null func)", "(memory (;0;) 1 (pagesize 1))", "(global (;0;) i32 i32.const 1 i32.const 2 i32.add)")]
    [InlineData("(module", "(memory $m (;0;) 1)", "(memory $n (;1;) 1)", "(export \"x\" (memory $n))", "(data $d (;0;) (memory $n) (i32.const 0) \"\\00a\\\"\\\\\\n\\ff\")", "(data (;1;) (offset i32.const 0 i32.const 1 i32.add) \"\")", "(data (;2;) \"x\")")]
    [InlineData("(module", "(type (;0;) (func))", "(table (;0;) 1 funcref)", "(table (;1;) 1 funcref)", "(start $f)", "(elem $e (;0;) (i32.const 0) func $f 1)", "(elem (;1;) (table 1) (i32.const 0) func)", "(elem (;2;) func $f)", "(elem (;3;) declare func 1)", "(elem (;4;) externref (ref.null extern) (item ref.null extern nop))", "(elem (;5;) (i32.const 0) funcref (ref.func $f))", "(func $f (;0;) (type 0))", "(func (;1;) (type 0))")]
    [InlineData("(module", "(@custom \"a\" (before first) \"x\")", "(@custom \"b\" (before first) \"\")")]
    [InlineData("(module", "(memory (;0;) 1)", "(@custom \"a\" (after memory) \"x\")")]
    public void Small_modules_have_exactly_this_text(string head, params string[] fields)
    {
        string text = head.TrimEnd(')') + string.Concat(fields.Select(field => "\n  " + field)) + "\n)\n";
        Assert.Equal(text, Print(WatText.ToBinary(text)));
    }

    [Fact]
    public void Functions_are_indented_and_say_where_branches_go()
    {
        const string Text = """
            (module
              (type (;0;) (func (param i32) (result i32)))
              (func $f (;0;) (type 0) (param $x i32) (result i32)
                (local i64 f32) (local $y i32) (local v128)
                block $a (result i32)
                  block $a (result i32)
                    local.get $x
                    br $a
                  end
                  br_if 1 (;@0;)
                  loop (type 0) (param i32) (result i32)  ;; label = @2
                    local.get 2
                    if  ;; label = @3
                      i32.const -1
                      br 2 (;@1;)
                    else
                      br_table 0 (;@3;) 1 (;@2;) $a 3 (;@0;) 4
                    end
                    call $f
                  end
                end
                i32.load offset=4 align=1
              )
            )

            """;
        string other = Text.Replace("br 2 (;@1;)", "br $a", StringComparison.Ordinal);
        Assert.Equal(other, Print(WatText.ToBinary(Text)));
        Assert.Equal(other, Print(WatText.ToBinary(other)));
    }

    [Fact]
    public void Handlers_are_parts_of_their_blocks()
    {
        const string Text = """
            (module
              (type $t (;0;) (func (param i32)))
              (type (;1;) (func))
              (import "a" "b" (tag $i (;0;) (type $t) (param i32)))
              (tag $x (;1;) (type $t) (param i32))
              (export "x" (tag $x))
              (func (;0;) (type 1)
                block $out
                  try_table $l (result i32) (catch $x 1 (;@0;)) (catch_ref $i $out) (catch_all $out) (catch_all_ref 7)
                    throw $x
                  end
                  try $old
                    rethrow 0 (;@2;)
                  catch $x
                    throw_ref
                  catch $i
                    rethrow $old
                  catch_all
                    try  ;; label = @3
                      nop
                    delegate $out
                  end
                end
              )
            )

            """;
        string expected = Text.Replace("rethrow 0 (;@2;)", "rethrow $old", StringComparison.Ordinal);
        Assert.Equal(expected, Print(WatText.ToBinary(Text)));
        Assert.Equal(expected, Print(WatText.ToBinary(expected)));
    }

    [Fact]
    public void A_hidden_label_is_used_by_its_number()
    {
        const string Text = """
            (module
              (type (;0;) (func))
              (func (;0;) (type 0)
                block $a
                  block $a
                    br 1 (;@1;)
                  end
                end
              )
            )

            """;
        Assert.Equal(Text, Print(WatText.ToBinary(Text)));
    }

    [Fact]
    public void A_skeleton_leaves_contents_out()
    {
        const string Text = """
            (module
              (type (;0;) (func (param i32)))
              (table (;0;) 1 funcref)
              (memory (;0;) 1)
              (global (;0;) i32 i32.const 1)
              (elem (;0;) (i32.const 0) func ...)
              (func $f (;0;) (type 0) (param $x i32) ...)
              (data (;0;) (i32.const 0) ...)
              (@custom "c" (after data) ...)
            )

            """;
        byte[] binary = WatText.ToBinary("(func $f (param $x i32) (local i32) nop) (memory 1) (global i32 (i32.const 1)) (table 1 funcref) (elem (i32.const 0) $f) (data (i32.const 0) \"abc\") (@custom \"c\" \"abc\")");
        using StringWriter output = new();
        WatText.Print(binary, output, new WatPrintOptions { Skeleton = true });
        Assert.Equal(Text, output.ToString());
        Assert.StartsWith("unknown operator", Assert.Throws<MalformedModuleException>(() => WatText.ToBinary(Text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_keep_their_groups_and_indices()
    {
        const string Text = """
            (module
              (type $a (;0;) (struct))
              (type $b (;1;) (struct))
              (rec
                (type $list (;2;) (sub (struct (field $head i8) (field (mut (ref null $list)) i16) (field $last (ref $bytes)))))
                (type $bytes (;3;) (array (mut i8)))
              )
              (rec
                (type (;4;) (sub (struct (field i8 (mut (ref null 4)) i16 (ref 5)))))
                (type (;5;) (array (mut i8)))
              )
              (rec
              )
              (type (;6;) (sub final $list (struct (field i8 (mut (ref null $list)) i16 (ref $bytes) eqref))))
              (type $f (;7;) (func (param (ref $b) (ref null 4)) (result (ref func) nullref)))
              (table (;0;) 1 (ref null $f))
              (global (;0;) (mut (ref null $a)) ref.null $b)
              (func (;0;) (type $f) (param (ref $b) (ref null 4)) (result (ref func) nullref)
                (local (ref null $b)) (local $x (ref any))
                block (result (ref null $b))  ;; label = @1
                  br_on_cast 0 (;@1;) anyref (ref $b)
                end
                struct.get_s $list $head
                struct.get 4 3
                ref.test (ref null $a)
                ref.cast (ref none)
                array.copy $bytes 5
                array.new_fixed $bytes 3
                call_ref $f
              )
            )

            """;
        string expected = Text.Replace("anyref (ref $b)", "(ref null any) (ref $b)", StringComparison.Ordinal);
        Assert.Equal(expected, Print(WatText.ToBinary(Text)));
        Assert.Equal(expected, Print(WatText.ToBinary(expected)));
    }

    /// <summary>A new instruction, or a new kind of immediates, must have a text.</summary>
    [Fact]
    public void Every_instruction_of_the_table_comes_back()
    {
        // Parts of blocks stand in no body alone; they have tests of their own.
        foreach (Instruction instruction in Instructions.All.Where(i => i.Opcode is not (Opcode.Else or Opcode.End or Opcode.Catch or Opcode.CatchAll or Opcode.Delegate)))
        {
            int code = (int)instruction.Opcode;
            byte[] opcode = code > 0xFF ? [(byte)(code >> 16), .. Leb((uint)code & 0xFFFF)] : [(byte)code];
            byte[] end = instruction.OpensBlock ? [End] : [];
            byte[] binary = Function([.. opcode, .. Immediates(instruction), .. end]);
            string text = Print(binary);
            Assert.Contains("\n    " + instruction.Mnemonic, text, StringComparison.Ordinal);
            Assert.Equal(Convert.ToHexString(binary), Convert.ToHexString(WithoutDataCount(WatText.ToBinary(text))));
        }

        static byte[] Immediates(Instruction instruction) => instruction.Immediate switch
        {
            ImmediateKind.None => [],
            ImmediateKind.BlockType => [0x7F],
            ImmediateKind.HeapType => [FuncRef],
            ImmediateKind.Memory or ImmediateKind.AtomicMemory => [(byte)(0x40 | (instruction.NaturalAlignment ^ 1)), 1, 0x80, 0x01],
            ImmediateKind.MemoryLane => [(byte)(0x40 | (instruction.NaturalAlignment ^ 1)), 1, 0x80, 0x01, 1],
            ImmediateKind.F32 => [1, 0, 0x80, 0x7F],
            ImmediateKind.F64 => [1, 0, 0, 0, 0, 0, 0xF0, 0xFF],
            ImmediateKind.V128 or ImmediateKind.Shuffle => [.. Enumerable.Range(1, 16).Select(i => (byte)i)],
            ImmediateKind.BranchTable => [2, 0, 1, 2],
            ImmediateKind.SelectTypes => [2, I32, ExternRef],
            ImmediateKind.Fence => [0],
            ImmediateKind.CastHeapType => [0x6E],
            ImmediateKind.TryTable => [I32, 4, 0, 3, 0, 1, 3, 1, 2, 2, 3, 3],
            ImmediateKind.CastTypes => [2, 1, 0x6E, 4],
            ImmediateKind.Field or ImmediateKind.ArrayCount or ImmediateKind.ArrayData or ImmediateKind.ArrayElements or ImmediateKind.TypePair => [3, 4],
            ImmediateKind.CallIndirect or ImmediateKind.MemoryInit or ImmediateKind.MemoryCopy or ImmediateKind.TableInit or ImmediateKind.TableCopy => [3, 4],
            _ => [5],
        };

        // The text says nothing of it; the assembler writes it where an instruction needs it.
        static byte[] WithoutDataCount(byte[] binary) => binary.AsSpan().IndexOf((ReadOnlySpan<byte>)[12, 1, 0, 10]) is >= 0 and var at ? [.. binary[..at], .. binary[(at + 3)..]] : binary;
    }

    [Fact]
    public void Floats_come_back_bit_by_bit()
    {
        Random random = new(411);
        List<byte> code = [];
        foreach (ulong bits in Enumerable.Range(0, 20_000).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue))
            .Concat((ulong[])[0UL, 1UL, 1UL << 63, 1UL << 31, 0x7FF0UL << 48, 0xFFF8UL << 48, 0x7FF0_0000_0000_0001, 0x7F80_0000, 0xFFC0_0000, 0x7F80_0001, 0x000F_FFFF_FFFF_FFFF, 0x7FEF_FFFF_FFFF_FFFF]))
        {
            code.AddRange([0x43, .. BitConverter.GetBytes((uint)bits), 0x44, .. BitConverter.GetBytes(bits)]);
        }

        byte[] binary = Function([.. code]);
        Assert.Equal(binary, WatText.ToBinary(Print(binary)));
    }

    [Theory]
    [InlineData(0x3F80_0000u, "1")]
    [InlineData(0x8000_0000u, "-0")]
    [InlineData(0x3DCC_CCCDu, "0.1")]
    [InlineData(0x7F7F_FFFFu, "3.4028235E+38")]
    [InlineData(0x0000_0001u, "1E-45")]
    [InlineData(0xFF80_0000u, "-inf")]
    [InlineData(0x7FC0_0000u, "nan")]
    [InlineData(0xFFC0_0000u, "-nan")]
    [InlineData(0x7F80_0001u, "nan:0x1")]
    public void Floats_are_short(uint bits, string text) =>
        Assert.Contains($"f32.const {text}\n", Print(Function([0x43, .. BitConverter.GetBytes(bits)])), StringComparison.Ordinal);

    private static string Print(byte[] binary)
    {
        using StringWriter text = new();
        WatText.Print(binary, text);
        return text.ToString();
    }
}
