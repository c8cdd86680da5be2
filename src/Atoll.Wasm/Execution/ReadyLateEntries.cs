using System.Runtime.CompilerServices;

namespace Atoll.Wasm.Execution;

/// <summary>
/// Entries of functions whose code is made at their first call (<see cref="HostThunks.GetLateEntry"/>), for the signatures that most functions of WASI 0.2 have: compiled
/// with this assembly, so that a program which starts from a cache need not wait for Reflection.Emit and the JIT compiler because of them.
/// </summary>
internal static unsafe class ReadyLateEntries
{
    /// <summary>The entry for a type, or zero when there is none.</summary>
    public static nint Find(FunctionType type) => type.Results.Length switch
    {
        0 => FindVoid(ShapeOf(type)),
        1 => FindResult(ShapeOf(type), type.Results[0].Code),
        _ => 0,
    };

    /// <summary>The parameters as digits of a hexadecimal number: 1 for i32, 2 for i64; -1 when there are others, or too many.</summary>
    private static int ShapeOf(FunctionType type)
    {
        int shape = 0;
        foreach (ValueType parameter in type.Parameters)
        {
            int digit = parameter.Code switch { 0x7F => 1, 0x7E => 2, _ => 0 };
            if (digit == 0 || shape > 0xFFFFF)
            {
                return -1;
            }

            shape = (shape << 4) | digit;
        }

        return shape;
    }

    private static nint FindVoid(int shape) => shape switch
    {
        0 => (nint)(delegate*<object, void>)&Act,
        0x1 => (nint)(delegate*<int, object, void>)&Act<int>,
        0x2 => (nint)(delegate*<long, object, void>)&Act<long>,
        0x11 => (nint)(delegate*<int, int, object, void>)&Act<int, int>,
        0x12 => (nint)(delegate*<int, long, object, void>)&Act<int, long>,
        0x21 => (nint)(delegate*<long, int, object, void>)&Act<long, int>,
        0x111 => (nint)(delegate*<int, int, int, object, void>)&Act<int, int, int>,
        0x121 => (nint)(delegate*<int, long, int, object, void>)&Act<int, long, int>,
        0x1111 => (nint)(delegate*<int, int, int, int, object, void>)&Act<int, int, int, int>,
        0x1221 => (nint)(delegate*<int, long, long, int, object, void>)&Act<int, long, long, int>,
        0x11111 => (nint)(delegate*<int, int, int, int, int, object, void>)&Act<int, int, int, int, int>,
        0x11121 => (nint)(delegate*<int, int, int, long, int, object, void>)&Act<int, int, int, long, int>,
        0x111111 => (nint)(delegate*<int, int, int, int, int, int, object, void>)&Act<int, int, int, int, int, int>,
        _ => 0,
    };

    private static nint FindResult(int shape, long result) => (shape, result) switch
    {
        (0, 0x7F) => (nint)(delegate*<object, int>)&Call<int>,
        (0, 0x7E) => (nint)(delegate*<object, long>)&Call<long>,
        (0x1, 0x7F) => (nint)(delegate*<int, object, int>)&Call<int, int>,
        (0x2, 0x7F) => (nint)(delegate*<long, object, int>)&Call<long, int>,
        (0x111, 0x7F) => (nint)(delegate*<int, int, int, object, int>)&Call<int, int, int, int>,
        (0x1111, 0x7F) => (nint)(delegate*<int, int, int, int, object, int>)&Call<int, int, int, int, int>,
        _ => 0,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint CodeOf(object context)
    {
        LateCode late = Unsafe.As<LateCode>(context);
        nint code = late.Code;
        return code != 0 ? code : late.Make();
    }

    private static void Act(object context) => ((delegate*<object, void>)CodeOf(context))(context);

    private static void Act<A>(A a, object context) => ((delegate*<A, object, void>)CodeOf(context))(a, context);

    private static void Act<A, B>(A a, B b, object context) => ((delegate*<A, B, object, void>)CodeOf(context))(a, b, context);

    private static void Act<A, B, C>(A a, B b, C c, object context) => ((delegate*<A, B, C, object, void>)CodeOf(context))(a, b, c, context);

    private static void Act<A, B, C, D>(A a, B b, C c, D d, object context) => ((delegate*<A, B, C, D, object, void>)CodeOf(context))(a, b, c, d, context);

    private static void Act<A, B, C, D, E>(A a, B b, C c, D d, E e, object context) =>
        ((delegate*<A, B, C, D, E, object, void>)CodeOf(context))(a, b, c, d, e, context);

    private static void Act<A, B, C, D, E, F>(A a, B b, C c, D d, E e, F f, object context) =>
        ((delegate*<A, B, C, D, E, F, object, void>)CodeOf(context))(a, b, c, d, e, f, context);

    private static R Call<R>(object context) => ((delegate*<object, R>)CodeOf(context))(context);

    private static R Call<A, R>(A a, object context) => ((delegate*<A, object, R>)CodeOf(context))(a, context);

    private static R Call<A, B, C, R>(A a, B b, C c, object context) => ((delegate*<A, B, C, object, R>)CodeOf(context))(a, b, c, context);

    private static R Call<A, B, C, D, R>(A a, B b, C c, D d, object context) => ((delegate*<A, B, C, D, object, R>)CodeOf(context))(a, b, c, d, context);
}
