namespace Atoll.Wasm.Execution;

/// <summary>Turns what the .NET runtime throws inside of compiled code into traps, and what a host function throws into one kind of error.</summary>
internal static class GuestErrors
{
    /// <summary>
    /// The trap that an exception of the runtime stands for, or null when it is none. Compiled code leaves four checks to the hardware or to
    /// .NET: division, array bounds of tables, and null elements.
    /// </summary>
    public static Exception? Translate(Exception exception)
    {
        TrapKind? kind = exception switch
        {
            DivideByZeroException => TrapKind.IntegerDivideByZero,
            OverflowException => TrapKind.IntegerOverflow,
            IndexOutOfRangeException => TrapKind.UndefinedElement,
            NullReferenceException => TrapKind.UninitializedElement,
            _ => null,
        };

        // A bug in the engine's own helpers must not pass for a trap of the guest.
        return kind is { } trap && GuestStackReader.ThrownByGuest(exception)
            ? new TrapException(trap, TrapException.TextOf(trap), exception)
            : null;
    }

    /// <summary>What a call of a host function throws towards the guest: its own kinds of exception as they are, others wrapped.</summary>
    public static Exception FromHost(Exception exception, object context)
    {
        Caller caller = (Caller)context;
        if (exception is WasmException)
        {
            return exception;
        }

        if (exception is OperationCanceledException && caller.Store.IsStopped)
        {
            return exception;
        }

        return new HostFunctionException(caller.Definition.Name, exception);
    }
}
