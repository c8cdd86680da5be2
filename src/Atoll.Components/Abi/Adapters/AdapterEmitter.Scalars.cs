using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <content>Numbers, characters, truth values, flags and the numbers of cases.</content>
internal sealed partial class AdapterEmitter
{
    internal static int CheckCharacter(int value)
    {
        if ((uint)value >= 0x110000 || (uint)(value - 0xD800) < 0x800)
        {
            AbiTraps.BadCharacter();
        }

        return value;
    }

    private static Wasm.ValueType CoreType(ComponentValueType type) => type.Kind switch
    {
        ComponentValueKind.S64 or ComponentValueKind.U64 => Wasm.ValueType.I64,
        ComponentValueKind.F32 => Wasm.ValueType.F32,
        ComponentValueKind.F64 => Wasm.ValueType.F64,
        _ => Wasm.ValueType.I32,
    };

    /// <summary>Leaves the core value of a scalar, brought into its range.</summary>
    private void LoadScalar(ComponentValueType type, Place from)
    {
        if (from is HostPlace host)
        {
            host.Shape.EmitToCore(this, host.Local);
            return;
        }

        LoadCore(CoreType(type), Layout.ElemSize(type, is64: false), from);
        switch (type.Kind)
        {
            case ComponentValueKind.Bool:
                Il.Emit(OpCodes.Ldc_I4_0);
                Il.Emit(OpCodes.Cgt_Un);
                break;
            case ComponentValueKind.S8:
                Il.Emit(OpCodes.Conv_I1);
                break;
            case ComponentValueKind.U8:
                Il.Emit(OpCodes.Conv_U1);
                break;
            case ComponentValueKind.S16:
                Il.Emit(OpCodes.Conv_I2);
                break;
            case ComponentValueKind.U16:
                Il.Emit(OpCodes.Conv_U2);
                break;
            case ComponentValueKind.Char:
                Call(typeof(AdapterEmitter), nameof(CheckCharacter));
                break;
            case ComponentValueKind.Flags when ((FlagsType)type).Names.Length is < 32 and var count:
                Il.Emit(OpCodes.Ldc_I4, (1 << count) - 1);
                Il.Emit(OpCodes.And);
                break;
        }
    }

    private void StoreScalar(ComponentValueType type, Place to)
    {
        if (to is HostPlace host)
        {
            host.Shape.EmitFromCore(this, host.Local);
        }
        else
        {
            StoreCore(CoreType(type), Layout.ElemSize(type, is64: false), to);
        }
    }

    /// <summary>Leaves a core value as it lies in a guest's place: of a wider slot the part that counts (<c>CoerceValueIter</c>).</summary>
    private void LoadCore(Wasm.ValueType core, uint size, Place from)
    {
        if (from is FlatPlace flat)
        {
            LocalBuilder slot = flat.Slots[flat.Start];
            Il.Emit(OpCodes.Ldloc, slot);
            Coerce(slot.LocalType, core);
            return;
        }

        LoadAddress((MemoryPlace)from);
        Il.Emit(
            core == Wasm.ValueType.I64 ? OpCodes.Ldind_I8
            : core == Wasm.ValueType.F32 ? OpCodes.Ldind_R4
            : core == Wasm.ValueType.F64 ? OpCodes.Ldind_R8
            : size == 1 ? OpCodes.Ldind_U1
            : size == 2 ? OpCodes.Ldind_U2
            : OpCodes.Ldind_I4);
    }

    private void StoreCore(Wasm.ValueType core, uint size, Place to)
    {
        if (to is FlatPlace flat)
        {
            LocalBuilder slot = flat.Slots[flat.Start];
            Widen(core, slot.LocalType);
            Il.Emit(OpCodes.Stloc, slot);
            return;
        }

        LocalBuilder value = Il.DeclareLocal(ClrType(core));
        Il.Emit(OpCodes.Stloc, value);
        LoadAddress((MemoryPlace)to);
        Il.Emit(OpCodes.Ldloc, value);
        Il.Emit(
            core == Wasm.ValueType.I64 ? OpCodes.Stind_I8
            : core == Wasm.ValueType.F32 ? OpCodes.Stind_R4
            : core == Wasm.ValueType.F64 ? OpCodes.Stind_R8
            : size == 1 ? OpCodes.Stind_I1
            : size == 2 ? OpCodes.Stind_I2
            : OpCodes.Stind_I4);
    }

