using System.Runtime.CompilerServices;

namespace Atoll.Wasm.Execution;

/// <summary>
/// Thunks (<see cref="HostThunks"/>) for the types that host functions of WASI have, and a stub for programs' entries: compiled with this assembly, so that a
/// program that starts from a cache waits neither for Reflection.Emit nor for the JIT compiler.
/// </summary>
internal static unsafe class ReadyThunks
{
    /// <summary>Calls code without parameters and results.</summary>
    public static UntypedStub Plain { get; } = static (code, context, _, _) => ((delegate*<object, void>)code)(context);

    /// <summary>The thunk for a type of delegates, or zero when there is none.</summary>
    public static nint Find(Type type) => !type.IsConstructedGenericType ? 0 : type.GetGenericArguments().Length switch
    {
        2 => Find0(type),
        3 => Find1(type),
        4 => Find2(type),
        5 => Find3(type),
        6 => Find4(type),
        7 => Find5(type),
        8 => Find6(type),
        9 => Find7(type),
        11 => Find9(type),
        _ => 0,
    };

    private static nint Find0(Type type) =>
        type == typeof(Action<Caller, int>) ? (nint)(delegate*<int, object, void>)&Act
        : type == typeof(Func<Caller, int>) ? (nint)(delegate*<object, int>)&Call
        : 0;

    private static nint Find1(Type type) =>
        type == typeof(Func<Caller, int, int>) ? (nint)(delegate*<int, object, int>)&Call<int>
        : 0;

    private static nint Find2(Type type) =>
        type == typeof(Func<Caller, int, int, int>) ? (nint)(delegate*<int, int, object, int>)&Call<int, int>
        : type == typeof(Func<Caller, int, long, int>) ? (nint)(delegate*<int, long, object, int>)&Call<int, long>
        : 0;

    private static nint Find3(Type type) =>
        type == typeof(Func<Caller, int, int, int, int>) ? (nint)(delegate*<int, int, int, object, int>)&Call<int, int, int>
        : type == typeof(Func<Caller, int, long, long, int>) ? (nint)(delegate*<int, long, long, object, int>)&Call<int, long, long>
        : type == typeof(Func<Caller, int, long, int, int>) ? (nint)(delegate*<int, long, int, object, int>)&Call<int, long, int>
        : 0;

    private static nint Find4(Type type) =>
        type == typeof(Func<Caller, int, int, int, int, int>) ? (nint)(delegate*<int, int, int, int, object, int>)&Call<int, int, int, int>
        : type == typeof(Func<Caller, int, long, long, int, int>) ? (nint)(delegate*<int, long, long, int, object, int>)&Call<int, long, long, int>
        : type == typeof(Func<Caller, int, long, int, int, int>) ? (nint)(delegate*<int, long, int, int, object, int>)&Call<int, long, int, int>
        : 0;

    private static nint Find5(Type type) =>
        type == typeof(Func<Caller, int, int, int, int, int, int>) ? (nint)(delegate*<int, int, int, int, int, object, int>)&Call<int, int, int, int, int>
        : type == typeof(Func<Caller, int, int, int, long, int, int>) ? (nint)(delegate*<int, int, int, long, int, object, int>)&Call<int, int, int, long, int>
        : 0;

    private static nint Find6(Type type) =>
        type == typeof(Func<Caller, int, int, int, int, int, int, int>) ? (nint)(delegate*<int, int, int, int, int, int, object, int>)&Call<int, int, int, int, int, int>
        : 0;

    private static nint Find7(Type type) =>
        type == typeof(Func<Caller, int, int, int, int, int, int, int, int>) ? (nint)(delegate*<int, int, int, int, int, int, int, object, int>)&Call<int, int, int, int, int, int, int>
        : type == typeof(Func<Caller, int, int, int, int, long, long, int, int>) ? (nint)(delegate*<int, int, int, int, long, long, int, object, int>)&Call<int, int, int, int, long, long, int>
        : 0;

    private static nint Find9(Type type) =>
        type == typeof(Func<Caller, int, int, int, int, int, long, long, int, int, int>) ? (nint)(delegate*<int, int, int, int, int, long, long, int, int, object, int>)&Call<int, int, int, int, int, long, long, int, int>
        : 0;

