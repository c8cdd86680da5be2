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
        nint code = entry.Kind switch
        {
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

    private static int ResourceNew(int representation, object context) =>
        Handles.New(((Builtins)context).State, ((Builtins)context).Kind, representation);

    private static int ResourceRep(int index, object context) => Handles.Rep(((Builtins)context).State, ((Builtins)context).Kind, index);

    private static void ResourceDrop(int index, object context) => Handles.Drop(((Builtins)context).State, ((Builtins)context).Kind, index);

    private static int ErrorContextNew(int pointer, int length, object context) => ErrorContexts.New(((Builtins)context).End, (uint)pointer, (uint)length);

    private static void ErrorContextDebugMessage(int index, int target, object context) =>
        ErrorContexts.DebugMessage(((Builtins)context).End, index, (uint)target);

    private static void ErrorContextDrop(int index, object context) => ErrorContexts.Drop(((Builtins)context).State, index);
}
