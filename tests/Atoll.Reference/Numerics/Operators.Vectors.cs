namespace Atoll.Reference.Numerics;

/// <content>Vector instructions without immediates (specification, "Execution / Instructions / Vector Instructions").</content>
internal static partial class Operators
{
    private static void AddVectors(Dictionary<string, Action<OperandStack>> all)
    {
        Unary(all, "v128.not", a => ~a);
        Binary(all, "v128.and", (a, b) => a & b);
        Binary(all, "v128.andnot", (a, b) => a & ~b);
        Binary(all, "v128.or", (a, b) => a | b);
        Binary(all, "v128.xor", (a, b) => a ^ b);
        Ternary(all, "v128.bitselect", Select);
        all.Add("v128.any_true", s => s.PushI32(s.PopV128() != 0));
        foreach (int bits in new[] { 8, 16, 32, 64 })
        {
            AddIntegerLanes(all, $"i{bits}x{128 / bits}", bits);
            AddShifts(all, $"i{bits}x{128 / bits}", bits);
        }

        AddNarrowLanes(all);
        AddWidening(all, "i16x8", "i8x16", 8);
        AddWidening(all, "i32x4", "i16x8", 16);
        AddWidening(all, "i64x2", "i32x4", 32);
        AddFloatLanes<float>(all, "f32x4", 32, Lanes.F32, value => Lanes.Bits(value));
        AddFloatLanes<double>(all, "f64x2", 64, Lanes.F64, value => Lanes.Bits(value));
        AddVectorConversions(all);
        Ternary(all, "i8x16.relaxed_laneselect", Select);
        Ternary(all, "i16x8.relaxed_laneselect", Select);
        Ternary(all, "i32x4.relaxed_laneselect", Select);
        Ternary(all, "i64x2.relaxed_laneselect", Select);
    }

    private static UInt128 Select(UInt128 a, UInt128 b, UInt128 mask) => (a & mask) | (b & ~mask);

    private static void Unary(Dictionary<string, Action<OperandStack>> all, string name, Func<UInt128, UInt128> apply) =>
        all.Add(name, s => s.PushV128(apply(s.PopV128())));

    private static void Binary(Dictionary<string, Action<OperandStack>> all, string name, Func<UInt128, UInt128, UInt128> apply) => all.Add(name, s =>
    {
        UInt128 b = s.PopV128();
        s.PushV128(apply(s.PopV128(), b));
    });

    private static void Ternary(Dictionary<string, Action<OperandStack>> all, string name, Func<UInt128, UInt128, UInt128, UInt128> apply) => all.Add(name, s =>
    {
        UInt128 c = s.PopV128();
        UInt128 b = s.PopV128();
        s.PushV128(apply(s.PopV128(), b, c));
    });

    private static ulong Truth(bool value, int bits) => value ? Integers.Mask(bits) : 0;

    /// <summary>What every shape of integer lanes has, or could have: i64x2 lacks some, which then have no instruction.</summary>
    private static void AddIntegerLanes(Dictionary<string, Action<OperandStack>> all, string shape, int bits)
    {
        all.Add($"{shape}.splat", s => s.PushV128(Lanes.Splat(bits == 64 ? s.PopI64() : s.PopI32(), bits)));
        all.Add($"{shape}.all_true", s => s.PushI32(Lanes.Split(s.PopV128(), bits).All(lane => lane != 0)));
        all.Add($"{shape}.bitmask", s => s.PushI32(
            (uint)Lanes.Split(s.PopV128(), bits).Select((lane, i) => (lane >> (bits - 1)) << i).Aggregate((a, b) => a | b)));
        Unary(all, $"{shape}.abs", a => Lanes.Map(a, bits, x => Integers.Signed(x, bits) < 0 ? 0 - x : x));
        Unary(all, $"{shape}.neg", a => Lanes.Map(a, bits, x => 0 - x));
        Unary(all, $"{shape}.popcnt", a => Lanes.Map(a, bits, x => Integers.Popcnt(x, bits)));
        Plain("add", (x, y) => x + y);
        Plain("sub", (x, y) => x - y);
        Plain("mul", (x, y) => x * y);
        Plain("eq", (x, y) => Truth(x == y, bits));
        Plain("ne", (x, y) => Truth(x != y, bits));
        Plain("avgr_u", (x, y) => (x + y + 1) / 2);
        foreach (bool signed in new[] { true, false })
        {
            string sign = signed ? "s" : "u";
            Number($"lt_{sign}", signed, (x, y) => x < y ? -1 : 0);
            Number($"gt_{sign}", signed, (x, y) => x > y ? -1 : 0);
            Number($"le_{sign}", signed, (x, y) => x <= y ? -1 : 0);
            Number($"ge_{sign}", signed, (x, y) => x >= y ? -1 : 0);
            Number($"min_{sign}", signed, (x, y) => x < y ? x : y);
            Number($"max_{sign}", signed, (x, y) => x > y ? x : y);
            Number($"add_sat_{sign}", signed, (x, y) => signed ? Integers.SaturateS(x + y, bits) : Integers.SaturateU(x + y, bits));
            Number($"sub_sat_{sign}", signed, (x, y) => signed ? Integers.SaturateS(x - y, bits) : Integers.SaturateU(x - y, bits));
        }

        void Plain(string name, Func<ulong, ulong, ulong> apply) => Binary(all, $"{shape}.{name}", (a, b) => Lanes.Map(a, b, bits, apply));

        void Number(string name, bool signed, Func<Int128, Int128, Int128> apply) => Binary(all, $"{shape}.{name}", (a, b) =>
            Lanes.FromNumbers(Lanes.Numbers(a, bits, signed).Zip(Lanes.Numbers(b, bits, signed), apply), bits));
    }

