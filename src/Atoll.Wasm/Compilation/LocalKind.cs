namespace Atoll.Wasm.Compilation;

/// <summary>The .NET type that holds a WebAssembly value; all references are one kind.</summary>
internal enum LocalKind : byte
{
    I32,
    I64,
    F32,
    F64,
    V128,
    Reference,

    /// <summary>A native pointer of the compiler's own: the base of a memory.</summary>
    Pointer,
}

internal static class LocalKinds
{
    public static LocalKind Of(ValueType type) => type.Code switch
    {
        0x7F => LocalKind.I32,
        0x7E => LocalKind.I64,
        0x7D => LocalKind.F32,
        0x7C => LocalKind.F64,
        0x7B => LocalKind.V128,
        _ => LocalKind.Reference,
    };
}
