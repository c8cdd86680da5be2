using System.Reflection;
using System.Reflection.Emit;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Wasm;
using Atoll.Wasm.Execution;

namespace Atoll.Components.Abi.Adapters;

/// <summary>
/// The code of whole calls (CanonicalABI.md, "canon lift" and "canon lower"): from guest to guest, from guest to host, from host to guest. A call sets
/// <see cref="ComponentState.MayEnter"/> and <see cref="ComponentState.MayLeave"/> as it goes; when it ends by an exception they stay as they are, which is
/// what poisons an instance.
/// </summary>
internal static class FunctionAdapters
{
    /// <summary>A core function that calls a function of another guest: <c>canon lower</c> of a <c>canon lift</c>, in one.</summary>
    /// <param name="module">Keeps the code.</param>
    /// <param name="lower">The function that is lowered.</param>
    /// <param name="lift">What it was lifted by.</param>
    public static Adapter Fused(AdapterModule module, CanonEntry lower, CanonEntry lift) => module.Get(
        ("fused", lower, lift),
        (lower, lift),
        static (module, entries) => Describe(module, entries.lower.Function!, HostThunks.Result(entries.lower.Core!), HostThunks.Parameters(entries.lower.Core!), code =>
        {
            (ComponentFunctionType type, FunctionType lowered) = (entries.lower.Function!, entries.lower.Core!);
            bool hasPostReturn = entries.lift.Resolved.PostReturn >= 0;
            Begin(code, lowered.Parameters.Length);
            GuestCode caller = code.OpenGuest(isCaller: true, entries.lower.Resolved.Is64);
            GuestCode callee = code.OpenGuest(isCaller: false, entries.lift.Resolved.Is64);
            Guard(code, caller, nameof(ComponentState.CheckLeave));
            Guard(code, callee, nameof(ComponentState.Enter));
            OpenScope(code, type);
            EmitBorder(code, () =>
            {
                Place[] arguments = CallerArguments(code, type, lowered, caller);
                CallGuest(code, type, entries.lift.Core!, callee, arguments, () => CallerResult(code, type, lowered, caller), hasPostReturn, caller);
                EndScope(code, nameof(CallScope.ExitCaller));
            });
            Return(code, type, lowered);
        }));

    /// <summary>A core function that calls a function of the host.</summary>
    /// <param name="module">Keeps the code.</param>
    /// <param name="lower">The function that is lowered.</param>
    /// <param name="host">Type of the host's delegate.</param>
    /// <param name="counts">Whether the calls are counted.</param>
    /// <exception cref="ArgumentException">The delegate does not fit.</exception>
    public static Adapter HostImport(AdapterModule module, CanonEntry lower, Type host, bool counts) => module.Get(
        ("import", lower, host, counts),
        (lower, host, counts),
        static (module, key) =>
        {
            (ComponentFunctionType type, FunctionType lowered) = (key.lower.Function!, key.lower.Core!);
            HostBinding binding = HostBinding.For(type, key.host, isHostFunction: true);
            return Describe(module, type, HostThunks.Result(lowered), HostThunks.Parameters(lowered), code =>
                EmitImport(code, type, key.lower, binding, key.counts));
        });

    /// <summary>A method that the host calls a guest's function with: context first, then the parameters.</summary>
    /// <param name="module">Keeps the code.</param>
    /// <param name="lift">What the function was lifted by.</param>
    /// <param name="host">Type of the delegate that is made.</param>
    /// <exception cref="ArgumentException">The delegate does not fit.</exception>
    public static Adapter HostExport(AdapterModule module, CanonEntry lift, Type host) => module.Get(
        ("export", lift, host),
        (lift, host),
        static (module, key) =>
        {
            ComponentFunctionType type = key.lift.Function!;
            HostBinding binding = HostBinding.For(type, key.host, isHostFunction: false);
            return Describe(module, type, binding.ResultType, [typeof(AdapterContext), .. binding.ParameterTypes], code => EmitExport(code, type, key.lift, binding));
        });

