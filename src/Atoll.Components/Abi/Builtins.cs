using Atoll.Components.Binary;
using Atoll.Wasm;

namespace Atoll.Components.Abi;

/// <summary>
/// The core functions that <c>canon</c> defines beside <c>lower</c>, as guests call them: a static method each, whose last argument is what it works on.
/// </summary>
/// <param name="state">The instance.</param>
/// <param name="kind">The resource type, of those that have one.</param>
/// <param name="end">The canonical options, of those that have them.</param>
internal sealed unsafe class Builtins(ComponentState state, ResourceKind? kind, GuestEnd? end)
{
    /// <summary>The function of an entry; null for one that is not there yet.</summary>
    public static Function? Make(CanonEntry entry, ComponentState state, ResourceKind? kind, GuestEnd? end)
    {
        bool is64 = end is { Is64: true };
        bool isWide = kind is { IsWide: true };
        nint code = entry.Kind switch
        {
            CanonKind.ResourceNew when isWide => (nint)(delegate*<long, object, int>)&ResourceNew64,
            CanonKind.ResourceRep when isWide => (nint)(delegate*<int, object, long>)&ResourceRep64,
            CanonKind.ErrorContextNew when is64 => (nint)(delegate*<long, long, object, int>)&ErrorContextNew64,
            CanonKind.ErrorContextDebugMessage when is64 => (nint)(delegate*<int, long, object, void>)&ErrorContextDebugMessage64,
            CanonKind.ResourceNew => (nint)(delegate*<int, object, int>)&ResourceNew,
            CanonKind.ResourceRep => (nint)(delegate*<int, object, int>)&ResourceRep,
            CanonKind.ResourceDrop => (nint)(delegate*<int, object, void>)&ResourceDrop,
            CanonKind.ErrorContextNew => (nint)(delegate*<int, int, object, int>)&ErrorContextNew,
            CanonKind.ErrorContextDebugMessage => (nint)(delegate*<int, int, object, void>)&ErrorContextDebugMessage,
            CanonKind.ErrorContextDrop => (nint)(delegate*<int, object, void>)&ErrorContextDrop,
            _ => 0,
        };
        return code == 0 ? null : new Function(state.Store, code, new Builtins(state, kind, end), DefinedType.Of(entry.Core!), entry.Kind.ToString());
    }

    private ComponentState State => state;

    private ResourceKind Kind => kind!;

    private GuestEnd End => end!;

    private static int ResourceNew(int representation, object context) => ResourceNew64(representation, context);

    private static int ResourceNew64(long representation, object context) => Handles.New(((Builtins)context).State, ((Builtins)context).Kind, representation);

    private static int ResourceRep(int index, object context) => (int)ResourceRep64(index, context);

    private static long ResourceRep64(int index, object context) => Handles.Rep(((Builtins)context).State, ((Builtins)context).Kind, index);

    private static void ResourceDrop(int index, object context) => Handles.Drop(((Builtins)context).State, ((Builtins)context).Kind, index);

    private static int ErrorContextNew(int pointer, int length, object context) => ErrorContextNew64((uint)pointer, (uint)length, context);

    private static int ErrorContextNew64(long pointer, long length, object context) => ErrorContexts.New(((Builtins)context).End, (ulong)pointer, (ulong)length);

    private static void ErrorContextDebugMessage(int index, int target, object context) => ErrorContextDebugMessage64(index, (uint)target, context);

    private static void ErrorContextDebugMessage64(int index, long target, object context) =>
        ErrorContexts.DebugMessage(((Builtins)context).End, index, (ulong)target);

    private static void ErrorContextDrop(int index, object context) => ErrorContexts.Drop(((Builtins)context).State, index);
}
