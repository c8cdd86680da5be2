using Atoll.Wasm.Text;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>The body of a function (specification, "Binary Format / Instructions").</summary>
internal sealed class CodeWriter
{
    public const byte I32 = 0x7F;
    public const byte I64 = 0x7E;

    private readonly ByteBuffer _buffer = new();

    public CodeWriter(params (uint, byte)[] locals)
    {
        _buffer.Unsigned((uint)locals.Length);
        foreach ((uint count, byte type) in locals)
        {
            _buffer.Unsigned(count);
            _buffer.Byte(type);
        }
    }

    public CodeWriter Get(byte local) => Bytes(0x20, local);

    public CodeWriter Set(byte local) => Bytes(0x21, local);

    public CodeWriter GetGlobal(int global) => Indexed(0x23, global);

    public CodeWriter SetGlobal(int global) => Indexed(0x24, global);

    public CodeWriter I32Const(int value) => Constant(0x41, value);

    public CodeWriter I64Const(long value) => Constant(0x42, value);

    public CodeWriter Call(int function) => Indexed(0x10, function);

    /// <summary>Calls the function of the first table that the operand names.</summary>
    public CodeWriter CallIndirect(uint type)
    {
        _buffer.Byte(0x11);
        _buffer.Unsigned(type);
        _buffer.Byte(0);
        return this;
    }

    public CodeWriter Bytes(params ReadOnlySpan<byte> bytes)
    {
        _buffer.Bytes(bytes);
        return this;
    }

    /// <summary>The whole body.</summary>
    public byte[] End() => Bytes(0x0B)._buffer.ToArray();

    private CodeWriter Indexed(byte opcode, int index)
    {
        _buffer.Byte(opcode);
        _buffer.Unsigned((uint)index);
        return this;
    }

    private CodeWriter Constant(byte opcode, long value)
    {
        _buffer.Byte(opcode);
        _buffer.Signed(value);
        return this;
    }
}