    /// <summary>A method that the host calls a function of the host with, which a component exports again.</summary>
    /// <param name="module">Keeps the code.</param>
    /// <param name="type">The function's type, as the component exports it.</param>
    /// <param name="outer">Type of the delegate that is made.</param>
    /// <param name="inner">Type of the delegate that is called.</param>
    /// <exception cref="ArgumentException">One of the delegates does not fit.</exception>
    public static Adapter HostToHost(AdapterModule module, ComponentFunctionType type, Type outer, Type inner) => module.Get(
        ("again", type, outer, inner),
        (type, outer, inner),
        static (module, key) =>
        {
            (HostBinding made, HostBinding called) = (HostBinding.For(key.type, key.outer, isHostFunction: false), HostBinding.For(key.type, key.inner, isHostFunction: true));
            return Describe(module, key.type, made.ResultType, [typeof(AdapterContext), .. made.ParameterTypes], code => EmitAgain(code, key.type, made, called));
        });

    private static Adapter Describe(AdapterModule module, ComponentFunctionType type, Type result, Type[] parameters, Action<AdapterEmitter> emit) =>
        type.Has(TypeTraits.Waitable)
            ? throw new NotSupportedException("streams and futures as values are not supported yet")
            : new Adapter(module, type.Depth, result, parameters, emit);

    private static void EmitImport(AdapterEmitter code, ComponentFunctionType type, CanonEntry lower, HostBinding binding, bool counts)
    {
        FunctionType lowered = lower.Core!;
        Begin(code, lowered.Parameters.Length);
        GuestCode caller = code.OpenGuest(isCaller: true, lower.Resolved.Is64);
        Guard(code, caller, nameof(ComponentState.CheckLeave));
        Guard(code, caller, nameof(ComponentState.BeginLift));
        OpenScope(code, type);
        if (counts)
        {
            code.Il.Emit(OpCodes.Ldloc, code.Context);
            code.Call(typeof(AdapterContext), nameof(AdapterContext.CountHostCall));
        }

        Place[] arguments = CallerArguments(code, type, lowered, caller);
        HostPlace[] values = Declare(code, binding.Parameters);
        for (int i = 0; i < values.Length; i++)
        {
            code.Transfer(type.Parameters[i].Type, arguments[i], values[i]);
        }

        LocalBuilder? result = binding.Result is { } shape ? code.Il.DeclareLocal(shape.Clr) : null;
        EmitHostCall(code, () => binding.EmitInvoke(code, [.. values.Select(value => value.Local)], result));
        EndScope(code, nameof(CallScope.ExitHost));
        if (type.Result is not null)
        {
            EmitBorder(code, () =>
            {
                SetFlag(code, caller, nameof(ComponentState.MayLeave), false);
                code.Transfer(type.Result, new HostPlace(result!, binding.Result!), CallerResult(code, type, lowered, caller)!);
                SetFlag(code, caller, nameof(ComponentState.MayLeave), true);
            });
        }

        EndScope(code, nameof(CallScope.ExitCaller));
        Return(code, type, lowered);
    }

    private static void EmitExport(AdapterEmitter code, ComponentFunctionType type, CanonEntry lift, HostBinding binding)
    {
        code.Il.Emit(OpCodes.Ldarg_0);
        code.Il.Emit(OpCodes.Stloc, code.Context);
        LocalBuilder? result = binding.Result is { } shape ? code.Il.DeclareLocal(shape.Clr) : null;
        TypedStubs.EmitGuarded(code.Il, () => LoadCore(code), () => EmitBorder(code, () =>
        {
            HostPlace[] arguments = binding.EmitArguments(code);
            CheckArguments(code, arguments);
            binding.EmitBeginResult(code, result);
            GuestCode callee = code.OpenGuest(isCaller: false, lift.Resolved.Is64);
            Guard(code, callee, nameof(ComponentState.Enter));
            Guard(code, callee, nameof(ComponentState.BeginLift));
            OpenScope(code, type);
            CallGuest(
                code, type, lift.Core!, callee, arguments,
                () => result is null ? null : new HostPlace(result, binding.Result!), hasPostReturn: lift.Resolved.PostReturn >= 0, caller: null);
            EndScope(code, nameof(CallScope.ExitCaller));
        }));
        if (binding.ResultType != typeof(void))
        {
            binding.EmitResult(code, result);
        }

        code.Il.Emit(OpCodes.Ret);
    }

