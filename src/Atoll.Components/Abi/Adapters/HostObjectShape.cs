using System.Reflection;
using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>Handles as objects: the host's own that they stand for, or a <see cref="GuestResource"/> for a guest's.</summary>
internal sealed class HostObjectShape(ComponentValueType type, Type clr) : TypedShape(type, clr)
{
    /// <summary>What takes the object from the guest's table, or puts it there.</summary>
    public MethodInfo Method(string verb) => typeof(HostResources).GetMethod(verb + "Object", BindingFlags.Public | BindingFlags.Static)!.MakeGenericMethod(Clr);

    public override void EmitToResource(AdapterEmitter code, LocalBuilder value) => code.Il.Emit(OpCodes.Ldloc, value);

    public override void EmitFromResource(AdapterEmitter code, LocalBuilder target) => code.Il.Emit(OpCodes.Stloc, target);
}
