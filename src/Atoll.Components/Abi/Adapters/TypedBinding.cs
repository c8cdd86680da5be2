using System.Reflection;
using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>The host's side as a delegate with .NET types of its own.</summary>
internal sealed class TypedBinding : HostBinding
{
    private readonly Type _delegate;
    private readonly MethodInfo _invoke;
    private readonly bool _takesCaller;

    private TypedBinding(Type type, MethodInfo invoke, bool takesCaller, HostShape[] parameters, HostShape? result)
        : base(parameters, result)
    {
        _delegate = type;
        _invoke = invoke;
        _takesCaller = takesCaller;
    }

    public override Type[] ParameterTypes => Result is WriterShape writer
        ? [.. Parameters.Select(parameter => parameter.Clr), writer.Clr]
        : [.. Parameters.Select(parameter => parameter.Clr)];

    public override Type ResultType => _invoke.ReturnType;

    /// <param name="type">The function.</param>
    /// <param name="delegateType">The delegate's type.</param>
    /// <param name="mayTakeCaller">Whether it may begin with a <see cref="ComponentCaller"/>.</param>
    /// <exception cref="ArgumentException">The delegate does not fit the function.</exception>
    public static TypedBinding Of(ComponentFunctionType type, Type delegateType, bool mayTakeCaller)
    {
        MethodInfo invoke = delegateType.GetMethod("Invoke") ?? throw new ArgumentException($"the delegate type {delegateType} has no parameters of its own");
        if (!GeneratedAccess.CanUse(delegateType))
        {
            throw new ArgumentException($"the delegate type {delegateType} is not public: compiled code cannot call it");
        }

        ParameterInfo[] parameters = invoke.GetParameters();
        bool takesCaller = mayTakeCaller && parameters.Length > 0 && parameters[0].ParameterType == typeof(ComponentCaller);
        if (takesCaller)
        {
            parameters = parameters[1..];
        }

        HostShape? result = null;
        if (!mayTakeCaller && type.Result is not null && invoke.ReturnType == typeof(void) && parameters.Length == type.Parameters.Length + 1)
        {
            result = Named("result", () => WriterShape.Of(type.Result, parameters[^1]));
            parameters = result is null ? parameters : parameters[..^1];
        }

        if (parameters.Length != type.Parameters.Length || (result is null && (type.Result is null) != (invoke.ReturnType == typeof(void))))
        {
            throw new ArgumentException(
                $"the delegate type {delegateType} takes {parameters.Length} parameters and returns {invoke.ReturnType}; the function takes "
                + $"{type.Parameters.Length} and returns {type.Result?.Kind.ToString().ToLowerInvariant() ?? "nothing"}");
        }

        HostShape[] shapes = new HostShape[parameters.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            shapes[i] = Named($"parameter `{type.Parameters[i].Name}`", () => TypedShape.Of(type.Parameters[i].Type, parameters[i].ParameterType));
        }

        return new TypedBinding(
            delegateType, invoke, takesCaller, shapes, type.Result is null ? null : result ?? Named("result", () => TypedShape.Of(type.Result, invoke.ReturnType)));
    }

    public override HostPlace[] EmitArguments(AdapterEmitter code)
    {
        HostPlace[] places = new HostPlace[Parameters.Length];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = new HostPlace(code.Il.DeclareLocal(Parameters[i].Clr), Parameters[i]);
            code.Il.Emit(OpCodes.Ldarg, (short)(i + 1));
            code.Il.Emit(OpCodes.Stloc, places[i].Local);
        }

        return places;
    }

    public override void EmitBeginResult(AdapterEmitter code, LocalBuilder? result)
    {
        if (Result is WriterShape)
        {
            code.Il.Emit(OpCodes.Ldarg, (short)(Parameters.Length + 1));
            code.Il.Emit(OpCodes.Stloc, result!);
            code.Il.Emit(OpCodes.Ldloc, result!);
            code.Call(typeof(HostWriters), nameof(HostWriters.Check));
        }
    }

    public override void EmitResult(AdapterEmitter code, LocalBuilder? result) => code.Il.Emit(OpCodes.Ldloc, result!);

    public override void EmitInvoke(AdapterEmitter code, LocalBuilder[] arguments, LocalBuilder? result)
    {
        code.Il.Emit(OpCodes.Ldloc, code.Context);
        code.LoadField(typeof(AdapterContext), nameof(AdapterContext.Host));
        code.Il.Emit(OpCodes.Castclass, _delegate);
        if (_takesCaller)
        {
            code.Il.Emit(OpCodes.Ldloc, code.Context);
            code.LoadField(typeof(AdapterContext), nameof(AdapterContext.Caller));
            code.LoadField(typeof(GuestEnd), nameof(GuestEnd.State));
            code.LoadField(typeof(ComponentState), nameof(ComponentState.Caller));
        }

        foreach (LocalBuilder argument in arguments)
        {
            code.Il.Emit(OpCodes.Ldloc, argument);
        }

        code.Il.Emit(OpCodes.Callvirt, _invoke);
        if (result is not null)
        {
            code.Il.Emit(OpCodes.Stloc, result);
        }
    }

    private static T Named<T>(string what, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException exception)
        {
            throw new ArgumentException($"{what}: {exception.Message}", exception);
        }
    }
}
