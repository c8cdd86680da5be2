using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Atoll.Wasm.Execution;

/// <summary>Calls compiled code (or a thunk) with arguments and results in <see cref="Value"/> form.</summary>
internal delegate void UntypedStub(nint code, object context, ReadOnlySpan<Value> arguments, Span<Value> results);

/// <summary>
/// The machine code between compiled code and the host, one piece for each signature, made when first needed. Compiled code calls by function
/// pointer, and a function pointer keeps nothing alive: the engine holds the thunks, and whatever holds a pointer holds the engine.
/// </summary>
internal sealed partial class HostThunks
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Shape, nint> _thunks = [];
    private readonly Dictionary<Type, DelegateShape> _delegates = [];
    private readonly ConcurrentDictionary<FunctionType, UntypedStub> _untypedStubs = new();
    private readonly List<Type> _keepAlive = [];
    private ModuleBuilder? _module;

    /// <summary>What a thunk depends on.</summary>
    /// <param name="Type">The function's type.</param>
    /// <param name="DelegateType">Type of its delegate; null for a <see cref="HostCallback"/>.</param>
    /// <param name="TakesCaller">Whether the delegate's first parameter is a <see cref="Caller"/>.</param>
    /// <param name="Counts">Whether the store's calls are counted.</param>
    public readonly record struct Shape(FunctionType Type, Type? DelegateType, bool TakesCaller, bool Counts)
    {
        /// <summary>The method that it calls, if it is for one method only.</summary>
        public MethodInfo? Method { get; init; }
    }

    /// <summary>Code for a host function; its context is a <see cref="Caller"/>.</summary>
    /// <param name="shape">What the code depends on.</param>
    /// <param name="target">The function.</param>
    public nint GetThunk(Shape shape, Delegate target)
    {
        if (!shape.Counts && shape.DelegateType is { } type && ReadyThunks.Find(type) is not 0 and nint ready)
        {
            return ready;
        }

        if (shape is { DelegateType: not null, Counts: false })
        {
            shape = shape with { Method = SmallMethod(target) };
        }

        lock (_lock)
        {
            if (!_thunks.TryGetValue(shape, out nint code))
            {
                ModuleBuilder? module = shape.Method is null ? null : SmallModule(shape.Method.Module.Assembly);
                code = Emit(Result(shape.Type), Parameters(shape.Type), il => EmitBody(il, shape), module);
                _thunks.Add(shape, code);
            }

            return code;
        }
    }

    /// <summary>What a type of delegates means, found out once.</summary>
    public DelegateShape ShapeOf(Type type, string name)
    {
        lock (_lock)
        {
            if (!_delegates.TryGetValue(type, out DelegateShape? shape))
            {
                shape = DelegateShape.Of(type, name);
                _delegates.Add(type, shape);
            }

            return shape;
        }
    }

    /// <summary>A delegate that calls code of a type untyped.</summary>
    public UntypedStub GetUntypedStub(FunctionType type) =>
        type.Parameters.IsEmpty && type.Results.IsEmpty ? ReadyThunks.Plain : _untypedStubs.GetOrAdd(type, MakeUntypedStub);

    /// <summary>Parameter types of compiled code: parameters, an address for each result but the first, the context.</summary>
    internal static Type[] Parameters(FunctionType type)
    {
        Type[] types = new Type[type.Parameters.Length + Math.Max(0, type.Results.Length - 1) + 1];
        int next = 0;
        foreach (ValueType parameter in type.Parameters)
        {
            types[next++] = ClrType(parameter);
        }

        for (int i = 1; i < type.Results.Length; i++)
        {
            types[next++] = ClrType(type.Results[i]).MakeByRefType();
        }

        types[next] = typeof(object);
        return types;
    }

    internal static Type Result(FunctionType type) => type.Results.IsEmpty ? typeof(void) : ClrType(type.Results[0]);

    internal static Type ClrType(ValueType type) => type.Code switch
    {
        0x7F => typeof(int),
        0x7E => typeof(long),
        0x7D => typeof(float),
        0x7C => typeof(double),
        0x7B => typeof(Vector128<byte>),
        _ => typeof(object),
    };

    private nint Emit(Type result, Type[] parameters, Action<ILGenerator> body, ModuleBuilder? module = null)
    {
        module ??= _module ??= AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(Compilation.ModuleAssembly.AssemblyName), AssemblyBuilderAccess.RunAndCollect).DefineDynamicModule("thunks");
        TypeBuilder builder = module.DefineType($"Thunk{_keepAlive.Count}", TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.Abstract);
        MethodBuilder method = builder.DefineMethod("Call", MethodAttributes.Public | MethodAttributes.Static, result, parameters);
        body(method.GetILGenerator());
        Type created = builder.CreateType();
        _keepAlive.Add(created);
        RuntimeMethodHandle call = created.GetMethod("Call")!.MethodHandle;

        // Compiled before somebody takes its address, which otherwise leads to the code by a detour, for ever.
        RuntimeHelpers.PrepareMethod(call);
        return call.GetFunctionPointer();
    }

    private static void EmitBody(ILGenerator il, Shape shape)
    {
        if (shape.Counts)
        {
            il.Emit(OpCodes.Ldarg, (short)(Parameters(shape.Type).Length - 1));
            il.Emit(OpCodes.Call, Helper(nameof(CountCall)));
        }

        if (shape.DelegateType is { } delegateType)
        {
            EmitDelegateBody(il, shape, delegateType);
        }
        else
        {
            EmitCallbackBody(il, shape.Type);
        }
    }

    private static void EmitDelegateBody(ILGenerator il, Shape shape, Type delegateType)
    {
        FunctionType type = shape.Type;
        int context = type.Parameters.Length;
        LocalBuilder? result = type.Results.IsEmpty ? null : il.DeclareLocal(ClrType(type.Results[0]));
        il.BeginExceptionBlock();
        if (shape.Method is null)
        {
            LoadTarget(il, context);
        }
        else if (!shape.Method.IsStatic)
        {
            LoadReceiver(il, context);
        }

        if (shape.TakesCaller)
        {
            il.Emit(OpCodes.Ldarg, (short)context);
        }

        for (int i = 0; i < type.Parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarg, (short)i);
        }

        if (shape.Method is { } method)
        {
            il.Emit(OpCodes.Call, method);
        }
        else
        {
            il.Emit(OpCodes.Callvirt, delegateType.GetMethod("Invoke")!);
        }

        if (!type.Results.IsEmpty && type.Results[0].IsReference)
        {
            il.Emit(OpCodes.Ldarg, (short)context);
            il.Emit(OpCodes.Ldc_I8, type.Results[0].Code);
            il.Emit(OpCodes.Call, Helper(nameof(CheckReference)));
        }

        if (result is not null)
        {
            il.Emit(OpCodes.Stloc, result);
        }

        // On a way of its own, not past the handler's end: a result that the handler could see would have to be kept in memory.
        Label succeeded = il.DefineLabel();
        il.Emit(OpCodes.Leave, succeeded);
        EndHostCall(il, context);
        il.MarkLabel(succeeded);
        if (result is not null)
        {
            il.Emit(OpCodes.Ldloc, result);
        }

        il.Emit(OpCodes.Ret);
    }

    private static void EmitCallbackBody(ILGenerator il, FunctionType type)
    {
        int context = type.Parameters.Length + Math.Max(0, type.Results.Length - 1);
        LocalBuilder arguments = il.DeclareLocal(typeof(Value[]));
        LocalBuilder results = il.DeclareLocal(typeof(Value[]));
        il.BeginExceptionBlock();
        il.Emit(OpCodes.Ldarg, (short)context);
        il.Emit(OpCodes.Call, Helper(nameof(NewArguments)));
        il.Emit(OpCodes.Stloc, arguments);
        for (int i = 0; i < type.Parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldloc, arguments);
            il.Emit(OpCodes.Ldc_I4, i);
            EmitPack(il, type.Parameters[i], () => il.Emit(OpCodes.Ldarg, (short)i));
            il.Emit(OpCodes.Stelem, typeof(Value));
        }

        il.Emit(OpCodes.Ldarg, (short)context);
        il.Emit(OpCodes.Ldloc, arguments);
        il.Emit(OpCodes.Call, Helper(nameof(InvokeCallback)));
        il.Emit(OpCodes.Stloc, results);
        Label succeeded = il.DefineLabel();
        il.Emit(OpCodes.Leave, succeeded);
        EndHostCall(il, context);
        il.MarkLabel(succeeded);
        for (int i = 1; i < type.Results.Length; i++)
        {
            il.Emit(OpCodes.Ldarg, (short)(type.Parameters.Length + i - 1));
            EmitUnpackElement(il, results, i, type.Results[i]);
            il.Emit(OpCodes.Stobj, ClrType(type.Results[i]));
        }

        if (!type.Results.IsEmpty)
        {
            EmitUnpackElement(il, results, 0, type.Results[0]);
        }

        il.Emit(OpCodes.Ret);
    }

    private static void LoadTarget(ILGenerator il, int context)
    {
        il.Emit(OpCodes.Ldarg, (short)context);
        il.Emit(OpCodes.Ldfld, typeof(Caller).GetField(nameof(Caller.Target), BindingFlags.NonPublic | BindingFlags.Instance)!);
    }

    /// <summary>Ends a block that was left by a branch when all went well.</summary>
    private static void EndHostCall(ILGenerator il, int context)
    {
        LocalBuilder failure = il.DeclareLocal(typeof(Exception));
        il.BeginExceptFilterBlock();
        il.Emit(OpCodes.Ldarg, (short)context);
        il.Emit(OpCodes.Call, typeof(GuestErrors).GetMethod(nameof(GuestErrors.IsForeign))!);
        il.BeginCatchBlock(null!);
        il.Emit(OpCodes.Castclass, typeof(Exception));
        il.Emit(OpCodes.Stloc, failure);
        il.EndExceptionBlock();

        // Thrown outside of the handler: within it the frames below would still take up stack.
        il.Emit(OpCodes.Ldloc, failure);
        il.Emit(OpCodes.Ldarg, (short)context);
        il.Emit(OpCodes.Call, typeof(GuestErrors).GetMethod(nameof(GuestErrors.FromHost))!);
        il.Emit(OpCodes.Throw);
    }

    private static UntypedStub MakeUntypedStub(FunctionType type)
    {
        DynamicMethod method = new("Untyped", typeof(void), [typeof(nint), typeof(object), typeof(ReadOnlySpan<Value>), typeof(Span<Value>)], typeof(HostThunks).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        MethodInfo argument = typeof(ReadOnlySpan<Value>).GetMethod("get_Item")!;
        MethodInfo slot = typeof(Span<Value>).GetMethod("get_Item")!;
        LocalBuilder[] results = [.. type.Results.Select(r => il.DeclareLocal(ClrType(r)))];
        for (int i = 0; i < type.Parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarga_S, (byte)2);
            il.Emit(OpCodes.Ldc_I4, i);
            il.Emit(OpCodes.Call, argument);
            EmitUnpack(il, type.Parameters[i]);
        }

        for (int i = 1; i < results.Length; i++)
        {
            il.Emit(OpCodes.Ldloca, results[i]);
        }

        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_0);
        il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, Result(type), Parameters(type), null);
        if (results.Length > 0)
        {
            il.Emit(OpCodes.Stloc, results[0]);
        }

        for (int i = 0; i < results.Length; i++)
        {
            LocalBuilder result = results[i];
            il.Emit(OpCodes.Ldarga_S, (byte)3);
            il.Emit(OpCodes.Ldc_I4, i);
            il.Emit(OpCodes.Call, slot);
            EmitPack(il, type.Results[i], () => il.Emit(OpCodes.Ldloc, result));
            il.Emit(OpCodes.Stobj, typeof(Value));
        }

        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<UntypedStub>();
    }

    /// <summary>Leaves a <see cref="Value"/> made of what <paramref name="load"/> loads.</summary>
    private static void EmitPack(ILGenerator il, ValueType type, Action load)
    {
        load();
        if (type.IsReference)
        {
            il.Emit(OpCodes.Ldc_I8, type.Code);
        }

        il.Emit(OpCodes.Call, Helper("Pack" + Suffix(type)));
    }

    /// <summary>Turns the address of a <see cref="Value"/> into its content.</summary>
    private static void EmitUnpack(ILGenerator il, ValueType type) => il.Emit(OpCodes.Call, Helper("Unpack" + Suffix(type)));

    private static void EmitUnpackElement(ILGenerator il, LocalBuilder array, int index, ValueType type)
    {
        il.Emit(OpCodes.Ldloc, array);
        il.Emit(OpCodes.Ldc_I4, index);
        il.Emit(OpCodes.Ldelema, typeof(Value));
        EmitUnpack(il, type);
    }

    private static string Suffix(ValueType type) => type.Code switch
    {
        0x7F => "I32",
        0x7E => "I64",
        0x7D => "F32",
        0x7C => "F64",
        0x7B => "V128",
        _ => "Reference",
    };

    private static MethodInfo Helper(string name) => typeof(HostThunks).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;

    internal static Value PackI32(int value) => Value.I32(value);

    internal static Value PackI64(long value) => Value.I64(value);

    internal static Value PackF32(float value) => Value.F32(value);

    internal static Value PackF64(double value) => Value.F64(value);

    internal static Value PackV128(Vector128<byte> value) => Value.V128(value.AsUInt64()[0], value.AsUInt64()[1]);

    internal static Value PackReference(object? value, long type) => new(new ValueType(type), 0, 0, value);

    internal static int UnpackI32(in Value value) => (int)value.Low;

    internal static long UnpackI64(in Value value) => (long)value.Low;

    internal static float UnpackF32(in Value value) => BitConverter.UInt32BitsToSingle((uint)value.Low);

    internal static double UnpackF64(in Value value) => BitConverter.UInt64BitsToDouble(value.Low);

    internal static Vector128<byte> UnpackV128(in Value value) => Vector128.Create(value.Low, value.High).AsByte();

    internal static object? UnpackReference(in Value value) => value.Reference;

    /// <summary>Refuses a function of another store: the guest would call it without entering that store, even after its memory is gone.</summary>
    internal static object? CheckReference(object? reference, object context, long type)
    {
        ((Caller)context).Store.CheckValue(PackReference(reference, type), new ValueType(type));
        return reference;
    }

    internal static void CountCall(object context) => ((Caller)context).Store.CountHostCall();

    internal static Value[] NewArguments(object context) => new Value[((Caller)context).Definition.Type.Parameters.Length];

    internal static Value[] InvokeCallback(object context, Value[] arguments)
    {
        Caller caller = (Caller)context;
        FunctionType type = caller.Definition.Type;
        Value[] results = new Value[type.Results.Length];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = Value.Default(type.Results[i]);
        }

        ((HostCallback)caller.Target)(caller, arguments, results);
        for (int i = 0; i < results.Length; i++)
        {
            caller.Store.CheckValue(results[i], type.Results[i]);
        }

        return results;
    }
}
