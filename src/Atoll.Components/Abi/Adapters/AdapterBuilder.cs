using System.Reflection;
using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>The methods of one adapter: its entry, and one for each large type that it copies.</summary>
internal sealed class AdapterBuilder(TypeBuilder type)
{
    private readonly Dictionary<(ComponentValueType, string, Type?, Type?), MethodBuilder> _transfers = [];
    private readonly Queue<Action> _bodies = new();

    /// <summary>Resource types in the order in which they first occur: indices of <see cref="AdapterContext.Kinds"/>.</summary>
    public List<ResourceIdentity> Kinds { get; } = [];

    /// <summary>Becomes <see cref="AdapterContext.Constants"/>.</summary>
    public List<object> Constants { get; } = [];

    public MethodBuilder Define(string name, Type result, Type[] parameters)
    {
        MethodBuilder method = type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, result, parameters);
        return method;
    }

    /// <summary>Emits a call of the method that copies values of a type between two kinds of places, and has that method emitted.</summary>
    public void CallTransfer(AdapterEmitter code, ComponentValueType value, Place from, Place to)
    {
        string direction = Describe(from) + Describe(to);
        (ComponentValueType, string, Type?, Type?) key = (value, direction, (from as HostPlace)?.Shape.Clr, (to as HostPlace)?.Shape.Clr);
        if (!_transfers.TryGetValue(key, out MethodBuilder? method))
        {
            List<Type> parameters = [typeof(AdapterContext), typeof(CallScope), from is HostPlace source ? source.Shape.Clr : typeof(nint)];
            if (to is MemoryPlace)
            {
                parameters.Add(typeof(nint));
            }

            method = Define($"Transfer{_transfers.Count}", to is HostPlace target ? target.Shape.Clr : typeof(void), [.. parameters]);
            _transfers.Add(key, method);
            MethodBuilder made = method;
            _bodies.Enqueue(() => EmitTransfer(made, value, from, to));
        }

        code.Il.Emit(OpCodes.Ldloc, code.Context);
        if (code.CallScope is { } scope)
        {
            code.Il.Emit(OpCodes.Ldloc, scope);
        }
        else
        {
            code.Il.Emit(OpCodes.Ldnull);
        }

        code.LoadPlace(from);
        if (to is MemoryPlace)
        {
            code.LoadPlace(to);
        }

        code.Il.Emit(OpCodes.Call, method);
        if (to is HostPlace result)
        {
            code.Il.Emit(OpCodes.Stloc, result.Local);
        }
    }

    /// <summary>Emits what was asked for meanwhile, and makes the type.</summary>
    public Type Finish()
    {
        while (_bodies.TryDequeue(out Action? body))
        {
            body();
        }

        return type.CreateType();
    }

    private static string Describe(Place place) => AdapterEmitter.GuestOf(place) is { } guest ? guest.IsCaller ? "caller " : "callee " : "host ";

    private void EmitTransfer(MethodBuilder method, ComponentValueType value, Place from, Place to)
    {
        AdapterEmitter code = new(this, method.GetILGenerator()) { CallScope = null };
        code.Il.Emit(OpCodes.Ldarg_0);
        code.Il.Emit(OpCodes.Stloc, code.Context);
        code.CallScope = code.Local<CallScope>();
        code.Il.Emit(OpCodes.Ldarg_1);
        code.Il.Emit(OpCodes.Stloc, code.CallScope);
        Place source = Open(code, from, 2);
        Place target = to is HostPlace made ? new HostPlace(code.Il.DeclareLocal(made.Shape.Clr), made.Shape) : Open(code, to, 3);
        code.TransferInline(value, source, target);
        if (target is HostPlace result)
        {
            code.Il.Emit(OpCodes.Ldloc, result.Local);
        }

        code.Il.Emit(OpCodes.Ret);
    }

    private static Place Open(AdapterEmitter code, Place outside, int argument)
    {
        if (outside is HostPlace host)
        {
            LocalBuilder value = code.Il.DeclareLocal(host.Shape.Clr);
            code.Il.Emit(OpCodes.Ldarg, (short)argument);
            code.Il.Emit(OpCodes.Stloc, value);
            return new HostPlace(value, host.Shape);
        }

        LocalBuilder address = code.Local<nint>();
        code.Il.Emit(OpCodes.Ldarg, (short)argument);
        code.Il.Emit(OpCodes.Stloc, address);
        GuestCode guest = AdapterEmitter.GuestOf(outside)!;
        return new MemoryPlace(code.OpenGuest(guest.IsCaller, guest.Is64), address, 0);
    }
}
