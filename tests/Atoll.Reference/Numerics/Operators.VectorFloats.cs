using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace Atoll.Reference.Numerics;

/// <content>Vector instructions on floating-point lanes.</content>
internal static partial class Operators
{
    private static void AddFloatLanes<T>(Dictionary<string, Action<OperandStack>> all, string shape, int bits, Func<ulong, T> number, Func<T, ulong> lane)
        where T : IBinaryFloatingPointIeee754<T>
    {
        ulong sign = 1UL << (bits - 1);
        all.Add($"{shape}.splat", s => s.PushV128(Lanes.Splat(bits == 32 ? (ulong)s.Pop(SlotKind.F32).Bits : (ulong)s.Pop(SlotKind.F64).Bits, bits)));
        Unary(all, $"{shape}.abs", a => Lanes.Map(a, bits, x => x & ~sign));
        Unary(all, $"{shape}.neg", a => Lanes.Map(a, bits, x => x ^ sign));
        One("sqrt", Floats.Sqrt);
        One("ceil", Floats.Ceil);
        One("floor", Floats.Floor);
        One("trunc", Floats.Trunc);
        One("nearest", Floats.Nearest);
        Two("add", Floats.Add);
        Two("sub", Floats.Sub);
        Two("mul", Floats.Mul);
        Two("div", Floats.Div);
        Two("min", Floats.Min);
        Two("max", Floats.Max);

        // "Pseudo-minimum": one of the operands as it is.
        Two("pmin", (x, y) => y < x ? y : x);
        Two("pmax", (x, y) => x < y ? y : x);
        Two("relaxed_min", (x, y) => RelaxedMin(x, y));
        Two("relaxed_max", (x, y) => RelaxedMax(x, y));
        Compare("eq", (x, y) => x == y);
        Compare("ne", (x, y) => x != y);
        Compare("lt", (x, y) => x < y);
        Compare("gt", (x, y) => x > y);
        Compare("le", (x, y) => x <= y);
        Compare("ge", (x, y) => x >= y);
        Ternary(all, $"{shape}.relaxed_madd", (a, b, c) => Lanes.Map(a, b, c, bits, (x, y, z) => lane(MultiplyAdd(number(x), number(y), number(z)))));
        Ternary(all, $"{shape}.relaxed_nmadd", (a, b, c) => Lanes.Map(a, b, c, bits, (x, y, z) => lane(MultiplyAdd(number(x ^ sign), number(y), number(z)))));

        void One(string name, Func<T, T> apply) => Unary(all, $"{shape}.{name}", a => Lanes.Map(a, bits, x => lane(apply(number(x)))));

        void Two(string name, Func<T, T, T> apply) =>
            Binary(all, $"{shape}.{name}", (a, b) => Lanes.Map(a, b, bits, (x, y) => lane(apply(number(x), number(y)))));

        void Compare(string name, Func<T, T, bool> apply) =>
            Binary(all, $"{shape}.{name}", (a, b) => Lanes.Map(a, b, bits, (x, y) => Truth(apply(number(x), number(y)), bits)));
    }

    // The relaxed instructions leave a choice; these choose what the engine does on the processor at hand.
    private static T MultiplyAdd<T>(T x, T y, T z)
        where T : IBinaryFloatingPointIeee754<T> => Fma.IsSupported ? T.FusedMultiplyAdd(x, y, z) : (x * y) + z;

    private static T RelaxedMin<T>(T x, T y)
        where T : IBinaryFloatingPointIeee754<T> => Sse.IsSupported ? (x < y ? x : y) : Floats.Min(x, y);

    private static T RelaxedMax<T>(T x, T y)
        where T : IBinaryFloatingPointIeee754<T> => Sse.IsSupported ? (x > y ? x : y) : Floats.Max(x, y);

    private static void AddVectorConversions(Dictionary<string, Action<OperandStack>> all)
    {
        foreach (bool signed in new[] { true, false })
        {
            string sign = signed ? "s" : "u";
            foreach (string name in new[] { "trunc_sat", "relaxed_trunc" })
            {
                Unary(all, $"i32x4.{name}_f32x4_{sign}", a => Lanes.Map(a, 32, x => Conversions.TruncSat(Lanes.F32(x), 32, signed)));
                Unary(all, $"i32x4.{name}_f64x2_{sign}_zero", a =>
                    Lanes.Join([.. Lanes.Split(a, 64).Select(x => Conversions.TruncSat(Lanes.F64(x), 32, signed))], 32));
            }

            Unary(all, $"f32x4.convert_i32x4_{sign}", a =>
                Lanes.Join([.. Lanes.Numbers(a, 32, signed).Select(x => Lanes.Bits(Conversions.ToF32(x)))], 32));
            Unary(all, $"f64x2.convert_low_i32x4_{sign}", a =>
                Lanes.Join([.. Lanes.Numbers(a, 32, signed).Take(2).Select(x => Lanes.Bits(Conversions.ToF64(x)))], 64));
        }

        Unary(all, "f32x4.demote_f64x2_zero", a => Lanes.Join([.. Lanes.Split(a, 64).Select(x => Lanes.Bits(Floats.Demote(Lanes.F64(x))))], 32));
        Unary(all, "f64x2.promote_low_f32x4", a => Lanes.Join([.. Lanes.Split(a, 32).Take(2).Select(x => Lanes.Bits(Floats.Promote(Lanes.F32(x))))], 64));
    }
}