    private static void EmitAgain(AdapterEmitter code, ComponentFunctionType type, HostBinding made, HostBinding called)
    {
        code.Il.Emit(OpCodes.Ldarg_0);
        code.Il.Emit(OpCodes.Stloc, code.Context);
        HostPlace[] arguments = made.EmitArguments(code);
        CheckArguments(code, arguments);
        HostPlace[] values = Declare(code, called.Parameters);
        for (int i = 0; i < values.Length; i++)
        {
            code.Transfer(type.Parameters[i].Type, arguments[i], values[i]);
        }

        LocalBuilder? inner = called.Result is { } shape ? code.Il.DeclareLocal(shape.Clr) : null;
        LocalBuilder? outer = made.Result is { } wanted ? code.Il.DeclareLocal(wanted.Clr) : null;
        made.EmitBeginResult(code, outer);
        EmitHostCall(code, () => called.EmitInvoke(code, [.. values.Select(value => value.Local)], inner));
        if (type.Result is not null)
        {
            code.Transfer(type.Result, new HostPlace(inner!, called.Result!), new HostPlace(outer!, made.Result!));
        }

        if (made.ResultType != typeof(void))
        {
            made.EmitResult(code, outer);
        }

        code.Il.Emit(OpCodes.Ret);
    }

    private static HostPlace[] Declare(AdapterEmitter code, HostShape[] shapes) =>
        [.. shapes.Select(shape => new HostPlace(code.Il.DeclareLocal(shape.Clr), shape))];

    /// <summary>A resource that the host has disposed of is found before the call begins, and so is what is no UTF-8: a slip of the host should not poison the instance.</summary>
    private static void CheckArguments(AdapterEmitter code, HostPlace[] arguments)
    {
        foreach (HostPlace argument in arguments.Where(argument => argument.Shape is TextSpanShape { IsUtf8: true }))
        {
            code.Il.Emit(OpCodes.Ldloc, argument.Local);
            code.Call(typeof(Strings), nameof(Strings.CheckUtf8));
        }

        foreach (HostPlace argument in arguments.Where(argument => argument.Shape is HostObjectShape or ResourceShape))
        {
            code.Il.Emit(OpCodes.Ldloc, argument.Local);
            code.Call(typeof(HostResources), nameof(HostResources.CheckUsable));
        }
    }

    /// <summary>Arguments to the guest, the call of its core function, and its result (<c>canon_lift</c>).</summary>
    private static void CallGuest(
        AdapterEmitter code, ComponentFunctionType type, FunctionType lifted, GuestCode callee, Place[] arguments, Func<Place?> result, bool hasPostReturn,
        GuestCode? caller)
    {
        ILGenerator il = code.Il;
        LocalBuilder[] slots = [.. lifted.Parameters.Select(parameter => il.DeclareLocal(AdapterEmitter.ClrType(parameter)))];
        SetFlag(code, callee, nameof(ComponentState.MayLeave), false);
        Place[] targets = CalleeArguments(code, type, slots, callee);
        for (int i = 0; i < arguments.Length; i++)
        {
            code.Transfer(type.Parameters[i].Type, arguments[i], targets[i]);
        }

        SetFlag(code, callee, nameof(ComponentState.MayLeave), true);
        LocalBuilder? core = lifted.Results.IsEmpty ? null : il.DeclareLocal(AdapterEmitter.ClrType(lifted.Results[0]));
        CallCore(code, () => LoadCore(code), lifted, slots, core);
        if (type.Result is not null)
        {
            Place source = CalleeResult(code, type, lifted, callee, core!);
            if (caller is not null)
            {
                SetFlag(code, caller, nameof(ComponentState.MayLeave), false);
            }

            code.Transfer(type.Result, source, result()!);
            if (caller is not null)
            {
                SetFlag(code, caller, nameof(ComponentState.MayLeave), true);
            }
        }

        EndScope(code, nameof(CallScope.ExitCallee));
        if (hasPostReturn)
        {
            SetFlag(code, callee, nameof(ComponentState.MayLeave), false);
            FunctionType post = new(lifted.Results, []);
            CallCore(code, () => LoadPostReturn(code, callee), post, core is null ? [] : [core], null);
            SetFlag(code, callee, nameof(ComponentState.MayLeave), true);
        }

        SetFlag(code, callee, nameof(ComponentState.MayEnter), true);
    }

