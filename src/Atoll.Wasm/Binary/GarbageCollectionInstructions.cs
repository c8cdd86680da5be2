namespace Atoll.Wasm.Binary;

/// <summary>Instructions on structures, arrays and small integers as references.</summary>
internal static class GarbageCollectionInstructions
{
    private const WasmFeatures Feature = WasmFeatures.GarbageCollection;

    public static readonly Instruction[] Rows =
    [
        new(Opcode.RefEq, "ref.eq", ImmediateKind.None, 0, "", Feature),
        new(Opcode.StructNew, "struct.new", ImmediateKind.Type, 0, "", Feature),
        new(Opcode.StructNewDefault, "struct.new_default", ImmediateKind.Type, 0, "", Feature),
        new(Opcode.StructGet, "struct.get", ImmediateKind.Field, 0, "", Feature),
        new(Opcode.StructGetS, "struct.get_s", ImmediateKind.Field, 0, "", Feature),
        new(Opcode.StructGetU, "struct.get_u", ImmediateKind.Field, 0, "", Feature),
        new(Opcode.StructSet, "struct.set", ImmediateKind.Field, 0, "", Feature),
        new(Opcode.ArrayNew, "array.new", ImmediateKind.Type, 0, "", Feature),
        new(Opcode.ArrayNewDefault, "array.new_default", ImmediateKind.Type, 0, "", Feature),
        new(Opcode.ArrayNewFixed, "array.new_fixed", ImmediateKind.ArrayCount, 0, "", Feature),
        new(Opcode.ArrayNewData, "array.new_data", ImmediateKind.ArrayData, 0, "", Feature),
        new(Opcode.ArrayNewElem, "array.new_elem", ImmediateKind.ArrayElements, 0, "", Feature),
        new(Opcode.ArrayGet, "array.get", ImmediateKind.Type, 0, "", Feature),
        new(Opcode.ArrayGetS, "array.get_s", ImmediateKind.Type, 0, "", Feature),
        new(Opcode.ArrayGetU, "array.get_u", ImmediateKind.Type, 0, "", Feature),
        new(Opcode.ArraySet, "array.set", ImmediateKind.Type, 0, "", Feature),
        new(Opcode.ArrayLen, "array.len", ImmediateKind.None, 0, "", Feature),
        new(Opcode.ArrayFill, "array.fill", ImmediateKind.Type, 0, "", Feature),
        new(Opcode.ArrayCopy, "array.copy", ImmediateKind.TypePair, 0, "", Feature),
        new(Opcode.ArrayInitData, "array.init_data", ImmediateKind.ArrayData, 0, "", Feature),
        new(Opcode.ArrayInitElem, "array.init_elem", ImmediateKind.ArrayElements, 0, "", Feature),
        new(Opcode.RefTest, "ref.test", ImmediateKind.CastHeapType, 0, "", Feature),
        new(Opcode.RefTestNull, "ref.test", ImmediateKind.CastHeapType, 0, "", Feature),
        new(Opcode.RefCast, "ref.cast", ImmediateKind.CastHeapType, 0, "", Feature),
        new(Opcode.RefCastNull, "ref.cast", ImmediateKind.CastHeapType, 0, "", Feature),
        new(Opcode.BrOnCast, "br_on_cast", ImmediateKind.CastTypes, 0, "", Feature),
        new(Opcode.BrOnCastFail, "br_on_cast_fail", ImmediateKind.CastTypes, 0, "", Feature),
        new(Opcode.AnyConvertExtern, "any.convert_extern", ImmediateKind.None, 0, "", Feature),
        new(Opcode.ExternConvertAny, "extern.convert_any", ImmediateKind.None, 0, "", Feature),
        new(Opcode.RefI31, "ref.i31", ImmediateKind.None, 0, "", Feature),
        new(Opcode.I31GetS, "i31.get_s", ImmediateKind.None, 0, "", Feature),
        new(Opcode.I31GetU, "i31.get_u", ImmediateKind.None, 0, "", Feature),
    ];
}
