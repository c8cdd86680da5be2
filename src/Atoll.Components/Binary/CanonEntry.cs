using System.Collections.Immutable;
using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components.Binary;

/// <summary>Canonical functions by their byte in the format ("Binary Format", <c>canon</c>).</summary>
internal enum CanonKind
{
    Lift = 0x00,
    Lower = 0x01,
    ResourceNew = 0x02,
    ResourceDrop = 0x03,
    ResourceRep = 0x04,
    TaskCancel = 0x05,
    SubtaskCancel = 0x06,
    TaskReturn = 0x09,
    ContextGet = 0x0A,
    ContextSet = 0x0B,
    ThreadYield = 0x0C,
    SubtaskDrop = 0x0D,
    StreamNew = 0x0E,
    StreamRead = 0x0F,
    StreamWrite = 0x10,
    StreamCancelRead = 0x11,
    StreamCancelWrite = 0x12,
    StreamDropReadable = 0x13,
    StreamDropWritable = 0x14,
    FutureNew = 0x15,
    FutureRead = 0x16,
    FutureWrite = 0x17,
    FutureCancelRead = 0x18,
    FutureCancelWrite = 0x19,
    FutureDropReadable = 0x1A,
    FutureDropWritable = 0x1B,
    ErrorContextNew = 0x1C,
    ErrorContextDebugMessage = 0x1D,
    ErrorContextDrop = 0x1E,
    WaitableSetNew = 0x1F,
    WaitableSetWait = 0x20,
    WaitableSetPoll = 0x21,
    WaitableSetDrop = 0x22,
    WaitableJoin = 0x23,
    BackpressureInc = 0x24,
    BackpressureDec = 0x25,
    ThreadIndex = 0x26,
    ThreadNewIndirect = 0x27,
    ThreadResumeLater = 0x28,
    ThreadSuspend = 0x29,
    ThreadSuspendThenResume = 0x2A,
    ThreadYieldThenResume = 0x2B,
    ThreadSuspendThenPromote = 0x2C,
    ThreadYieldThenPromote = 0x2D,
    ThreadSpawnRef = 0x40,
    ThreadSpawnIndirect = 0x41,
    ThreadAvailableParallelism = 0x42,
}

/// <summary>Canonical options by their byte in the format (<c>canonopt</c>).</summary>
internal enum CanonOptionKind
{
    Utf8 = 0,
    Utf16 = 1,
    Latin1OrUtf16 = 2,
    Memory = 3,
    Realloc = 4,
    PostReturn = 5,
    Async = 6,
    Callback = 7,
    CoreType = 8,
    GarbageCollection = 9,
}

/// <param name="Kind">Which option.</param>
/// <param name="Index">Its index, where it has one.</param>
internal readonly record struct CanonOption(CanonOptionKind Kind, int Index);

internal enum StringEncoding
{
    Utf8,
    Utf16,
    Latin1OrUtf16,
}

/// <summary>The options of a canonical function, looked up and checked. Indices are those of core memories and core functions; -1 where there is none.</summary>
internal sealed record CanonOptions
{
    public StringEncoding Encoding { get; init; }

    public int Memory { get; init; } = -1;

    public bool Is64 { get; init; }

    public int Realloc { get; init; } = -1;

    public int PostReturn { get; init; } = -1;

    public int Callback { get; init; } = -1;

    public bool IsAsync { get; init; }
}

/// <summary>A canonical function: <c>lift</c> makes a function of a core function, all others make a core function.</summary>
internal sealed class CanonEntry : Definition
{
    public required CanonKind Kind { get; init; }

    /// <summary>The function that is lifted or lowered, the type of a built-in function, or the slot of a context.</summary>
    public int Index { get; init; }

    /// <summary>The type of a lifted function; memory or table of a built-in one.</summary>
    public int Second { get; init; }

    public CanonOption[] Options { get; init; } = [];

    /// <summary>The flag of those that have one: <c>async</c>, <c>cancellable</c> or <c>shared</c>.</summary>
    public bool Flag { get; init; }

    /// <summary>The result that <c>task.return</c> takes.</summary>
    public ValueSyntax? Result { get; init; }

    /// <summary>The type of a context's slot.</summary>
    public Wasm.ValueType SlotType { get; init; }

    /// <summary>The options as they hold. Set by validation.</summary>
    public CanonOptions Resolved { get; set; } = new();

    /// <summary>Type of the component function that is lifted or lowered. Set by validation.</summary>
    public ComponentFunctionType? Function { get; set; }

    /// <summary>Type of the core function that is lifted or made. Set by validation.</summary>
    public FunctionType? Core { get; set; }

    /// <summary>The resource, stream or future type of a built-in function. Set by validation.</summary>
    public DefinableType? Type { get; set; }

    /// <summary>The resolved <see cref="Result"/>. Set by validation.</summary>
    public ComponentValueType? ResultType { get; set; }

    /// <summary>What the last instance called a lowered function with. Racing threads lose nothing but time.</summary>
    public AdapterUse? LastAdapter { get; set; }

    /// <param name="Adapter">The adapter.</param>
    /// <param name="Target">What it leads to: the entry of a lifted function, or the type of the host's delegate.</param>
    /// <param name="Counts">Whether the calls are counted.</param>
    internal sealed record AdapterUse(object Adapter, object Target, bool Counts);
}
