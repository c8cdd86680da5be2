namespace Atoll.Reference.Numerics;

/// <summary>What each instruction with operands on the stack alone does, by its name.</summary>
internal static partial class Operators
{
    private static readonly Dictionary<string, Action<OperandStack>> All = Make();

    /// <summary>The operator of a name, or null when the instruction needs more than its operands.</summary>
    public static Action<OperandStack>? Find(string mnemonic) => All.GetValueOrDefault(mnemonic);

    private static Dictionary<string, Action<OperandStack>> Make()
    {
        Dictionary<string, Action<OperandStack>> all = new(StringComparer.Ordinal);
        AddIntegers(all, 32);
        AddIntegers(all, 64);
        AddFloats<float>(all, "f32", s => s.PopF32(), (s, value) => s.PushF32(value));
        AddFloats<double>(all, "f64", s => s.PopF64(), (s, value) => s.PushF64(value));
        AddConversions(all);
        AddWideArithmetic(all);
        AddVectors(all);
        return all;
    }

    private static ulong Pop(OperandStack stack, int bits) => bits == 32 ? stack.PopI32() : stack.PopI64();

    private static void Push(OperandStack stack, int bits, ulong value) => stack.Push(bits == 32 ? Slot.I32((uint)value) : Slot.I64(value));

    private static void AddIntegers(Dictionary<string, Action<OperandStack>> all, int bits)
    {
        ulong mask = Integers.Mask(bits);
        Binary("add", (a, b) => (a + b) & mask);
        Binary("sub", (a, b) => (a - b) & mask);
        Binary("mul", (a, b) => (a * b) & mask);
        Binary("div_s", (a, b) => Integers.DivS(a, b, bits));
        Binary("div_u", Integers.DivU);
        Binary("rem_s", (a, b) => Integers.RemS(a, b, bits));
        Binary("rem_u", Integers.RemU);
        Binary("and", (a, b) => a & b);
        Binary("or", (a, b) => a | b);
        Binary("xor", (a, b) => a ^ b);
        Binary("shl", (a, b) => Integers.Shl(a, b, bits));
        Binary("shr_s", (a, b) => Integers.ShrS(a, b, bits));
        Binary("shr_u", (a, b) => Integers.ShrU(a, b, bits));
        Binary("rotl", (a, b) => Integers.Rotl(a, b, bits));
        Binary("rotr", (a, b) => Integers.Rotr(a, b, bits));
        Unary("clz", a => Integers.Clz(a, bits));
        Unary("ctz", a => Integers.Ctz(a, bits));
        Unary("popcnt", a => Integers.Popcnt(a, bits));
        Unary("extend8_s", a => Integers.ExtendS(a, 8, bits));
        Unary("extend16_s", a => Integers.ExtendS(a, 16, bits));
        if (bits == 64)
        {
            Unary("extend32_s", a => Integers.ExtendS(a, 32, bits));
        }

        all.Add($"i{bits}.eqz", s => s.PushI32(Pop(s, bits) == 0));
        Compare("eq", (a, b) => a == b);
        Compare("ne", (a, b) => a != b);
        Compare("lt_u", (a, b) => a < b);
        Compare("gt_u", (a, b) => a > b);
        Compare("le_u", (a, b) => a <= b);
        Compare("ge_u", (a, b) => a >= b);
        Compare("lt_s", (a, b) => Integers.Signed(a, bits) < Integers.Signed(b, bits));
        Compare("gt_s", (a, b) => Integers.Signed(a, bits) > Integers.Signed(b, bits));
        Compare("le_s", (a, b) => Integers.Signed(a, bits) <= Integers.Signed(b, bits));
        Compare("ge_s", (a, b) => Integers.Signed(a, bits) >= Integers.Signed(b, bits));

        void Unary(string name, Func<ulong, ulong> apply) => all.Add($"i{bits}.{name}", s => Push(s, bits, apply(Pop(s, bits))));

        void Binary(string name, Func<ulong, ulong, ulong> apply) => all.Add($"i{bits}.{name}", s =>
        {
            ulong right = Pop(s, bits);
            Push(s, bits, apply(Pop(s, bits), right));
        });

        void Compare(string name, Func<ulong, ulong, bool> apply) => all.Add($"i{bits}.{name}", s =>
        {
            ulong right = Pop(s, bits);
            s.PushI32(apply(Pop(s, bits), right));
        });
    }

    private static void AddFloats<T>(Dictionary<string, Action<OperandStack>> all, string type, Func<OperandStack, T> pop, Action<OperandStack, T> push)
        where T : System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        int bits = type == "f32" ? 32 : 64;
        SlotKind kind = bits == 32 ? SlotKind.F32 : SlotKind.F64;
        ulong sign = 1UL << (bits - 1);
        Binary("add", Floats.Add);
        Binary("sub", Floats.Sub);
        Binary("mul", Floats.Mul);
        Binary("div", Floats.Div);
        Binary("min", Floats.Min);
        Binary("max", Floats.Max);
        Unary("sqrt", Floats.Sqrt);
        Unary("ceil", Floats.Ceil);
        Unary("floor", Floats.Floor);
        Unary("trunc", Floats.Trunc);
        Unary("nearest", Floats.Nearest);

