namespace Atoll.Wasm.Text;

/// <summary>What a script's host has: the module <c>spectest</c>, and the values that scripts write.</summary>
internal static class WastHost
{
    public static void Define(Linker linker, Store store, Action<string>? print)
    {
        const string Module = "spectest";
        DefinePrint("print");
        DefinePrint("print_i32", ValueType.I32);
        DefinePrint("print_i64", ValueType.I64);
        DefinePrint("print_f32", ValueType.F32);
        DefinePrint("print_f64", ValueType.F64);
        DefinePrint("print_i32_f32", ValueType.I32, ValueType.F32);
        DefinePrint("print_f64_f64", ValueType.F64, ValueType.F64);
        DefineGlobal("global_i32", Value.I32(666));
        DefineGlobal("global_i64", Value.I64(666));
        DefineGlobal("global_f32", Value.F32(666.6f));
        DefineGlobal("global_f64", Value.F64(666.6));
        // Wasmtime's scripts ask for a run of the collector.
        linker.DefineFunction("wasmtime", "gc", new FunctionType([], []), (_, _, _) => GC.Collect());
        linker.Define(Module, "table", new Table(store, new TableType(ValueType.FuncRef, 10, 20), Value.FuncRef(null)));
        linker.Define(Module, "table64", new Table(store, new TableType(ValueType.FuncRef, 10, 20) { IndexType = ValueType.I64 }, Value.FuncRef(null)));
        linker.Define(Module, "memory", new Memory(store, new MemoryType(1, 2)));
        linker.Define(Module, "shared_memory", new Memory(store, new MemoryType(1, 2) { IsShared = true }));

        void DefinePrint(string name, params ValueType[] parameters) =>
            linker.DefineFunction(Module, name, new FunctionType([.. parameters], []), (_, arguments, _) =>
                print?.Invoke($"{name}({string.Join(", ", arguments.ToArray())})"));

        void DefineGlobal(string name, Value value) =>
            linker.Define(Module, name, new Global(store, new GlobalType(value.Type, IsMutable: false), value));
    }

    public static Value ToValue(WastValue value) => value.Kind switch
    {
        WastValueKind.Number when value.Type == ValueType.I32 => Value.I32((int)value.Bits!.Value),
        WastValueKind.Number when value.Type == ValueType.I64 => Value.I64((long)value.Bits!.Value),
        WastValueKind.Number when value.Type == ValueType.F32 => Value.F32Bits((uint)value.Bits!.Value),
        WastValueKind.Number when value.Type == ValueType.F64 => Value.F64Bits(value.Bits!.Value),
        WastValueKind.Vector => Pack(value.Alternatives!),
        WastValueKind.RefNull when value.Type is { } type => Value.Default(type),
        WastValueKind.RefExtern when value.Bits is { } number => Value.ExternRef(number),
        WastValueKind.RefHost => new Value(ValueType.AnyRef, 0, 0, value.Bits),
        _ => throw new InvalidOperationException($"{value} is a pattern, not a value"),
    };

    public static bool Matches(Value actual, WastValue expected) => expected.Kind switch
    {
        WastValueKind.Number => actual.Type == expected.Type && Bits(actual) == expected.Bits,
        WastValueKind.CanonicalNan => actual.Type == expected.Type && (Bits(actual) & ~Sign(actual)) == QuietNan(actual),
        WastValueKind.ArithmeticNan => actual.Type == expected.Type && (Bits(actual) & QuietNan(actual)) == QuietNan(actual),
        WastValueKind.RefNull => (expected.Type is null || IsIn(actual, expected.Type.Value)) && IsNull(actual),
        WastValueKind.RefExtern => IsIn(actual, ValueType.ExternRef) && !IsNull(actual)
            && (expected.Bits is null || Equals(actual.AsReference(), expected.Bits)),
        WastValueKind.RefHost => IsIn(actual, ValueType.AnyRef) && Equals(actual.AsReference(), expected.Bits),
        WastValueKind.RefFunc => IsIn(actual, ValueType.FuncRef) && !IsNull(actual),
        WastValueKind.RefOf => IsIn(actual, expected.Type!.Value) && !IsNull(actual) && Execution.References.IsOf(actual.AsReference(), expected.Type!.Value),
        WastValueKind.Vector => actual.Type == ValueType.V128 && MatchLanes(actual.AsV128(), expected.Alternatives!),
        WastValueKind.Either => expected.Alternatives!.Any(alternative => Matches(actual, alternative)),
        _ => false,
    };

    private static Value Pack(WastValue[] lanes)
    {
        int bits = 128 / lanes.Length;
        UInt128 all = 0;
        for (int i = 0; i < lanes.Length; i++)
        {
            all |= (UInt128)(lanes[i].Bits!.Value & (ulong.MaxValue >> (64 - bits))) << (i * bits);
        }

        return Value.V128((ulong)all, (ulong)(all >> 64));
    }

    private static bool MatchLanes((ulong Low, ulong High) actual, WastValue[] lanes)
    {
        int bits = 128 / lanes.Length;
        UInt128 all = new(actual.High, actual.Low);
        for (int i = 0; i < lanes.Length; i++)
        {
            ulong mask = ulong.MaxValue >> (64 - bits);
            ulong lane = (ulong)(all >> (i * bits)) & mask;
            Value value = lanes[i].Type == ValueType.F32 ? Value.F32Bits((uint)lane) : lanes[i].Type == ValueType.F64 ? Value.F64Bits(lane) : Value.I64((long)lane);
            if (!Matches(value, lanes[i] is { Kind: WastValueKind.Number } number ? number with { Bits = number.Bits & mask } : lanes[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNull(Value value) => value.Type.IsReference && value.AsReference() is null;

    /// <summary>Whether a value is a reference of the hierarchy to which a type belongs.</summary>
    private static bool IsIn(Value value, ValueType type) => value.Type.IsReference && Subtyping.TopOf(value.Type) == Subtyping.TopOf(type);

    private static ulong Bits(Value value) =>
        value.Type == ValueType.I32 ? (uint)value.AsI32()
        : value.Type == ValueType.I64 ? (ulong)value.AsI64()
        : value.Type == ValueType.F32 ? value.AsF32Bits()
        : value.AsF64Bits();

    private static ulong Sign(Value value) => value.Type == ValueType.F32 ? 1UL << 31 : 1UL << 63;

    private static ulong QuietNan(Value value) => value.Type == ValueType.F32 ? 0x7FC0_0000UL : 0x7FF8_0000_0000_0000UL;
}
