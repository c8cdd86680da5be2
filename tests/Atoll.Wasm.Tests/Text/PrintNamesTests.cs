using System.Text;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;
using static Atoll.Wasm.Tests.ModuleBytes;

namespace Atoll.Wasm.Tests.Text;

/// <summary>Names in printed modules, and modules that mean harm.</summary>
public sealed class PrintNamesTests
{
    /// <summary>A name section with every subsection, as the assembler writes it.</summary>
    private const string AllNames = """
        (module $mod
          (type $type (;0;) (func (param i32)))
          (type $struct (;1;) (struct (field $field i32)))
          (import "a" "b" (func $import (;0;) (type $type) (param $p i32)))
          (table $table (;0;) 1 funcref)
          (memory $memory (;0;) 1)
          (tag $tag (;0;) (type $type) (param i32))
          (global $global (;0;) i32 i32.const 0)
          (elem $elem (;0;) declare func $import)
          (func $func (;1;) (type $type) (param $q i32)
            (local $l i32)
            block $label
              br $label
            end
          )
          (data $data (;0;) "")
        )

        """;

    [Fact]
    public void Names_of_everything_come_back() => Assert.Equal(AllNames, Print(WatText.ToBinary(AllNames)));

    [Fact]
    public void Names_that_cannot_be_identifiers_are_not_lost()
    {
        string[] names = ["f", "f", "", "a b", "λ\u202e\"", new string('x', 2000), "f#1", "f"];
        byte[] functions = [(byte)names.Length, .. names.SelectMany((name, i) => (byte[])[(byte)i, .. Vector(Encoding.UTF8.GetBytes(name))])];
        byte[] binary = Module(NoType, Section(3, [8, .. new byte[8]]), Section(10, [8, .. Repeat(8, 2, 0, End)]), Section(0, [.. Vector("name"u8.ToArray()), 1, .. Vector(functions)]));
        string text = Print(binary);
        Assert.Equal(binary, WatText.ToBinary(text));
        Assert.Contains("(func $f (;0;)", text, StringComparison.Ordinal);
        // $f#1 is the name of another function.
        Assert.Contains("(func (@name \"f\") (;1;)", text, StringComparison.Ordinal);
        Assert.Contains("(func (@name \"\") (;2;)", text, StringComparison.Ordinal);
        Assert.Contains("(func $\"a b\" (;3;)", text, StringComparison.Ordinal);
        Assert.Contains("(func $\"λ\\u{202e}\\\"\" (;4;)", text, StringComparison.Ordinal);
        Assert.Contains("(func (@name \"xxxxx", text, StringComparison.Ordinal);
        Assert.Contains("(func $f#7 (@name \"f\") (;7;)", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ff")]
    [InlineData("0105" + "01" + "00" + "ffffff")]
    [InlineData("0104" + "01" + "63" + "0161")]
    [InlineData("0107" + "02" + "00" + "0161" + "00" + "0162")]
    [InlineData("0204" + "01" + "00" + "01" + "00")]
    public void A_bad_name_section_is_no_error(string hex)
    {
        byte[] binary = Module(NoType, OneFunction, Code(End), Section(0, [.. Vector("name"u8.ToArray()), .. Convert.FromHexString(hex)]));
        string text = Print(binary);
        Assert.Equal(text, Print(WatText.ToBinary(text)));
    }

    [Fact]
    public void Branch_hints_are_annotations()
    {
        const string Text = """
            (module
              (type (;0;) (func (param i32)))
              (func (;0;) (type 0) (param i32)
                local.get 0
                (@metadata.code.branch_hint "\01") if  ;; label = @1
                  local.get 0
                  (@metadata.code.branch_hint "\00") br_if 0 (;@1;)
                end
              )
            )

            """;
        byte[] binary = WatText.ToBinary(Text);
        Assert.Equal(Text, Print(binary));
        Assert.Equal(Text, Print(WatText.ToBinary(
            "(func (param i32) (@metadata.code.branch_hint \"\\01\") (if (local.get 0) (then ((@metadata.code.branch_hint \"\\00\") br_if 0 (local.get 0)))))")));
    }

    [Fact]
    public void Branch_hints_for_nothing_are_bytes()
    {
        byte[] binary = Module(NoType, OneFunction, Section(0, [.. Vector("metadata.code.branch_hint"u8.ToArray()), 1, 0, 1, 1, 1, 0]), Code(1, End));
        string text = Print(binary);
        Assert.Contains("(@custom \"metadata.code.branch_hint\" (after func) \"\\01\\00\\01\\01\\01\\00\")", text, StringComparison.Ordinal);
        Assert.Equal(binary, WatText.ToBinary(text));
    }

    [Fact]
    public void Deep_nesting_costs_no_stack_and_no_square()
    {
        const int Depth = 300_000;
        byte[] binary = Function([.. Repeat(Depth, 0x02, 0x40), .. Repeat(Depth, End)]);
        string text = Print(binary);
        Assert.InRange(text.Length, Depth * 100, Depth * 300);
    }

    [Fact]
    public void Locals_beyond_every_measure_are_refused()
    {
        const int Functions = 2_000;
        byte[] body = [1, 0xD0, 0x86, 0x03, I32, End]; // 50,000 locals
        byte[] binary = Module(NoType, Section(3, [.. Leb(Functions), .. new byte[Functions]]), Section(10, [.. Leb(Functions), .. Repeat(Functions, Vector(body))]));
        CountingWriter output = new();
        Assert.Contains("parameters and locals", Assert.Throws<MalformedModuleException>(() => WatText.Print(binary, output)).Message, StringComparison.Ordinal);
        Assert.InRange(output.Characters, 1, 400_000_000);
    }

    [Theory]
    [InlineData("unexpected end of section or function", new byte[] { 0x02, 0x40, End })]
    [InlineData("END opcode expected", new byte[] { 0x05, End })]
    [InlineData("END opcode expected", new byte[] { 0x04, 0x40, 0x05, 0x05, End, End })]
    [InlineData("END opcode expected", new byte[] { End, End })]
    [InlineData("illegal opcode ff", new byte[] { 0xFF, End })]
    public void Malformed_bodies_are_refused_before_anything_is_written(string message, byte[] code)
    {
        CountingWriter output = new();
        MalformedModuleException error = Assert.Throws<MalformedModuleException>(() => WatText.Print(Module(NoType, OneFunction, Code(code)), output));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, output.Characters);
    }

    [Fact]
    public void Damaged_modules_are_printed_or_refused()
    {
        const int Seed = 90_125;
        Random random = new(Seed);
        byte[] seedling = WatText.ToBinary(
            AllNames.Replace("br $label", "(br_if $label (i32.load offset=9 (select (local.get $q) (i32.const 1) (i32.const 2))))", StringComparison.Ordinal));
        string[] suite = [.. Directory.EnumerateFiles(Path.Combine(Conformance.Root(), "core"), "*.wasm", SearchOption.AllDirectories)
            .Where(file => new FileInfo(file).Length is > 12 and < 4_000).Order(StringComparer.Ordinal)];
        int same = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = round % 4 == 0 ? [.. seedling] : File.ReadAllBytes(suite[random.Next(suite.Length)]);
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                damaged[random.Next(8, damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                string text = Print(damaged);
                Assert.Equal(text, Print(WatText.ToBinary(text)));
                same++;
            }
            catch (Exception exception) when (exception is MalformedModuleException or InvalidModuleException)
            {
                // Refused: by the decoder, or by the assembler, which knows limits of its own.
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {Seed}, round {round}: {exception}\n{Convert.ToHexString(damaged)}");
            }
        }

        Assert.True(same > 1_000, $"only {same} modules were printed");
    }

    private static string Print(byte[] binary)
    {
        using StringWriter text = new();
        WatText.Print(binary, text);
        return text.ToString();
    }

    private sealed class CountingWriter : TextWriter
    {
        public long Characters { get; private set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Characters++;

        public override void Write(char[] buffer, int index, int count) => Characters += count;
    }
}