    private static void Begin(AdapterEmitter code, int context)
    {
        code.Il.Emit(OpCodes.Ldarg, (short)context);
        code.Il.Emit(OpCodes.Castclass, typeof(AdapterContext));
        code.Il.Emit(OpCodes.Stloc, code.Context);
    }

    /// <summary>Where the arguments are that a core caller passed: in its operands, or, if they are too many, in its memory.</summary>
    private static Place[] CallerArguments(AdapterEmitter code, ComponentFunctionType type, FunctionType lowered, GuestCode caller)
    {
        int flat = FlatParameters(type);
        int count = flat > Flattening.MaxParameters ? 1 : flat;
        LocalBuilder[] slots = new LocalBuilder[count];
        for (int i = 0; i < count; i++)
        {
            slots[i] = code.Il.DeclareLocal(AdapterEmitter.ClrType(lowered.Parameters[i]));
            code.Il.Emit(OpCodes.Ldarg, (short)i);
            code.Il.Emit(OpCodes.Stloc, slots[i]);
        }

        return flat > Flattening.MaxParameters
            ? Fields(type, CheckedRange(code, caller, slots[0], new TupleType([.. type.Parameters.Select(parameter => parameter.Type)])))
            : FlatFields(type, caller, slots);
    }

    /// <summary>Where the callee's core function wants the arguments.</summary>
    private static Place[] CalleeArguments(AdapterEmitter code, ComponentFunctionType type, LocalBuilder[] slots, GuestCode callee)
    {
        if (FlatParameters(type) <= Flattening.MaxParameters)
        {
            return FlatFields(type, callee, slots);
        }

        TupleType tuple = new([.. type.Parameters.Select(parameter => parameter.Type)]);
        ILGenerator il = code.Il;
        LocalBuilder address = code.Local<nint>();
        LocalBuilder pointer = code.Local<ulong>();
        il.Emit(OpCodes.Ldloc, callee.End);
        il.Emit(OpCodes.Ldc_I4, (int)Layout.ElemSize(tuple, callee.Is64));
        il.Emit(OpCodes.Ldc_I4, (int)Layout.Alignment(tuple, callee.Is64));
        il.Emit(OpCodes.Ldloca, pointer);
        code.Call(typeof(GuestEnd), nameof(GuestEnd.Allocate));
        il.Emit(OpCodes.Stloc, address);
        il.Emit(OpCodes.Ldloc, pointer);
        if (!callee.Is64)
        {
            il.Emit(OpCodes.Conv_U4);
        }

        il.Emit(OpCodes.Stloc, slots[0]);
        return Fields(type, new MemoryPlace(callee, address, 0));
    }

    private static Place CalleeResult(AdapterEmitter code, ComponentFunctionType type, FunctionType lifted, GuestCode callee, LocalBuilder core) =>
        Layout.FlatCount(type.Result!) <= Flattening.MaxResults
            ? new FlatPlace(callee, [core], 0)
            : CheckedRange(code, callee, core, type.Result!);