    /// <summary>Gives the number of the case; traps unless there is such a case.</summary>
    private LocalBuilder LoadCase(ComponentValueType? enumeration, int cases, Place from)
    {
        LocalBuilder index = Local<int>();
        if (from is HostPlace host)
        {
            if (enumeration is null)
            {
                host.Shape.EmitCase(this, host.Local);
            }
            else
            {
                host.Shape.EmitToCore(this, host.Local);
            }

            Il.Emit(OpCodes.Stloc, index);
            return index;
        }

        LoadCore(Wasm.ValueType.I32, Layout.DiscriminantSize(cases), from);
        Il.Emit(OpCodes.Stloc, index);
        Label isGood = Il.DefineLabel();
        Il.Emit(OpCodes.Ldloc, index);
        Il.Emit(OpCodes.Ldc_I4, cases);
        Il.Emit(OpCodes.Blt_Un, isGood);
        Call(typeof(AbiTraps), nameof(AbiTraps.BadDiscriminant));
        Il.MarkLabel(isGood);
        return index;
    }

    private void StoreCase(int cases, Place to, Action load)
    {
        load();
        StoreCore(Wasm.ValueType.I32, Layout.DiscriminantSize(cases), to);
    }

    /// <summary>Leaves the value of a place of the host, or the address of a place in memory.</summary>
    public void LoadPlace(Place place)
    {
        if (place is HostPlace host)
        {
            Il.Emit(OpCodes.Ldloc, host.Local);
        }
        else
        {
            LoadAddress((MemoryPlace)place);
        }
    }

    private void LoadAddress(MemoryPlace place)
    {
        Il.Emit(OpCodes.Ldloc, place.Address);
        if (place.Offset != 0)
        {
            Il.Emit(OpCodes.Ldc_I4, (int)place.Offset);
            Il.Emit(OpCodes.Conv_U);
            Il.Emit(OpCodes.Add);
        }
    }

    /// <summary>From the type of a slot, which several cases share, to the type that this case has there.</summary>
    private void Coerce(Type slot, Wasm.ValueType core)
    {
        if (slot == typeof(long) && core != Wasm.ValueType.I64)
        {
            if (core == Wasm.ValueType.F64)
            {
                Call(typeof(AdapterEmitter), nameof(DoubleOf));
                return;
            }

            Il.Emit(OpCodes.Conv_I4);
            slot = typeof(int);
        }

        if (slot == typeof(int) && core == Wasm.ValueType.F32)
        {
            Call(typeof(AdapterEmitter), nameof(FloatOf));
        }
    }

    private void Widen(Wasm.ValueType core, Type slot)
    {
        if (core == Wasm.ValueType.F32 && slot != typeof(float))
        {
            Call(typeof(AdapterEmitter), nameof(BitsOf));
            core = Wasm.ValueType.I32;
        }

        if (slot == typeof(long))
        {
            if (core == Wasm.ValueType.F64)
            {
                Call(typeof(AdapterEmitter), nameof(LongBitsOf));
            }
            else if (core == Wasm.ValueType.I32)
            {
                Il.Emit(OpCodes.Conv_U8);
            }
        }
    }

    internal static Type ClrType(Wasm.ValueType core) =>
        core == Wasm.ValueType.I64 ? typeof(long) : core == Wasm.ValueType.F32 ? typeof(float) : core == Wasm.ValueType.F64 ? typeof(double) : typeof(int);

    internal static float FloatOf(int bits) => BitConverter.Int32BitsToSingle(bits);

    internal static double DoubleOf(long bits) => BitConverter.Int64BitsToDouble(bits);

    internal static int BitsOf(float value) => BitConverter.SingleToInt32Bits(value);

    internal static long LongBitsOf(double value) => BitConverter.DoubleToInt64Bits(value);
}
