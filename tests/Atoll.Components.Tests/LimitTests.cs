using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;

namespace Atoll.Components.Tests;

/// <summary>A few bytes must not cost the host much, whatever they say.</summary>
public sealed class LimitTests
{
    private static readonly byte[] Preamble = [0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0];

    [Fact]
    public void The_layer_tells_components_from_modules()
    {
        Assert.True(Component.IsComponent(Preamble));
        Assert.False(Component.IsComponent([0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]));
        Assert.False(Component.IsComponent([0, 0x61, 0x73, 0x6D]));
    }

    [Fact]
    public void Components_nest_to_a_limit()
    {
        byte[] bytes = Preamble;
        for (int i = 0; i < 100; i++)
        {
            bytes = [.. Preamble, .. Section(4, bytes)];
        }

        Load(bytes);
        MalformedComponentException error = Assert.Throws<MalformedComponentException>(() => Load([.. Preamble, .. Section(4, bytes)]));
        Assert.Contains("nesting too deep", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_nest_to_a_limit()
    {
        // (type (component (type (component …
        byte[] type = [0x41, 0];
        for (int i = 0; i < 200; i++)
        {
            type = [0x41, 1, 1, .. type];
        }

        MalformedComponentException error = Assert.Throws<MalformedComponentException>(() => Load([.. Preamble, .. Section(7, [1, .. type])]));
        Assert.Contains("nesting too deep", error.Message, StringComparison.Ordinal);

        // (list (list …, each by the index of the one before.
        List<byte> lists = [120, 0x73];
        for (byte i = 0; i < 119; i++)
        {
            lists.AddRange([0x70, (byte)(0x80 | i), 0]);
        }

        InvalidComponentException deep = Assert.Throws<InvalidComponentException>(() => Load([.. Preamble, .. Section(7, [.. lists])]));
        Assert.Contains("too deep", deep.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_doubles_with_each_line_is_refused()
    {
        List<byte> tuples = [30, 0x73];
        for (byte i = 0; i < 29; i++)
        {
            tuples.AddRange([0x6F, 2, i, i]);
        }

        InvalidComponentException error = Assert.Throws<InvalidComponentException>(() => Load([.. Preamble, .. Section(7, [.. tuples])]));
        Assert.Contains("effective type size", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_of_a_large_type_are_counted()
    {
        // An instance type that exports a resource and 200 functions that use it, imported again and again.
        List<byte> declarations = [0xA2, 0x03, 4, 0, 1, (byte)'r', 3, 1, 1, 0x69, 0, 1, 0x40, 1, 1, (byte)'x', 1, 1, 0];
        int functions = 0;
        for (; functions < 415; functions++)
        {
            declarations.AddRange([4, 0, 5, (byte)'f', .. Digits(functions), 1, 2]);
        }

        byte[] type = [1, 0x42, .. declarations];
        const int Imports = 4000;
        List<byte> imports = [(Imports & 0x7F) | 0x80, Imports >> 7];
        for (int i = 0; i < Imports; i++)
        {
            imports.AddRange([0, 5, (byte)'i', .. Digits(i), 5, 0]);
        }

        byte[] bytes = [.. Preamble, .. Section(7, type), .. Section(10, [.. imports])];
        InvalidComponentException error = Assert.Throws<InvalidComponentException>(() => Load(bytes));
        Assert.Contains("steps to check", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ComponentFeatures.Async, new byte[] { 1, 0x66, 0 }, "Async")]
    [InlineData(ComponentFeatures.Maps, new byte[] { 1, 0x63, 0x73, 0x79 }, "Maps")]
    [InlineData(ComponentFeatures.FixedLengthLists, new byte[] { 1, 0x67, 0x7D, 3 }, "FixedLengthLists")]
    [InlineData(ComponentFeatures.ErrorContext, new byte[] { 1, 0x64 }, "ErrorContext")]
    public void What_is_not_enabled_is_refused_by_name(ComponentFeatures feature, byte[] types, string name)
    {
        byte[] bytes = [.. Preamble, .. Section(7, types)];
        ComponentLoader.Load(bytes, new ComponentLoadOptions { Features = feature });
        InvalidComponentException error = Assert.Throws<InvalidComponentException>(
            () => ComponentLoader.Load(bytes, new ComponentLoadOptions { Features = ComponentFeatures.All & ~feature }));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    private static void Load(byte[] bytes) => ComponentLoader.Load(bytes, new ComponentLoadOptions { Features = ComponentFeatures.All });

    private static byte[] Digits(int number) => [.. number.ToString("d4", System.Globalization.CultureInfo.InvariantCulture).Select(c => (byte)c)];

    private static byte[] Section(byte id, byte[] content)
    {
        List<byte> bytes = [id];
        uint size = (uint)content.Length;
        for (; size >= 0x80; size >>= 7)
        {
            bytes.Add((byte)(0x80 | (size & 0x7F)));
        }

        return [.. bytes, (byte)size, .. content];
    }
}