    /// <summary>Where a core caller wants the result: as the result, or where its last argument points.</summary>
    private static Place? CallerResult(AdapterEmitter code, ComponentFunctionType type, FunctionType lowered, GuestCode caller)
    {
        if (type.Result is null)
        {
            return null;
        }

        if (Layout.FlatCount(type.Result) <= Flattening.MaxResults)
        {
            LocalBuilder slot = code.Il.DeclareLocal(AdapterEmitter.ClrType(lowered.Results[0]));
            code.FlatResult = slot;
            return new FlatPlace(caller, [slot], 0);
        }

        LocalBuilder pointer = code.Il.DeclareLocal(AdapterEmitter.ClrType(lowered.Parameters[^1]));
        code.Il.Emit(OpCodes.Ldarg, (short)(lowered.Parameters.Length - 1));
        code.Il.Emit(OpCodes.Stloc, pointer);
        return CheckedRange(code, caller, pointer, type.Result);
    }

    private static void Return(AdapterEmitter code, ComponentFunctionType type, FunctionType lowered)
    {
        if (type.Result is not null && !lowered.Results.IsEmpty)
        {
            code.Il.Emit(OpCodes.Ldloc, code.FlatResult!);
        }

        code.Il.Emit(OpCodes.Ret);
    }

    private static MemoryPlace CheckedRange(AdapterEmitter code, GuestCode guest, LocalBuilder pointer, ComponentValueType type)
    {
        LocalBuilder address = code.Local<nint>();
        code.Il.Emit(OpCodes.Ldloc, guest.End);
        code.Il.Emit(OpCodes.Ldloc, pointer);
        if (!guest.Is64)
        {
            code.Il.Emit(OpCodes.Conv_U8);
        }

        code.Il.Emit(OpCodes.Ldc_I4, (int)Layout.ElemSize(type, guest.Is64));
        code.Il.Emit(OpCodes.Ldc_I4, (int)Layout.Alignment(type, guest.Is64));
        code.Call(typeof(GuestEnd), nameof(GuestEnd.Range));
        code.Il.Emit(OpCodes.Stloc, address);
        return new MemoryPlace(guest, address, 0);
    }

    private static Place[] Fields(ComponentFunctionType type, MemoryPlace start)
    {
        Place[] places = new Place[type.Parameters.Length];
        uint offset = 0;
        for (int i = 0; i < places.Length; i++)
        {
            ComponentValueType parameter = type.Parameters[i].Type;
            offset = Layout.AlignTo(offset, Layout.Alignment(parameter, start.Guest.Is64));
            places[i] = start.At(offset);
            offset += Layout.ElemSize(parameter, start.Guest.Is64);
        }

        return places;
    }

    private static Place[] FlatFields(ComponentFunctionType type, GuestCode guest, LocalBuilder[] slots)
    {
        Place[] places = new Place[type.Parameters.Length];
        int start = 0;
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = new FlatPlace(guest, slots, start);
            start += Layout.FlatCount(type.Parameters[i].Type);
        }

