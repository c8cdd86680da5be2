using System.Text;
using Atoll.Wasm.Binary;
using static Atoll.Wasm.Tests.ModuleBytes;

namespace Atoll.Wasm.Tests.Binary;

public sealed class NameSectionTests
{
    [Fact]
    public void Names_are_found()
    {
        NameSection names = Names([.. Part(0, Text("mod")), .. Part(1, [2, 0, .. Text("first"), 5, .. Text("sixth")]), .. Part(2, [1, 5, 1, 3, .. Text("local")])]);
        Assert.Equal("mod", names.ModuleName);
        Assert.Equal("first", names.FunctionName(0));
        Assert.Equal("sixth", names.FunctionName(5));
        Assert.Null(names.FunctionName(1));
        Assert.Equal("local", names.LocalName(5, 3));
        Assert.Null(names.LocalName(5, 2));
    }

    [Fact]
    public void A_module_without_names_has_none()
    {
        NameSection names = NameSection.Of(Check(Module()));
        Assert.Null(names.ModuleName);
        Assert.Null(names.FunctionName(0));
    }

    [Theory]
    [InlineData("01ffffffff0f")]
    [InlineData("0105ffffffff0f")]
    [InlineData("010301" + "00" + "7f")]
    [InlineData("ff")]
    [InlineData("02040100ff" + "00")]
    public void A_bad_section_keeps_what_came_before(string hex)
    {
        NameSection names = Names([.. Part(0, Text("mod")), .. Convert.FromHexString(hex)]);
        Assert.Equal("mod", names.ModuleName);
        Assert.Null(names.FunctionName(0));
    }

    [Fact]
    public void Long_names_are_cut()
    {
        NameSection names = Names(Part(0, Text(new string('x', 5000))));
        Assert.Equal(new string('x', 1024) + "…", names.ModuleName);
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_replaced() => Assert.Equal("\uFFFD", Names(Part(0, [1, 0xFF])).ModuleName);

    private static NameSection Names(byte[] content) => NameSection.Of(Check(Module(Section(0, [.. Text("name"), .. content]))));

    private static byte[] Part(byte id, byte[] content) => [id, .. Vector(content)];

    private static byte[] Text(string text) => Vector(Encoding.UTF8.GetBytes(text));
}
