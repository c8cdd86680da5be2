using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Atoll.Wasm.Execution;

/// <summary>Delegates that enter guest code through typed parameters: no boxing, no allocation per call, all guards.</summary>
internal static class TypedStubs
{
    // Weak in the delegate type, so that a collectible assembly's delegates do not stay. The stub itself is independent of store and module.
    private static readonly ConditionalWeakTable<Type, DynamicMethod> Stubs = [];

    public static Delegate Create(Function function, Type delegateType)
    {
        // The constraint of ToDelegate lets Delegate and MulticastDelegate through, which have no shape.
        MethodInfo invoke = delegateType.GetMethod("Invoke")
            ?? throw new ArgumentException($"the delegate type {delegateType} does not fit a function of type {function.Type}: it has no parameters of its own");
        Check(function, delegateType, invoke);
        return Stubs.GetValue(delegateType, Make).CreateDelegate(delegateType, function);
    }

    private static void Check(Function function, Type delegateType, MethodInfo invoke)
    {
        ParameterInfo[] parameters = invoke.GetParameters();
        FunctionType type = function.Type;
        int outs = Math.Max(0, type.Results.Length - 1);
        bool fits = parameters.Length == type.Parameters.Length + outs
            && (type.Results.IsEmpty ? invoke.ReturnType == typeof(void) : Fits(invoke.ReturnType, type.Results[0]));
        for (int i = 0; fits && i < parameters.Length; i++)
        {
            Type parameter = parameters[i].ParameterType;
            fits = i < type.Parameters.Length
                ? Fits(parameter, type.Parameters[i])
                : parameter.IsByRef && !parameters[i].IsIn && Fits(parameter.GetElementType()!, type.Results[i - type.Parameters.Length + 1]);
        }

        if (!fits)
        {
            throw new ArgumentException($"the delegate type {delegateType} does not fit a function of type {type}");
        }
    }

    private static bool Fits(Type type, ValueType wanted) => wanted.Code switch
    {
        0x7F => type == typeof(int) || type == typeof(uint),
        0x7E => type == typeof(long) || type == typeof(ulong),
        0x7D => type == typeof(float),
        0x7C => type == typeof(double),
        0x7B => type == typeof(System.Runtime.Intrinsics.Vector128<byte>),
        0x70 => type == typeof(Function),
        0x6F => type == typeof(object),
        0x69 => type == typeof(ExceptionInstance),
        _ => false, // A delegate cannot say which type of reference it means; use Invoke.
    };

    private static DynamicMethod Make(Type delegateType)
    {
        MethodInfo invoke = delegateType.GetMethod("Invoke")!;
        Type[] parameters = Array.ConvertAll(invoke.GetParameters(), p => p.ParameterType);
        DynamicMethod method = new("Enter", invoke.ReturnType, [typeof(Function), .. parameters], typeof(TypedStubs).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        LocalBuilder state = il.DeclareLocal(typeof(nuint));
        LocalBuilder? result = invoke.ReturnType == typeof(void) ? null : il.DeclareLocal(invoke.ReturnType);
        for (int i = 0; i < parameters.Length; i++)
        {
            if (parameters[i] == typeof(Function) || parameters[i] == typeof(ExceptionInstance))
            {
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldarg, (short)(i + 1));
                il.Emit(OpCodes.Call, Own(parameters[i] == typeof(Function) ? nameof(CheckStore) : nameof(CheckException)));
            }
        }

        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, Own(nameof(Enter)));
        il.Emit(OpCodes.Stloc, state);
        il.BeginExceptionBlock();
        il.BeginExceptionBlock();
        for (int i = 0; i < parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarg, (short)(i + 1));
        }

        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldfld, Field(nameof(Function.Context)));
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldfld, Field(nameof(Function.Code)));
        il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, invoke.ReturnType, [.. parameters, typeof(object)], null);
        if (result is not null)
        {
            il.Emit(OpCodes.Stloc, result);
        }

        LocalBuilder failure = il.DeclareLocal(typeof(Exception));
        il.BeginExceptFilterBlock();
        il.Emit(OpCodes.Ldloca, failure);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, Own(nameof(Translates)));
        il.BeginCatchBlock(null!);
        il.Emit(OpCodes.Pop);
        il.EndExceptionBlock();
        il.BeginFinallyBlock();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldloc, state);
        il.Emit(OpCodes.Call, Own(nameof(Exit)));
        il.EndExceptionBlock();
        Label succeeded = il.DefineLabel();
        il.Emit(OpCodes.Ldloc, failure);
        il.Emit(OpCodes.Brfalse, succeeded);
        il.Emit(OpCodes.Ldloc, failure);
        il.Emit(OpCodes.Throw);
        il.MarkLabel(succeeded);
        if (result is not null)
        {
            il.Emit(OpCodes.Ldloc, result);
        }

        il.Emit(OpCodes.Ret);
        return method;
    }

    private static MethodInfo Own(string name) => typeof(TypedStubs).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;

    private static FieldInfo Field(string name) => typeof(Function).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!;

    private static nuint Enter(Function function) => function.Store.Enter();

    private static void Exit(Function function, nuint state) => function.Store.Exit(state);

    private static void CheckStore(Function function, Function? argument) => function.Store.CheckValue(Value.FuncRef(argument), ValueType.FuncRef);

    private static void CheckException(Function function, ExceptionInstance? argument) => function.Store.CheckValue(Value.ExnRef(argument), ValueType.ExnRef);

    private static bool Translates(object exception, out Exception? translated, Function function)
    {
        translated = GuestErrors.Translate((Exception)exception, function.Store);
        return translated is not null;
    }
}
