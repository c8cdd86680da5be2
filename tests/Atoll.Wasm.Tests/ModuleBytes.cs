using Atoll.Wasm.Binary;
using Atoll.Wasm.Validation;

namespace Atoll.Wasm.Tests;

/// <summary>Puts binary modules together by hand, well formed or not.</summary>
internal static class ModuleBytes
{
    public const byte I32 = 0x7F;
    public const byte I64 = 0x7E;
    public const byte F32 = 0x7D;
    public const byte F64 = 0x7C;
    public const byte FuncRef = 0x70;
    public const byte ExternRef = 0x6F;
    public const byte End = 0x0B;

    public static byte[] Header { get; } = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0];

    /// <summary>The type section of one type, <c>() -> ()</c>.</summary>
    public static byte[] NoType { get; } = Section(1, [1, 0x60, 0, 0]);

    /// <summary>The function section of one function of type 0.</summary>
    public static byte[] OneFunction { get; } = Section(3, [1, 0]);

    public static byte[] Module(params byte[][] sections) => [.. Header, .. sections.SelectMany(s => s)];

    public static byte[] Section(byte id, byte[] content) => [id, .. Leb((uint)content.Length), .. content];

    /// <summary>A code section with one body without locals; the closing <c>end</c> is part of the code.</summary>
    public static byte[] Code(params byte[] code) => Body([0, .. code]);

    /// <summary>A code section with one body, locals included.</summary>
    public static byte[] Body(byte[] body) => Section(10, [1, .. Leb((uint)body.Length), .. body]);

    /// <summary>A module with one function of type <c>() -> ()</c>.</summary>
    public static byte[] Function(params byte[] code) => Module(NoType, OneFunction, Code([.. code, End]));

    /// <summary>A vector: its length, then the bytes.</summary>
    public static byte[] Vector(byte[] items) => [.. Leb((uint)items.Length), .. items];

    public static byte[] Leb(uint value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }

    public static byte[] Repeat(int count, params byte[] bytes)
    {
        var all = new byte[count * bytes.Length];
        for (int i = 0; i < count; i++)
        {
            bytes.CopyTo(all, i * bytes.Length);
        }

        return all;
    }

    /// <summary>Decodes and validates.</summary>
    public static ModuleDefinition Check(byte[] bytes, ModuleLimits? limits = null)
    {
        limits ??= ModuleLimits.Default;
        ModuleDefinition module = ModuleDecoder.Decode(bytes, limits);
        ModuleValidator.Validate(module, limits, CancellationToken.None);
        return module;
    }

    public static MalformedModuleException AssertMalformed(string message, byte[] bytes, ModuleLimits? limits = null)
    {
        MalformedModuleException error = Assert.Throws<MalformedModuleException>(() => Check(bytes, limits));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        return error;
    }

    public static InvalidModuleException AssertInvalid(string message, byte[] bytes, ModuleLimits? limits = null)
    {
        InvalidModuleException error = Assert.Throws<InvalidModuleException>(() => Check(bytes, limits));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        return error;
    }
}