        return places;
    }

    /// <summary>How many core values the parameters are, at most one more than can be passed.</summary>
    private static int FlatParameters(ComponentFunctionType type) =>
        (int)Math.Min(type.Parameters.Sum(parameter => (long)Layout.FlatCount(parameter.Type)), Flattening.MaxParameters + 1);

    private static void CallCore(AdapterEmitter code, Action loadFunction, FunctionType type, LocalBuilder[] arguments, LocalBuilder? result)
    {
        LocalBuilder function = code.Local<Function>();
        loadFunction();
        code.Il.Emit(OpCodes.Stloc, function);
        foreach (LocalBuilder argument in arguments)
        {
            code.Il.Emit(OpCodes.Ldloc, argument);
        }

        code.Il.Emit(OpCodes.Ldloc, function);
        code.LoadField(typeof(Function), nameof(Function.Context));
        code.Il.Emit(OpCodes.Ldloc, function);
        code.LoadField(typeof(Function), nameof(Function.Code));
        code.Il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, HostThunks.Result(type), HostThunks.Parameters(type), null);
        if (result is not null)
        {
            code.Il.Emit(OpCodes.Stloc, result);
        }
    }

    private static void LoadCore(AdapterEmitter code)
    {
        code.Il.Emit(OpCodes.Ldloc, code.Context);
        code.LoadField(typeof(AdapterContext), nameof(AdapterContext.Core));
    }

    private static void LoadPostReturn(AdapterEmitter code, GuestCode callee)
    {
        code.Il.Emit(OpCodes.Ldloc, callee.End);
        code.LoadField(typeof(GuestEnd), nameof(GuestEnd.PostReturn));
    }

    private static void Guard(AdapterEmitter code, GuestCode guest, string check)
    {
        code.Il.Emit(OpCodes.Ldloc, guest.State);
        code.Call(typeof(ComponentState), check);
    }

    private static void SetFlag(AdapterEmitter code, GuestCode guest, string field, bool value)
    {
        code.Il.Emit(OpCodes.Ldloc, guest.State);
        code.Il.Emit(value ? OpCodes.Ldc_I4_1 : OpCodes.Ldc_I4_0);
        code.StoreField(typeof(ComponentState), field);
    }

    private static void OpenScope(AdapterEmitter code, ComponentFunctionType type)
    {
        if (type.Has(TypeTraits.Borrow))
        {
            code.CallScope = code.Local<CallScope>();
            code.Il.Emit(OpCodes.Newobj, typeof(CallScope).GetConstructor([])!);
            code.Il.Emit(OpCodes.Stloc, code.CallScope);
        }
    }

    private static void EndScope(AdapterEmitter code, string method)
    {
        if (code.CallScope is { } scope)
        {
            code.Il.Emit(OpCodes.Ldloc, scope);
            code.Call(typeof(CallScope), method);
        }
    }

    /// <summary>Emits code that runs a guest on behalf of another component or the host; what the guest throws and does not catch becomes a trap.</summary>
    private static void EmitBorder(AdapterEmitter code, Action body)
    {
        ILGenerator il = code.Il;
        Label succeeded = il.DefineLabel();
        il.BeginExceptionBlock();
        body();
        il.Emit(OpCodes.Leave, succeeded);
        il.BeginExceptFilterBlock();
        code.Call(typeof(AbiTraps), nameof(AbiTraps.IsGuestException));
        il.BeginCatchBlock(null!);
        il.Emit(OpCodes.Pop);
        il.EndExceptionBlock();
        code.Call(typeof(AbiTraps), nameof(AbiTraps.UncaughtException));
        il.MarkLabel(succeeded);
    }

    /// <summary>Calls the host; wraps what it throws, unless it is of the engine. Thrown anew outside of the handler, as the engine's own thunks do.</summary>
    private static void EmitHostCall(AdapterEmitter code, Action call)
    {
        ILGenerator il = code.Il;
        LocalBuilder failure = code.Local<Exception>();
        Label succeeded = il.DefineLabel();
        il.BeginExceptionBlock();
        call();
        il.Emit(OpCodes.Leave, succeeded);
        il.BeginExceptFilterBlock();
        il.Emit(OpCodes.Ldloc, code.Context);
        code.Call(typeof(AdapterContext), nameof(AdapterContext.IsForeign));
        il.BeginCatchBlock(null!);
        il.Emit(OpCodes.Castclass, typeof(Exception));
        il.Emit(OpCodes.Stloc, failure);
        il.EndExceptionBlock();
        il.Emit(OpCodes.Ldloc, failure);
        il.Emit(OpCodes.Ldloc, code.Context);
        code.Call(typeof(AdapterContext), nameof(AdapterContext.FromHost));
        il.Emit(OpCodes.Throw);
        il.MarkLabel(succeeded);
    }
}
