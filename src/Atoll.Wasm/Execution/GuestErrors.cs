namespace Atoll.Wasm.Execution;

/// <summary>Turns what the .NET runtime throws inside of compiled code into traps, and what a host function throws into one kind of error.</summary>
internal static class GuestErrors
{
    /// <summary>
    /// The trap that an exception of the runtime stands for, or null when it is none. Compiled code leaves checks to the hardware or to
    /// .NET: division, array bounds of tables, null elements, accesses outside of guarded memories, and requests to stop, for which loops read through a pointer
    /// that is then null.
    /// </summary>
    public static unsafe Exception? Translate(Exception exception, Store store)
    {
        store.NoteFailure(exception);
        if (exception is TrapException or GuestThrownException)
        {
            GuestStackReader.Keep(exception, store);
        }

        TrapKind? kind = exception switch
        {
            DivideByZeroException => TrapKind.IntegerDivideByZero,
            OverflowException => TrapKind.MemoryOutOfBounds,
            IndexOutOfRangeException => TrapKind.UndefinedElement,
            NullReferenceException => store.TakeFault() ? TrapKind.MemoryOutOfBounds : TrapKind.UninitializedElement,
            _ => null,
        };

        // A bug in the engine's own helpers must not pass for a trap of the guest.
        if (kind is not { } trap || !GuestStackReader.ThrownByGuest(exception))
        {
            return null;
        }

        GuestStackReader.Keep(exception, store);
        return kind == TrapKind.UninitializedElement && store.Control->IsInterrupted ? store.StopForInterrupt() : new TrapException(trap, TrapException.TextOf(trap), exception);
    }

    /// <summary>Whether what a host function threw has to be wrapped: all but the engine's own kinds of exception, and cancellation of the store.</summary>
    /// <remarks>
    /// A filter, so that a trap passes host frames untouched. Catching and throwing again would start a new unwinding on top of the old one at
    /// each level, and recursion through the host would overflow the real stack while it unwinds.
    /// </remarks>
    public static bool IsForeign(object exception, object context) => exception switch
    {
        // Guests of one store cannot catch what those of another throw: nothing of a store may be kept in another.
        GuestThrownException thrown => thrown.Tag.Store != ((Caller)context).Store,
        WasmException => false,
        _ => !(exception is OperationCanceledException && ((Caller)context).Store.IsStopped),
    };

    /// <summary>Wraps what a host function threw.</summary>
    public static Exception FromHost(Exception exception, object context) => new HostFunctionException(((Caller)context).Definition.Name, exception);
}
