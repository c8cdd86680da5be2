using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>The host's side of a function: the shapes of parameters and result, and how they are passed.</summary>
internal abstract class HostBinding(HostShape[] parameters, HostShape? result)
{
    public HostShape[] Parameters { get; } = parameters;

    public HostShape? Result { get; } = result;

    /// <summary>The binding for a type of delegates: values of any type for one that takes them so, .NET types of its own for others.</summary>
    /// <param name="type">The function.</param>
    /// <param name="delegateType">The delegate's type.</param>
    /// <param name="isHostFunction">Whether the delegate is a function of the host, which may begin with a <see cref="ComponentCaller"/>.</param>
    /// <exception cref="ArgumentException">The delegate does not fit the function.</exception>
    public static HostBinding For(ComponentFunctionType type, Type delegateType, bool isHostFunction) =>
        delegateType == typeof(ComponentCallback) || delegateType == typeof(DynamicCall) ? new DynamicBinding(type) : TypedBinding.Of(type, delegateType, isHostFunction);

    /// <summary>Parameters of the method that the host calls, without the context.</summary>
    public abstract Type[] ParameterTypes { get; }

    /// <summary>Result of the method that the host calls.</summary>
    public abstract Type ResultType { get; }

    /// <summary>Takes the arguments of that method into locals.</summary>
    public abstract HostPlace[] EmitArguments(AdapterEmitter code);

    /// <summary>Gives the result's local what it has to have before the result is there.</summary>
    public virtual void EmitBeginResult(AdapterEmitter code, LocalBuilder? result)
    {
    }

    /// <summary>Leaves its result.</summary>
    public abstract void EmitResult(AdapterEmitter code, LocalBuilder? result);

    /// <summary>Calls the host's function.</summary>
    public abstract void EmitInvoke(AdapterEmitter code, LocalBuilder[] arguments, LocalBuilder? result);
}

/// <summary>What the host calls functions with whose values can be of any type.</summary>
internal delegate ComponentValue DynamicCall(ComponentValue[] arguments);

/// <summary>All values as <see cref="ComponentValue"/>: arguments in an array, a default value where there is no result.</summary>
internal sealed class DynamicBinding(ComponentFunctionType type)
    : HostBinding([.. type.Parameters.Select(parameter => new DynamicShape(parameter.Type))], type.Result is null ? null : new DynamicShape(type.Result))
{
    public override Type[] ParameterTypes => [typeof(ComponentValue[])];

    public override Type ResultType => typeof(ComponentValue);

    public override HostPlace[] EmitArguments(AdapterEmitter code)
    {
        HostPlace[] places = new HostPlace[Parameters.Length];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = new HostPlace(code.Local<ComponentValue>(), Parameters[i]);
            code.Il.Emit(OpCodes.Ldarg_1);
            code.Il.Emit(OpCodes.Ldc_I4, i);
            code.Il.Emit(OpCodes.Ldelem, typeof(ComponentValue));
            code.Il.Emit(OpCodes.Stloc, places[i].Local);
        }

        return places;
    }

    public override void EmitResult(AdapterEmitter code, LocalBuilder? result) => code.Il.Emit(OpCodes.Ldloc, result ?? code.Local<ComponentValue>());

    public override void EmitInvoke(AdapterEmitter code, LocalBuilder[] arguments, LocalBuilder? result)
    {
        code.Il.Emit(OpCodes.Ldloc, code.Context);
        code.Il.Emit(OpCodes.Ldc_I4, arguments.Length);
        code.Il.Emit(OpCodes.Newarr, typeof(ComponentValue));
        for (int i = 0; i < arguments.Length; i++)
        {
            code.Il.Emit(OpCodes.Dup);
            code.Il.Emit(OpCodes.Ldc_I4, i);
            code.Il.Emit(OpCodes.Ldloc, arguments[i]);
            code.Il.Emit(OpCodes.Stelem, typeof(ComponentValue));
        }

        code.Call(typeof(DynamicBinding), nameof(Invoke));
        if (result is null)
        {
            code.Il.Emit(OpCodes.Pop);
        }
        else
        {
            code.Il.Emit(OpCodes.Stloc, result);
        }
    }

    internal static ComponentValue Invoke(AdapterContext context, ComponentValue[] arguments) => ((ComponentCallback)context.Host!)(arguments) ?? default;
}