    private static void Act(int a, object context)
    {
        Exception failure;
        try
        {
            Unsafe.As<Action<Caller, int>>(Target(context))(Unsafe.As<Caller>(context), a);
            return;
        }
        catch (Exception exception) when (GuestErrors.IsForeign(exception, context))
        {
            failure = exception;
        }

        // Thrown outside of the handler: within it the frames below would still take up stack.
        throw GuestErrors.FromHost(failure, context);
    }

    private static int Call(object context)
    {
        Exception failure;
        try
        {
            return Unsafe.As<Func<Caller, int>>(Target(context))(Unsafe.As<Caller>(context));
        }
        catch (Exception exception) when (GuestErrors.IsForeign(exception, context))
        {
            failure = exception;
        }

        throw GuestErrors.FromHost(failure, context);
    }

    private static int Call<A>(A a, object context)
    {
        Exception failure;
        try
        {
            return Unsafe.As<Func<Caller, A, int>>(Target(context))(Unsafe.As<Caller>(context), a);
        }
        catch (Exception exception) when (GuestErrors.IsForeign(exception, context))
        {
            failure = exception;
        }

        throw GuestErrors.FromHost(failure, context);
    }

    private static int Call<A, B>(A a, B b, object context)
    {
        Exception failure;
        try
        {
            return Unsafe.As<Func<Caller, A, B, int>>(Target(context))(Unsafe.As<Caller>(context), a, b);
        }
        catch (Exception exception) when (GuestErrors.IsForeign(exception, context))
        {
            failure = exception;
        }

        throw GuestErrors.FromHost(failure, context);
    }

    private static int Call<A, B, C>(A a, B b, C c, object context)
    {
        Exception failure;
        try
        {
            return Unsafe.As<Func<Caller, A, B, C, int>>(Target(context))(Unsafe.As<Caller>(context), a, b, c);
        }
        catch (Exception exception) when (GuestErrors.IsForeign(exception, context))
        {
            failure = exception;
        }

        throw GuestErrors.FromHost(failure, context);
    }

    private static int Call<A, B, C, D>(A a, B b, C c, D d, object context)
    {
        Exception failure;
        try
        {
            return Unsafe.As<Func<Caller, A, B, C, D, int>>(Target(context))(Unsafe.As<Caller>(context), a, b, c, d);
        }
        catch (Exception exception) when (GuestErrors.IsForeign(exception, context))
        {
            failure = exception;
        }

        throw GuestErrors.FromHost(failure, context);
    }

    private static int Call<A, B, C, D, E>(A a, B b, C c, D d, E e, object context)
    {
        Exception failure;
        try
        {
            return Unsafe.As<Func<Caller, A, B, C, D, E, int>>(Target(context))(Unsafe.As<Caller>(context), a, b, c, d, e);
        }
        catch (Exception exception) when (GuestErrors.IsForeign(exception, context))
        {
            failure = exception;
        }

        throw GuestErrors.FromHost(failure, context);
    }

    private static int Call<A, B, C, D, E, F>(A a, B b, C c, D d, E e, F f, object context)
    {
        Exception failure;
        try
        {
            return Unsafe.As<Func<Caller, A, B, C, D, E, F, int>>(Target(context))(Unsafe.As<Caller>(context), a, b, c, d, e, f);
        }
        catch (Exception exception) when (GuestErrors.IsForeign(exception, context))
        {
            failure = exception;
        }

        throw GuestErrors.FromHost(failure, context);
    }

    private static int Call<A, B, C, D, E, F, G>(A a, B b, C c, D d, E e, F f, G g, object context)
    {
        Exception failure;
        try
        {
            return Unsafe.As<Func<Caller, A, B, C, D, E, F, G, int>>(Target(context))(Unsafe.As<Caller>(context), a, b, c, d, e, f, g);
        }
        catch (Exception exception) when (GuestErrors.IsForeign(exception, context))
        {
            failure = exception;
        }

        throw GuestErrors.FromHost(failure, context);
    }

    private static int Call<A, B, C, D, E, F, G, H, I>(A a, B b, C c, D d, E e, F f, G g, H h, I i, object context)
    {
        Exception failure;
        try
        {
            return Unsafe.As<Func<Caller, A, B, C, D, E, F, G, H, I, int>>(Target(context))(Unsafe.As<Caller>(context), a, b, c, d, e, f, g, h, i);
        }
        catch (Exception exception) when (GuestErrors.IsForeign(exception, context))
        {
            failure = exception;
        }

        throw GuestErrors.FromHost(failure, context);
    }

    private static Delegate Target(object context) => Unsafe.As<Caller>(context).Target;
}
