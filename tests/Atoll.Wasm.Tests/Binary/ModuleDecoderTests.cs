using Atoll.Wasm.Binary;
using static Atoll.Wasm.Tests.ModuleBytes;

namespace Atoll.Wasm.Tests.Binary;

public sealed class ModuleDecoderTests
{
    [Fact]
    public void An_empty_module_has_nothing()
    {
        ModuleDefinition module = Check(Module());
        Assert.Empty(module.Functions);
        Assert.Equal(-1, module.Start);
        Assert.Equal(-1, module.DataCount);
    }

    [Theory]
    [InlineData("", "unexpected end")]
    [InlineData("0061", "unexpected end")]
    [InlineData("0061736d", "unexpected end")]
    [InlineData("0061736d010000", "unexpected end")]
    [InlineData("6d736100" + "01000000", "magic header not detected")]
    [InlineData("0061736d" + "02000000", "unknown binary version")]
    [InlineData("0061736d" + "0d000100", "unknown binary version 0x1000d: this is a component")]
    [InlineData("0061736d01000000" + "0e00", "malformed section id")]
    [InlineData("0061736d01000000" + "01", "unexpected end")]
    [InlineData("0061736d01000000" + "01ffffffff0f", "length out of bounds")]
    [InlineData("0061736d01000000" + "01ffffffff1f", "integer too large")]
    [InlineData("0061736d01000000" + "018080808080" + "00", "integer representation too long")]
    [InlineData("0061736d01000000" + "010201" + "60", "unexpected end")]
    [InlineData("0061736d01000000" + "0105016000" + "0000", "section size mismatch")]
    [InlineData("0061736d01000000" + "010100" + "010100", "unexpected content after last section")]
    [InlineData("0061736d01000000" + "030100" + "010100", "unexpected content after last section")]
    [InlineData("0061736d01000000" + "01040161" + "0000", "malformed definition type")]
    [InlineData("0061736d01000000" + "010501600140" + "00", "malformed value type")]
    [InlineData("0061736d01000000" + "050401" + "080000", "malformed limits flags")]
    [InlineData("0061736d01000000" + "040401" + "7f0000", "malformed reference type")]
    [InlineData("0061736d01000000" + "0204" + "01000005", "malformed import kind")]
    [InlineData("0061736d01000000" + "0206" + "010000037f02", "malformed mutability")]
    [InlineData("0061736d01000000" + "0704" + "01000900", "malformed export kind")]
    [InlineData("0061736d01000000" + "0902" + "0108", "malformed elements segment kind")]
    [InlineData("0061736d01000000" + "0b02" + "0103", "malformed data segment kind")]
    [InlineData("0061736d01000000" + "0605" + "017f004100", "unexpected end of section or function")]
    [InlineData("0061736d01000000" + "0605" + "017f00ff0b", "illegal opcode ff")]
    [InlineData("0061736d01000000" + "0204" + "0101ff00", "malformed UTF-8 encoding")]
    [InlineData("0061736d01000000" + "0c0101", "data count and data section have inconsistent lengths")]
    [InlineData("0061736d01000000" + "0c0101" + "0b0100", "data count and data section have inconsistent lengths")]
    [InlineData("0061736d01000000" + "010401600000" + "03020100", "function and code section have inconsistent lengths")]
    [InlineData("0061736d01000000" + "0a040102000b", "function and code section have inconsistent lengths")]
    public void Malformed_bytes_are_refused_in_the_words_of_the_suite(string hex, string message) =>
        AssertMalformed(message, Convert.FromHexString(hex));