    private static void AddShifts(Dictionary<string, Action<OperandStack>> all, string shape, int bits)
    {
        Shift("shl", Integers.Shl);
        Shift("shr_s", Integers.ShrS);
        Shift("shr_u", Integers.ShrU);

        void Shift(string name, Func<ulong, ulong, int, ulong> apply) => all.Add($"{shape}.{name}", s =>
        {
            uint count = s.PopI32();
            s.PushV128(Lanes.Map(s.PopV128(), bits, x => apply(x, count, bits)));
        });
    }

    /// <summary>Instructions that only some shapes of integers have.</summary>
    private static void AddNarrowLanes(Dictionary<string, Action<OperandStack>> all)
    {
        foreach (string name in new[] { "i8x16.swizzle", "i8x16.relaxed_swizzle" })
        {
            Binary(all, name, (a, b) =>
            {
                ulong[] lanes = Lanes.Split(a, 8);
                return Lanes.Map(b, 8, index => index < 16 ? lanes[index] : 0);
            });
        }

        foreach (string name in new[] { "i16x8.q15mulr_sat_s", "i16x8.relaxed_q15mulr_s" })
        {
            Binary(all, name, (a, b) => Lanes.Map(a, b, 16, (x, y) =>
                Integers.SaturateS((((Int128)Integers.Signed(x, 16) * Integers.Signed(y, 16)) + 0x4000) >> 15, 16)));
        }

        Narrow("i8x16.narrow_i16x8", 16);
        Narrow("i16x8.narrow_i32x4", 32);
        Binary(all, "i32x4.dot_i16x8_s", (a, b) => Lanes.FromNumbers(Dot(a, b, 16), 32));
        Binary(all, "i16x8.relaxed_dot_i8x16_i7x16_s", (a, b) => Lanes.FromNumbers(Dot(a, b, 8), 16));
        Ternary(all, "i32x4.relaxed_dot_i8x16_i7x16_add_s", (a, b, c) =>
        {
            // The sums of two products wrap around at 16 bits, as this engine chooses.
            Int128[] sums = Lanes.Numbers(Lanes.FromNumbers(Dot(a, b, 8), 16), 16, signed: true);
            return Lanes.FromNumbers(Lanes.Numbers(c, 32, signed: true).Select((x, i) => x + sums[2 * i] + sums[(2 * i) + 1]), 32);
        });

        void Narrow(string name, int from)
        {
            foreach (bool signed in new[] { true, false })
            {
                // The operands are signed in both.
                Binary(all, $"{name}_{(signed ? "s" : "u")}", (a, b) => Lanes.Join(
                    [.. Lanes.Numbers(a, from, signed: true).Concat(Lanes.Numbers(b, from, signed: true))
                        .Select(x => signed ? Integers.SaturateS(x, from / 2) : Integers.SaturateU(x, from / 2))],
                    from / 2));
            }
        }

        static IEnumerable<Int128> Dot(UInt128 a, UInt128 b, int bits)
        {
            Int128[] products = [.. Lanes.Numbers(a, bits, signed: true).Zip(Lanes.Numbers(b, bits, signed: true), (x, y) => x * y)];
            return Enumerable.Range(0, products.Length / 2).Select(i => products[2 * i] + products[(2 * i) + 1]);
        }
    }

    /// <summary>Instructions that go from lanes to lanes of twice the width.</summary>
    private static void AddWidening(Dictionary<string, Action<OperandStack>> all, string shape, string from, int bits)
    {
        int half = 128 / bits / 2;
        foreach (bool signed in new[] { true, false })
        {
            string suffix = signed ? "_s" : "_u";
            foreach (bool high in new[] { false, true })
            {
                string part = high ? "high" : "low";
                Unary(all, $"{shape}.extend_{part}_{from}{suffix}", a => Lanes.FromNumbers(Half(a, high, signed), 2 * bits));
                Binary(all, $"{shape}.extmul_{part}_{from}{suffix}", (a, b) =>
                    Lanes.FromNumbers(Half(a, high, signed).Zip(Half(b, high, signed), (x, y) => x * y), 2 * bits));
            }

            Unary(all, $"{shape}.extadd_pairwise_{from}{suffix}", a =>
            {
                Int128[] lanes = Lanes.Numbers(a, bits, signed);
                return Lanes.FromNumbers(Enumerable.Range(0, half).Select(i => lanes[2 * i] + lanes[(2 * i) + 1]), 2 * bits);
            });
        }

        IEnumerable<Int128> Half(UInt128 vector, bool high, bool signed) => Lanes.Numbers(vector, bits, signed).Skip(high ? half : 0).Take(half);
    }
}
