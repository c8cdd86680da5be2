using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Tests.Binary;

public sealed class WasmReaderTests
{
    [Theory]
    [InlineData("00", 0)]
    [InlineData("7f", -1)]
    [InlineData("3f", 63)]
    [InlineData("40", -64)]
    [InlineData("8000", 0)]
    [InlineData("ff7f", -1)]
    [InlineData("8080808078", int.MinValue)]
    [InlineData("ffffffff07", int.MaxValue)]
    public void Signed_32(string hex, int expected) => Assert.Equal(expected, Reader(hex).ReadVarS32());

    [Theory]
    [InlineData("8080808080808080807f", long.MinValue)]
    [InlineData("ffffffffffffffffff00", long.MaxValue)]
    [InlineData("7f", -1L)]
    public void Signed_64(string hex, long expected) => Assert.Equal(expected, Reader(hex).ReadVarS64());

    [Theory]
    [InlineData("ffffffff0f", 0xFFFFFFFF)]
    [InlineData("80808080" + "00", 0)]
    public void Unsigned_32(string hex, uint expected) => Assert.Equal(expected, Reader(hex).ReadVarU32());

    [Theory]
    [InlineData("ffffffff1f", "integer too large")]
    [InlineData("808080808000", "integer representation too long")]
    [InlineData("8080", "unexpected end")]
    [InlineData("", "unexpected end")]
    public void Bad_unsigned_32(string hex, string message) =>
        Assert.StartsWith(message, Assert.Throws<MalformedModuleException>(() => Reader(hex).ReadVarU32()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("ffffffff0f", "integer too large")]
    [InlineData("8080808070", "integer too large")]
    [InlineData("ffffffffff7f", "integer representation too long")]
    public void Bad_signed_32(string hex, string message) =>
        Assert.StartsWith(message, Assert.Throws<MalformedModuleException>(() => Reader(hex).ReadVarS32()).Message, StringComparison.Ordinal);

    [Fact]
    public void A_range_ends_where_it_is_said_to_end()
    {
        Assert.Throws<MalformedModuleException>(() =>
        {
            var reader = new WasmReader([1, 2, 3, 4], 1, 3);
            Assert.Equal(2, reader.ReadByte());
            Assert.Equal(3, reader.ReadByte());
            reader.ReadByte();
        });
    }

    private static WasmReader Reader(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        return new WasmReader(bytes, 0, bytes.Length);
    }
}