    [Fact]
    public void The_offset_points_at_the_error()
    {
        Assert.Equal(8, AssertMalformed("malformed section id", [.. Header, 0x0E, 0]).Offset);
        Assert.Equal(11, AssertMalformed("malformed limits flags", Module(Section(5, [1, 0x20, 0]))).Offset);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    public void A_vector_of_four_billion_elements_costs_nothing(byte section)
    {
        byte[] bytes = Module(Section(section, Leb(uint.MaxValue)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertMalformed("length out of bounds", bytes);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void Four_billion_locals_are_refused()
    {
        AssertMalformed("too many locals", Module(NoType, OneFunction, Body([1, .. Leb(uint.MaxValue), I32, End])));
        AssertMalformed("too many locals", Module(NoType, OneFunction, Body([2, .. Leb(uint.MaxValue), I32, .. Leb(uint.MaxValue), I64, End])));
    }

    [Fact]
    public void Parameters_count_as_locals()
    {
        byte[] type = Section(1, [1, 0x60, 2, I32, I32, 0]);
        var limits = new ModuleLimits { MaxLocals = 5 };
        Assert.Equal(5, Check(Module(type, OneFunction, Body([1, 3, I32, End])), limits).Bodies[0].LocalCount);
        AssertMalformed("too many locals: 6, the limit is 5", Module(type, OneFunction, Body([1, 4, I32, End])), limits);
    }

    [Fact]
    public void A_body_does_not_read_beyond_its_size()
    {
        // The locals say one run, whose bytes are beyond the body's two bytes.
        AssertMalformed("unexpected end", Module(NoType, OneFunction, Section(10, [1, 2, 1, 1, I32, End])));
    }

    [Fact]
    public void Limits_name_themselves()
    {
        byte[] twoTypes = Module(Section(1, [2, 0x60, 0, 0, 0x60, 0, 0]));
        Check(twoTypes, new ModuleLimits { MaxTypes = 2 });
        AssertMalformed("too many types: 2, the limit is 1", twoTypes, new ModuleLimits { MaxTypes = 1 });
        AssertMalformed("module of 17 bytes is larger than the limit of 16", twoTypes, new ModuleLimits { MaxModuleBytes = 16 });
        byte[] type = Module(Section(1, [1, 0x60, 2, I32, I32, 1, I32]));
        AssertMalformed("too many parameters: 2, the limit is 1", type, new ModuleLimits { MaxParameters = 1 });
        AssertMalformed("too many results: 1, the limit is 0", type, new ModuleLimits { MaxResults = 0 });
        AssertMalformed("too many memories: 2, the limit is 1", Module(Section(5, [2, 0, 0, 0, 0])), new ModuleLimits { MaxMemories = 1 });
        AssertMalformed("too many custom sections", Module(Section(0, [0]), Section(0, [0])), new ModuleLimits { MaxCustomSections = 1 });
        AssertMalformed("name of 3 bytes is longer than the limit of 2", Module(Section(0, [3, 65, 66, 67])), new ModuleLimits { MaxNameBytes = 2 });
        AssertMalformed("too many elements in a segment: 2", Module(Section(9, [1, 1, 0, 2, 0, 0])), new ModuleLimits { MaxSegmentElements = 1 });
        AssertMalformed("function body of 3 bytes is larger than the limit of 2", Function(0x01), new ModuleLimits { MaxFunctionBytes = 2 });
    }

    [Fact]
    public void Imports_and_definitions_share_the_limit_of_their_index_space()
    {
        byte[] module = Module(NoType, Section(2, [1, 0, 0, 0, 0]), OneFunction, Code(End));
        Check(module, new ModuleLimits { MaxFunctions = 2 });
        AssertMalformed("too many functions: 2, the limit is 1", module, new ModuleLimits { MaxFunctions = 1 });
    }

    [Fact]
    public void Every_section_arrives()
    {
        ModuleDefinition module = Check(Module(
            NoType,
            Section(2, [2, 1, (byte)'m', 1, (byte)'f', 0, 0, 1, (byte)'m', 1, (byte)'g', 3, I32, 0]),
            OneFunction,
            Section(4, [2, FuncRef, 0, 4, 0x40, 0, ExternRef, 1, 1, 2, 0xD0, ExternRef, End]),
            Section(5, [2, 0, 1, 1, 2, 3]),
            Section(6, [1, I64, 1, 0x42, 7, End]),
            Section(7, [1, 1, (byte)'e', 0, 1]),
            Section(8, [1]),
            Section(9, [3, 0, 0x41, 0, End, 1, 1, 1, 0, 1, 0, 5, FuncRef, 1, 0xD0, FuncRef, End]),
            Section(12, [2]),
            Body([1, 3, F64, End]),
            Section(11, [2, 2, 1, 0x41, 0, End, 1, 9, 1, 2, 8, 8]),
            Section(0, [1, (byte)'c', 5, 6])));

        Assert.Equal(2, module.Functions.Length);
        Assert.Equal(1, module.ImportedFunctionCount);
        Assert.Equal(ExternKind.Global, module.Imports[1].Kind);
        Assert.Equal(new TableType(ValueType.ExternRef, 1, 2), module.Tables[1].Type);
        Assert.NotNull(module.Tables[1].Initializer);
        Assert.Equal([new MemoryType(1, null), new MemoryType(2, 3)], module.Memories);
        Assert.Equal(new GlobalType(ValueType.I64, true), module.Globals[1].Type);
        Assert.Equal(new ExportDefinition("e", ExternKind.Function, 1), module.Exports[0]);
        Assert.Equal(1, module.Start);
        Assert.Equal([SegmentMode.Active, SegmentMode.Passive, SegmentMode.Passive], module.Elements.Select(e => e.Mode));
        Assert.Equal([1], module.Elements[0].FunctionIndices!);
        Assert.Single(module.Elements[2].Expressions!);
        Assert.Equal((SegmentMode.Active, 1), (module.Data[0].Mode, module.Data[0].Memory));
        Assert.Equal([(byte)9], module.Bytes[module.Data[0].Content.Start..module.Data[0].Content.End]);
        Assert.Equal(2, module.Data[1].Content.Length);
        Assert.Equal(new LocalRun(3, ValueType.F64), module.Bodies[0].Locals[0]);
        Assert.Equal("c", module.CustomSections[0].Name);
        Assert.Equal(2, module.CustomSections[0].Content.Length);
    }
}
