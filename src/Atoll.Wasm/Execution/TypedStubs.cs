using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Atoll.Wasm.Execution;

/// <summary>Delegates that enter guest code through typed parameters: no boxing, no allocation per call, all guards.</summary>
internal static class TypedStubs
{
    // Weak in the delegate type, so that a collectible assembly's delegates do not stay. The stub itself is independent of store and module.
    private static readonly ConditionalWeakTable<Type, MethodInfo> Stubs = [];

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

    private static MethodInfo Make(Type delegateType)
    {
        MethodInfo invoke = delegateType.GetMethod("Invoke")!;
        Type[] parameters = Array.ConvertAll(invoke.GetParameters(), p => p.ParameterType);
        TypeBuilder type = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(Compilation.ModuleAssembly.AssemblyName), AssemblyBuilderAccess.RunAndCollect)
            .DefineDynamicModule("stubs").DefineType("Stub", TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.Abstract);
        MethodBuilder method = type.DefineMethod("Enter", MethodAttributes.Public | MethodAttributes.Static, invoke.ReturnType, [typeof(Function), .. parameters]);
        method.InitLocals = false;
        MethodBuilder slow = type.DefineMethod("EnterSlowly", MethodAttributes.Public | MethodAttributes.Static, invoke.ReturnType, [typeof(Function), .. parameters]);
        slow.InitLocals = false;
        EmitSlow(slow.GetILGenerator(), invoke.ReturnType, parameters);
        Emit(method.GetILGenerator(), invoke.ReturnType, parameters, slow);
        MethodInfo made = type.CreateType().GetMethod("Enter")!;

