using System.Collections.Immutable;

namespace Atoll.Wasm;

/// <summary>Why guest code trapped (specification, "Execution", the situations in which an instruction traps).</summary>
public enum TrapKind
{
    /// <summary>The <c>unreachable</c> instruction was executed.</summary>
    Unreachable,

    /// <summary>A memory access, or a range of a bulk operation, lies outside of the memory.</summary>
    MemoryOutOfBounds,

    /// <summary>A table access, or a range of a bulk operation, lies outside of the table.</summary>
    TableOutOfBounds,

    /// <summary><c>call_indirect</c> with an index outside of the table.</summary>
    UndefinedElement,

    /// <summary><c>call_indirect</c> through a null element.</summary>
    UninitializedElement,

    /// <summary><c>call_indirect</c> found a function of another type.</summary>
    IndirectCallTypeMismatch,

    /// <summary>Integer division or remainder by zero.</summary>
    IntegerDivideByZero,

    /// <summary>The result of an integer division or of a conversion does not fit.</summary>
    IntegerOverflow,

    /// <summary>A NaN was converted to an integer.</summary>
    InvalidConversionToInteger,

    /// <summary>The guest used up the stack that it may use.</summary>
    StackExhausted,

    /// <summary>A host function would have to wait, and the caller did not allow that.</summary>
    WouldBlock,

    /// <summary>A host function ended the guest for a reason that its message gives.</summary>
    Host,

    /// <summary>An atomic access whose address is no multiple of its size.</summary>
    UnalignedAtomic,

    /// <summary>A guest would wait on a memory that nobody else can change.</summary>
    NotShared,

    /// <summary>A null reference where an instruction needs an object: a structure, array, function or small integer.</summary>
    NullReference,

    /// <summary>A cast to a type that the reference is not of.</summary>
    CastFailure,

    /// <summary>An access, or a range of a bulk operation, lies outside of an array.</summary>
    ArrayOutOfBounds,

    /// <summary>A component broke a rule of the canonical ABI: a bad pointer, string, handle or discriminant, or a call at a time when it may not call.</summary>
    CanonicalAbi,
}

/// <summary>One frame of the guest's stack at the moment of a trap.</summary>
/// <param name="FunctionIndex">Index of the function in its module, imports counted first.</param>
/// <param name="FunctionName">Its name from the module's name section, or null.</param>
/// <param name="ModuleName">Name of its module from the name section, or null.</param>
public sealed record GuestFrame(int FunctionIndex, string? FunctionName, string? ModuleName)
{
    /// <summary>Offset in the module of the instruction that was running, or -1 when it cannot be told.</summary>
    public int CodeOffset { get; init; } = -1;

    /// <summary>Source file of the instruction, from the module's DWARF data; null without.</summary>
    public string? SourceFile { get; init; }

    /// <summary>Line in <see cref="SourceFile"/>, 1-based; 0 without.</summary>
    public int SourceLine { get; init; }

    /// <summary>For example <c>app!main (src/main.c:12)</c>, or <c>function[12]</c> without names.</summary>
    public override string ToString()
    {
        string function = FunctionName ?? $"function[{FunctionIndex}]";
        string name = ModuleName is null ? function : $"{ModuleName}!{function}";
        return SourceFile is null ? name : $"{name} ({SourceFile}:{SourceLine})";
    }
}

/// <summary>Guest code did something that WebAssembly defines as a trap.</summary>
/// <remarks>The instance stays callable, with its memory as the trap left it.</remarks>
public sealed class TrapException : WasmException
{
    private ImmutableArray<GuestFrame> _stack;

    /// <summary>Makes a trap; a host function may throw it to end the guest.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="message">Text for people, or null for the words of the specification's test suite.</param>
    /// <param name="inner">What the runtime threw for it, if anything.</param>
    public TrapException(TrapKind kind, string? message = null, Exception? inner = null)
        : base(message ?? TextOf(kind), inner) => Kind = kind;

    /// <summary>What happened.</summary>
    public TrapKind Kind { get; }

    /// <summary>Offset in the module of the instruction that trapped, where the compiled code says it; otherwise -1.</summary>
    internal int CodeOffset { get; init; } = -1;

    /// <inheritdoc/>
    public override string Code => "trap." + Kind switch
    {
        TrapKind.Unreachable => "unreachable",
        TrapKind.MemoryOutOfBounds => "memory-out-of-bounds",
        TrapKind.TableOutOfBounds => "table-out-of-bounds",
        TrapKind.UndefinedElement => "undefined-element",
        TrapKind.UninitializedElement => "uninitialized-element",
        TrapKind.IndirectCallTypeMismatch => "indirect-call-type-mismatch",
        TrapKind.IntegerDivideByZero => "integer-divide-by-zero",
        TrapKind.IntegerOverflow => "integer-overflow",
        TrapKind.InvalidConversionToInteger => "invalid-conversion-to-integer",
        TrapKind.StackExhausted => "stack-exhausted",
        TrapKind.WouldBlock => "would-block",
        TrapKind.UnalignedAtomic => "unaligned-atomic",
        TrapKind.NotShared => "not-shared",
        TrapKind.NullReference => "null-reference",
        TrapKind.CastFailure => "cast-failure",
        TrapKind.CanonicalAbi => "canonical-abi",
        TrapKind.ArrayOutOfBounds => "array-out-of-bounds",
        _ => "host",
    };

    /// <summary>
    /// The guest functions that were active, innermost first: at most <see cref="GuestStackReader.MaximumFrames"/>. Functions that the
    /// JIT compiler inlined into their caller are missing. Computed at the first use.
    /// </summary>
    public ImmutableArray<GuestFrame> GuestStack
    {
        get
        {
            if (_stack.IsDefault)
            {
                _stack = GuestStackReader.Read(InnerException ?? this, CodeOffset);
            }

            return _stack;
        }
    }

    /// <summary>The words of the specification's test suite for a kind of trap.</summary>
    internal static string TextOf(TrapKind kind) => kind switch
    {
        TrapKind.Unreachable => "unreachable",
        TrapKind.MemoryOutOfBounds => "out of bounds memory access",
        TrapKind.TableOutOfBounds => "out of bounds table access",
        TrapKind.UndefinedElement => "undefined element",
        TrapKind.UninitializedElement => "uninitialized element",
        TrapKind.IndirectCallTypeMismatch => "indirect call type mismatch",
        TrapKind.IntegerDivideByZero => "integer divide by zero",
        TrapKind.IntegerOverflow => "integer overflow",
        TrapKind.InvalidConversionToInteger => "invalid conversion to integer",
        TrapKind.StackExhausted => "call stack exhausted",
        TrapKind.WouldBlock => "the host function would block",
        TrapKind.UnalignedAtomic => "unaligned atomic",
        TrapKind.NotShared => "expected shared memory",
        TrapKind.NullReference => "null reference",
        TrapKind.CastFailure => "cast failure",
        TrapKind.ArrayOutOfBounds => "out of bounds array access",
        _ => "trap in a host function",
    };
}