        // These three change the sign bit and nothing else, of a NaN too.
        all.Add($"{type}.abs", s => s.Push(new Slot(kind, s.Pop(kind).Bits & ~(UInt128)sign)));
        all.Add($"{type}.neg", s => s.Push(new Slot(kind, s.Pop(kind).Bits ^ sign)));
        all.Add($"{type}.copysign", s =>
        {
            UInt128 right = s.Pop(kind).Bits;
            s.Push(new Slot(kind, (s.Pop(kind).Bits & ~(UInt128)sign) | (right & sign)));
        });
        Compare("eq", (a, b) => a == b);
        Compare("ne", (a, b) => a != b);
        Compare("lt", (a, b) => a < b);
        Compare("gt", (a, b) => a > b);
        Compare("le", (a, b) => a <= b);
        Compare("ge", (a, b) => a >= b);

        void Unary(string name, Func<T, T> apply) => all.Add($"{type}.{name}", s => push(s, apply(pop(s))));

        void Binary(string name, Func<T, T, T> apply) => all.Add($"{type}.{name}", s =>
        {
            T right = pop(s);
            push(s, apply(pop(s), right));
        });

        void Compare(string name, Func<T, T, bool> apply) => all.Add($"{type}.{name}", s =>
        {
            T right = pop(s);
            s.PushI32(apply(pop(s), right));
        });
    }

    private static void AddConversions(Dictionary<string, Action<OperandStack>> all)
    {
        foreach (int bits in new[] { 32, 64 })
        {
            foreach (bool signed in new[] { true, false })
            {
                string sign = signed ? "s" : "u";
                all.Add($"i{bits}.trunc_f32_{sign}", s => Push(s, bits, Conversions.Trunc(s.PopF32(), bits, signed)));
                all.Add($"i{bits}.trunc_f64_{sign}", s => Push(s, bits, Conversions.Trunc(s.PopF64(), bits, signed)));
                all.Add($"i{bits}.trunc_sat_f32_{sign}", s => Push(s, bits, Conversions.TruncSat(s.PopF32(), bits, signed)));
                all.Add($"i{bits}.trunc_sat_f64_{sign}", s => Push(s, bits, Conversions.TruncSat(s.PopF64(), bits, signed)));
                all.Add($"f32.convert_i{bits}_{sign}", s => s.PushF32(Conversions.ToF32(Integer(s, bits, signed))));
                all.Add($"f64.convert_i{bits}_{sign}", s => s.PushF64(Conversions.ToF64(Integer(s, bits, signed))));
            }
        }

        all.Add("i32.wrap_i64", s => s.PushI32((uint)s.PopI64()));
        all.Add("i64.extend_i32_s", s => s.PushI64((ulong)Integers.Signed(s.PopI32(), 32)));
        all.Add("i64.extend_i32_u", s => s.PushI64(s.PopI32()));
        all.Add("f32.demote_f64", s => s.PushF32(Floats.Demote(s.PopF64())));
        all.Add("f64.promote_f32", s => s.PushF64(Floats.Promote(s.PopF32())));
        all.Add("i32.reinterpret_f32", s => s.Push(new Slot(SlotKind.I32, s.Pop(SlotKind.F32).Bits)));
        all.Add("i64.reinterpret_f64", s => s.Push(new Slot(SlotKind.I64, s.Pop(SlotKind.F64).Bits)));
        all.Add("f32.reinterpret_i32", s => s.Push(new Slot(SlotKind.F32, s.Pop(SlotKind.I32).Bits)));
        all.Add("f64.reinterpret_i64", s => s.Push(new Slot(SlotKind.F64, s.Pop(SlotKind.I64).Bits)));

        static Int128 Integer(OperandStack stack, int bits, bool signed)
        {
            ulong value = Pop(stack, bits);
            return signed ? Integers.Signed(value, bits) : value;
        }
    }

    /// <summary>128-bit integers in two halves, the low one first (the wide-arithmetic proposal).</summary>
    private static void AddWideArithmetic(Dictionary<string, Action<OperandStack>> all)
    {
        Add("i64.add128", (a, b) => a + b);
        Add("i64.sub128", (a, b) => a - b);
        all.Add("i64.mul_wide_s", s =>
        {
            Int128 right = Integers.Signed(s.PopI64(), 64);
            PushWide(s, (UInt128)(right * Integers.Signed(s.PopI64(), 64)));
        });
        all.Add("i64.mul_wide_u", s =>
        {
            UInt128 right = s.PopI64();
            PushWide(s, right * s.PopI64());
        });

        void Add(string name, Func<UInt128, UInt128, UInt128> apply) => all.Add(name, s =>
        {
            UInt128 right = PopWide(s);
            PushWide(s, apply(PopWide(s), right));
        });

        static UInt128 PopWide(OperandStack stack)
        {
            ulong high = stack.PopI64();
            return new UInt128(high, stack.PopI64());
        }

        static void PushWide(OperandStack stack, UInt128 value)
        {
            stack.PushI64((ulong)value);
            stack.PushI64((ulong)(value >> 64));
        }
    }
}
