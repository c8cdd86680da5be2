using Atoll.Fuzz.Generation;
using Atoll.Reference;
using Atoll.Reference.Comparison;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Running;

/// <summary>What both sides get from outside: arguments and imports.</summary>
internal static class Host
{
    /// <summary>An argument: often one of the numbers on the edges.</summary>
    public static Slot Argument(ValueType type, Choices choices)
    {
        ulong[] edges = [0, 1, ulong.MaxValue, 2, 31, 32, 63, 64, 0x7F, 0x80, 0x7FFF_FFFF, 0x8000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 100];
        double[] numbers = [0, -0.0, 1, -1, 0.5, 1e10, -1e10, 2147483648.5, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e-310];
        ulong bits = choices.Pick(3) == 2 ? choices.Next64() : choices.Pick(edges);
        return Letters.Of(type) switch
        {
            'i' => Slot.I32((uint)bits),
            'l' => Slot.I64(bits),
            'f' => Slot.F32(choices.Pick(3) == 2 ? (uint)bits : BitConverter.SingleToUInt32Bits((float)choices.Pick(numbers))),
            'd' => Slot.F64(choices.Pick(3) == 2 ? bits : BitConverter.DoubleToUInt64Bits(choices.Pick(numbers))),
            'v' => Slot.V128(new UInt128(bits, choices.Next64())),
            _ => Reference(type, bits, choices),
        };
    }

    private static Slot Reference(ValueType type, ulong bits, Choices choices) => choices.Pick(3) switch
    {
        1 or 2 when type.WithNull == ValueType.ExternRef => Slot.Ref("an object of the host"),
        1 or 2 when Matching.Matches(ValueType.I31Ref, type.WithNull) => Slot.Ref(new SmallInteger((uint)bits & 0x7FFF_FFFF)),
        _ => Slot.Null,
    };

    /// <summary>Whether the host has a value for each of the types: it has no references to what a module defines.</summary>
    public static bool HasValues(IEnumerable<ValueType> types) => types.All(type => !type.IsReference || type.IsNullable);

    /// <summary>Gives the module whatever it imports: functions whose results depend on their arguments alone, and the rest as the types ask for it.</summary>
    public static void Supply(Pair pair, ModuleDefinition module)
    {
        // A memory may be imported twice; then both are the same.
        foreach (ImportDefinition import in module.Imports.DistinctBy(import => (import.Module, import.Name, import.Kind == ExternKind.Memory ? import.Type : import)))
        {
            switch (import.Type)
            {
                case GlobalType { Type: var type } when !HasValues([type]):
                case TableType { Element: var element } when !HasValues([element]):
                case DefinedType { Function: { } function } when !HasValues(function.Results):
                    throw new ArgumentException("the host has no value for it");
                case DefinedType { Function: { } type }:
                    pair.DefineFunction(import.Module, import.Name, type, arguments => HostFunction(type, arguments));
                    break;
                case TagType type:
                    pair.DefineTag(import.Module, import.Name, type);
                    break;
                case TableType type:
                    pair.DefineTable(import.Module, import.Name, type);
                    break;
                case MemoryType type:
                    pair.DefineMemory(import.Module, import.Name, type);
                    break;
                case GlobalType type:
                    pair.DefineGlobal(import.Module, import.Name, type, HostValue(type.Type, 42));
                    break;
            }
        }
    }

    private static Slot[] HostFunction(FunctionType type, Slot[] arguments)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        foreach (char letter in string.Concat(arguments.Select(Pair.Describe)))
        {
            hash = (hash ^ letter) * 0x100_0000_01B3;
        }

        return [.. type.Results.Select((result, i) => HostValue(result, hash + (ulong)i))];
    }

    private static Slot HostValue(ValueType type, ulong seed) => Argument(type, new Choices(seed));
}
