namespace Atoll.Reference.Numerics;

/// <summary>What differs in the deterministic profile (specification, "Profiles"): the NaNs that instructions make, and relaxed instructions.</summary>
internal static class DeterministicOperators
{
    private static readonly string[] Makers = ["add", "sub", "mul", "div", "sqrt", "min", "max", "ceil", "floor", "trunc", "nearest"];

    private static readonly Dictionary<string, Action<OperandStack>> All = Make();

    /// <summary>The operator of a name, or null when the profile changes nothing about it.</summary>
    public static Action<OperandStack>? Find(string mnemonic) => All.GetValueOrDefault(mnemonic);

    private static Dictionary<string, Action<OperandStack>> Make()
    {
        Dictionary<string, Action<OperandStack>> all = new(StringComparer.Ordinal);
        foreach (string maker in Makers)
        {
            Canonical($"f32.{maker}");
            Canonical($"f64.{maker}");
            Canonical($"f32x4.{maker}");
            Canonical($"f64x2.{maker}");
        }

        Canonical("f32.demote_f64");
        Canonical("f64.promote_f32");
        Canonical("f32x4.demote_f64x2_zero");
        Canonical("f64x2.promote_low_f32x4");
        foreach (string shape in new[] { "f32x4", "f64x2" })
        {
            all[$"{shape}.relaxed_min"] = all[$"{shape}.min"];
            all[$"{shape}.relaxed_max"] = all[$"{shape}.max"];
            all[$"{shape}.relaxed_madd"] = s => MultiplyAdd(s, shape, negate: false);
            all[$"{shape}.relaxed_nmadd"] = s => MultiplyAdd(s, shape, negate: true);
        }

        return all;

        void Canonical(string name)
        {
            Action<OperandStack> apply = Operators.Find(name)!;
            int bits = name.StartsWith("f32", StringComparison.Ordinal) ? 32 : 64;
            all[name] = s =>
            {
                apply(s);
                Slot result = s.Pop();
                s.Push(new Slot(result.Kind, Lanes.Map(result.Bits, bits, lane => WithCanonicalNaN(lane, bits))));
            };
        }
    }

    private static ulong WithCanonicalNaN(ulong lane, int bits) =>
        bits == 32 ? ((lane & 0x7FFF_FFFF) > 0x7F80_0000 ? 0x7FC0_0000 : lane)
        : (lane & 0x7FFF_FFFF_FFFF_FFFF) > 0x7FF0_0000_0000_0000 ? 0x7FF8_0000_0000_0000 : lane;

    /// <summary>Two roundings.</summary>
    private static void MultiplyAdd(OperandStack stack, string shape, bool negate)
    {
        Slot addend = stack.Pop();
        Slot factor = stack.Pop();
        if (negate)
        {
            Operators.Find($"{shape}.neg")!(stack);
        }

        stack.Push(factor);
        All[$"{shape}.mul"](stack);
        stack.Push(addend);
        All[$"{shape}.add"](stack);
    }
}