        // Compiled before somebody takes its address, which otherwise leads to the code by a detour, for ever.
        RuntimeHelpers.PrepareMethod(made.MethodHandle);
        return made;
    }

    /// <summary>The call of a thread that may enter without a lock. The other way is a method of its own, because calls of some nanoseconds cost what their jumps cost.</summary>
    private static void Emit(ILGenerator il, Type returnType, Type[] parameters, MethodInfo slow)
    {
        LocalBuilder? result = returnType == typeof(void) ? null : il.DeclareLocal(returnType);
        LocalBuilder entered = il.DeclareLocal(typeof(ThreadBias));
        Label isSlow = il.DefineLabel();
        EmitChecks(il, parameters);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, Own(nameof(TryEnter)));
        il.Emit(OpCodes.Stloc, entered);
        il.Emit(OpCodes.Ldloc, entered);
        il.Emit(OpCodes.Brfalse, isSlow);
        EmitProtected(il, static il => il.Emit(OpCodes.Ldarg_0), () => EmitCall(il, returnType, parameters, result), () =>
        {
            il.Emit(OpCodes.Ldloc, entered);
            il.Emit(OpCodes.Call, typeof(ThreadBias).GetMethod(nameof(ThreadBias.Leave))!);
        });
        EmitReturn(il, result);
        il.MarkLabel(isSlow);
        for (int i = 0; i <= parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarg, (short)i);
        }

        il.Emit(OpCodes.Call, slow);
        il.Emit(OpCodes.Ret);
    }

    private static void EmitSlow(ILGenerator il, Type returnType, Type[] parameters)
    {
        LocalBuilder? result = returnType == typeof(void) ? null : il.DeclareLocal(returnType);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, Own(nameof(EnterSlowly)));
        EmitProtected(il, static il => il.Emit(OpCodes.Ldarg_0), () => EmitCall(il, returnType, parameters, result), () =>
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Call, Own(nameof(ExitSlowly)));
        });
        EmitReturn(il, result);
    }

    private static void EmitChecks(ILGenerator il, Type[] parameters)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            if (parameters[i] == typeof(Function) || parameters[i] == typeof(ExceptionInstance))
            {
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldarg, (short)(i + 1));
                il.Emit(OpCodes.Call, Own(parameters[i] == typeof(Function) ? nameof(CheckStore) : nameof(CheckException)));
            }
        }
    }

    private static void EmitCall(ILGenerator il, Type returnType, Type[] parameters, LocalBuilder? result)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarg, (short)(i + 1));
        }

        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldfld, Field(nameof(Function.Context)));
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldfld, Field(nameof(Function.Code)));
        il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, returnType, [.. parameters, typeof(object)], null);
        if (result is not null)
        {
            il.Emit(OpCodes.Stloc, result);
        }
    }

    private static void EmitReturn(ILGenerator il, LocalBuilder? result)
    {
        if (result is not null)
        {
            il.Emit(OpCodes.Ldloc, result);
        }

        il.Emit(OpCodes.Ret);
    }

    /// <summary>Emits code that runs within a call into a function's store: it enters, turns what the runtime throws into traps, and exits.</summary>
    /// <param name="il">Where to.</param>
    /// <param name="loadFunction">Leaves the function.</param>
    /// <param name="body">The code; it begins and ends with nothing on the stack.</param>
    internal static void EmitGuarded(ILGenerator il, Action loadFunction, Action body)
    {
        LocalBuilder entered = il.DeclareLocal(typeof(ThreadBias));
        loadFunction();
        il.Emit(OpCodes.Call, Own(nameof(Enter)));
        il.Emit(OpCodes.Stloc, entered);
        EmitProtected(il, _ => loadFunction(), body, () => EmitExit(il, loadFunction, entered));
    }

    private static void EmitProtected(ILGenerator il, Action<ILGenerator> loadFunction, Action body, Action exit)
    {
        il.BeginExceptionBlock();
        il.BeginExceptionBlock();
        body();

        // On a way of its own, not past the handlers' ends: a result that a handler could see would have to be kept in memory. The exit is here and in a
        // fault block for the same reason: a finally block would be a function of its own, called each time.
        Label succeeded = il.DefineLabel();
        il.Emit(OpCodes.Leave, succeeded);
        il.BeginExceptFilterBlock();
        loadFunction(il);
        il.Emit(OpCodes.Call, Own(nameof(Translates)));
        il.BeginCatchBlock(null!);
        il.Emit(OpCodes.Pop);
        Label failed = il.DefineLabel();
        il.Emit(OpCodes.Leave, failed);
        il.EndExceptionBlock();
        il.BeginFaultBlock();
        exit();
        il.EndExceptionBlock();

        // Behind all that is protected, and so out of the way of calls that succeed. After the exit the next call may fail.
        il.MarkLabel(failed);
        LocalBuilder failure = il.DeclareLocal(typeof(Exception));
        loadFunction(il);
        il.Emit(OpCodes.Call, Own(nameof(TakeFailure)));
        il.Emit(OpCodes.Stloc, failure);
        exit();
        il.Emit(OpCodes.Ldloc, failure);
        il.Emit(OpCodes.Throw);
        il.MarkLabel(succeeded);
        exit();
    }

    private static void EmitExit(ILGenerator il, Action loadFunction, LocalBuilder entered)
    {
        loadFunction();
        il.Emit(OpCodes.Ldloc, entered);
        il.Emit(OpCodes.Call, Own(nameof(Exit)));
    }

    private static MethodInfo Own(string name) => typeof(TypedStubs).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;

    private static FieldInfo Field(string name) => typeof(Function).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!;

    internal static ThreadBias? Enter(Function function) => function.Store.Enter();

    internal static ThreadBias? TryEnter(Function function) => function.Store.TryEnter();

    internal static void EnterSlowly(Function function) => function.Store.EnterSlowly();

    internal static void ExitSlowly(Function function) => function.Store.ExitSlowly();

    internal static void Exit(Function function, ThreadBias? entered)
    {
        if (entered is not null)
        {
            entered.Leave();
        }
        else
        {
            function.Store.ExitSlowly();
        }
    }

    internal static void CheckStore(Function function, Function? argument) => function.Store.CheckValue(Value.FuncRef(argument), ValueType.FuncRef);

    internal static void CheckException(Function function, ExceptionInstance? argument) => function.Store.CheckValue(Value.ExnRef(argument), ValueType.ExnRef);

    /// <summary>Whether an exception stands for another one, which <see cref="TakeFailure"/> then gives.</summary>
    internal static bool Translates(object exception, Function function)
    {
        Exception? translated = GuestErrors.Translate((Exception)exception, function.Store);
        function.Store.Failure = translated;
        return translated is not null;
    }

    internal static Exception TakeFailure(Function function)
    {
        Exception failure = function.Store.Failure!;
        function.Store.Failure = null;
        return failure;
    }
}
