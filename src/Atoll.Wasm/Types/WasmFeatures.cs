namespace Atoll.Wasm;

/// <summary>Parts of WebAssembly beyond version 2.0 without vectors, which is always there.</summary>
/// <remarks>A module that uses a part that is not enabled is malformed; the error names the part.</remarks>
[Flags]
public enum WasmFeatures
{
    /// <summary>Only WebAssembly 2.0 without vectors, with several memories and extended constant expressions.</summary>
    None = 0,

    /// <summary>Vectors of 128 bits.</summary>
    Simd = 1 << 0,

    /// <summary>Vector instructions whose result may depend on the processor. Needs <see cref="Simd"/>.</summary>
    RelaxedSimd = 1 << 1,

    /// <summary><c>return_call</c> and its relatives.</summary>
    TailCalls = 1 << 2,

    /// <summary>Tags, <c>throw</c> and <c>try_table</c>.</summary>
    Exceptions = 1 << 3,

    /// <summary>References to functions of a known type, references that cannot be null, <c>call_ref</c>.</summary>
    FunctionReferences = 1 << 4,

    /// <summary>Structures, arrays, <c>i31</c>, subtypes. Needs <see cref="FunctionReferences"/>.</summary>
    GarbageCollection = 1 << 5,

    /// <summary>Memories and tables with 64-bit indices.</summary>
    Memory64 = 1 << 6,

    /// <summary>Shared memories, atomic instructions, wait and notify.</summary>
    Threads = 1 << 7,

    /// <summary><c>try</c>, <c>catch</c> and <c>rethrow</c> as older toolchains emit them. Needs <see cref="Exceptions"/>.</summary>
    LegacyExceptions = 1 << 8,

    /// <summary>Arithmetic on 128-bit integers, a proposal.</summary>
    WideArithmetic = 1 << 9,

    /// <summary>Memories with pages of one byte, a proposal.</summary>
    CustomPageSizes = 1 << 10,

    /// <summary>All of WebAssembly 3.0.</summary>
    WebAssembly3 = Simd | RelaxedSimd | TailCalls | Exceptions | FunctionReferences | GarbageCollection | Memory64,

    /// <summary>What browsers run today: 3.0, threads, and exceptions in their older form.</summary>
    Default = WebAssembly3 | Threads | LegacyExceptions,

    /// <summary>Everything, proposals included.</summary>
    All = Default | WideArithmetic | CustomPageSizes,
}
