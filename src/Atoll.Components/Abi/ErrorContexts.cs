namespace Atoll.Components.Abi;

/// <summary>Error contexts (CanonicalABI.md, "canon error-context.new" and after): handles on immutable messages. Called by generated code and guests.</summary>
internal static unsafe class ErrorContexts
{
    /// <summary>Bytes that are kept of one message. A host may change messages as it likes, and guests may make as many as there are handles.</summary>
    private const uint MaxBytes = 1024;

    private static readonly ResourceKind Kind = new("error-context", typeof(string), dispose: null);

    /// <summary><c>lift_error_context</c></summary>
    public static string Lift(ComponentState from, int index) => (string)from.Handles.Get(index, Kind).Object!;

    /// <summary><c>lower_error_context</c></summary>
    public static int Lower(ComponentState to, string message) => to.Handles.Add(new Handle { Kind = Kind, Object = message, IsOwn = true });

    /// <summary><c>canon error-context.new</c></summary>
    public static int New(GuestEnd end, ulong pointer, ulong taggedCodeUnits)
    {
        ComponentState.CheckLeave(end.State);
        return Lower(end.State, Strings.LiftStart(end, pointer, taggedCodeUnits, MaxBytes));
    }

    /// <summary><c>canon error-context.debug-message</c></summary>
    public static void DebugMessage(GuestEnd end, int index, ulong target)
    {
        ComponentState.CheckLeave(end.State);
        string message = Lift(end.State, index);
        end.State.MayLeave = false;
        ulong pointer = Strings.Lower(end, message, out ulong taggedCodeUnits);
        end.State.MayLeave = true;
        uint size = Layout.PointerSize(end.Is64);
        byte* pair = end.Range(target, 2 * size, size);
        if (end.Is64)
        {
            ((ulong*)pair)[0] = pointer;
            ((ulong*)pair)[1] = taggedCodeUnits;
        }
        else
        {
            ((uint*)pair)[0] = (uint)pointer;
            ((uint*)pair)[1] = (uint)taggedCodeUnits;
        }
    }

    /// <summary><c>canon error-context.drop</c></summary>
    public static void Drop(ComponentState state, int index)
    {
        ComponentState.CheckLeave(state);
        state.Handles.Get(index, Kind);
        state.Handles.Remove(index);
    }
}
