using System.Diagnostics;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Interpretation;

/// <summary>
/// Runs functions that are not worth compiling yet: the JIT compiler needs as long for a function as this needs to run it a thousand times, and of
/// a large program most of what is called is called a few times only.
/// </summary>
internal static unsafe partial class Interpreter
{
    /// <summary>The method that stands for every cold function in .NET's stack traces.</summary>
    public static readonly MethodBase Method = typeof(Interpreter).GetMethod(nameof(Run), BindingFlags.Static | BindingFlags.NonPublic)!;

    /// <summary>Runs a function.</summary>
    /// <param name="function">The function.</param>
    /// <param name="context">Its instance.</param>
    /// <param name="arguments">Slots of the arguments; the first, of which there is always one, gets the result.</param>
    [SkipLocalsInit]
    private static void Run(ColdFunction function, InstanceContext context, long* arguments)
    {
        long* slots = stackalloc long[function.SlotCount];
        Unsafe.CopyBlock(slots, arguments, (uint)function.Type.Parameters.Length * sizeof(long));
        Unsafe.InitBlock(slots + function.Type.Parameters.Length, 0, (uint)(function.LocalCount - function.Type.Parameters.Length) * sizeof(long));
        byte* memory = context.FirstMemory;
        int* code = (int*)Unsafe.AsPointer(ref function.Code[0]);
        int* next = code;
        while (true)
        {
            int* at = next;
            next += 4;
            switch (*at)
            {
                case (int)ColdOp.Unreachable: throw new TrapException(TrapKind.Unreachable);
                case (int)ColdOp.Jump: next = code + at[1]; continue;
                case (int)ColdOp.JumpIf: next = *(int*)(slots + at[1]) != 0 ? code + at[2] : next; continue;
                case (int)ColdOp.JumpUnless: next = *(int*)(slots + at[1]) == 0 ? code + at[2] : next; continue;
                case (int)ColdOp.JumpTable: next = code + next[Math.Min(*(uint*)(slots + at[1]), (uint)at[2])]; continue;
                case (int)ColdOp.Return: return;
                case (int)ColdOp.ReturnValue: *arguments = slots[at[1]]; return;
                case (int)ColdOp.LoopHead:
                    if (TakesOver(function, context, at, slots, arguments))
                    {
                        return;
                    }

                    continue;
                case (int)ColdOp.Call: Call(context, at[1], slots + at[2]); continue;
                case (int)ColdOp.CallIndirect: CallIndirect(context, at[1], at[2], slots + at[3]); continue;
                case (int)ColdOp.Move: slots[at[1]] = slots[at[2]]; continue;
                case (int)ColdOp.Const: slots[at[1]] = *(long*)(at + 2); continue;
                case (int)ColdOp.Select: slots[at[1]] = *(int*)(slots + at[3]) != 0 ? slots[at[1]] : slots[at[2]]; continue;
                case (int)ColdOp.GlobalGet32: *(int*)(slots + at[1]) = Place<int>(context, at[2]); continue;
                case (int)ColdOp.GlobalGet64: slots[at[1]] = Place<long>(context, at[2]); continue;
                case (int)ColdOp.GlobalSet32: Place<int>(context, at[1]) = *(int*)(slots + at[2]); continue;
                case (int)ColdOp.GlobalSet64: Place<long>(context, at[1]) = slots[at[2]]; continue;
                case (int)ColdOp.CellGet: slots[at[1]] = (long)context.Cells[at[2]]!.Low; continue;
                case (int)ColdOp.CellSet32: context.Cells[at[1]]!.Low = *(uint*)(slots + at[2]); continue;
                case (int)ColdOp.CellSet64: context.Cells[at[1]]!.Low = *(ulong*)(slots + at[2]); continue;
                case (int)ColdOp.MemorySize: *(int*)(slots + at[1]) = (int)context.Memories[0].Pages; continue;
                case (int)ColdOp.MemoryGrow: *(int*)(slots + at[1]) = GuestRuntime.MemoryGrow(context, *(int*)(slots + at[2]), 0); continue;
                case (int)ColdOp.MemoryFill: MemoryFill(context, slots + at[1]); continue;
                case (int)ColdOp.MemoryCopy: MemoryCopy(context, slots + at[1]); continue;
                case (int)ColdOp.MemoryInit: MemoryInit(context, slots + at[1], at[2]); continue;
                case (int)ColdOp.DataDrop: GuestRuntime.DataDrop(context, at[1]); continue;
                case (int)Opcode.I32Load: *(int*)(slots + at[1]) = *(int*)At(memory, slots, at, 4); continue;
                case (int)Opcode.I64Load: *(long*)(slots + at[1]) = *(long*)At(memory, slots, at, 8); continue;
                case (int)Opcode.F32Load: *(int*)(slots + at[1]) = *(int*)At(memory, slots, at, 4); continue;
                case (int)Opcode.F64Load: *(long*)(slots + at[1]) = *(long*)At(memory, slots, at, 8); continue;
                case (int)Opcode.I32Load8S: *(int*)(slots + at[1]) = *(sbyte*)At(memory, slots, at, 1); continue;
                case (int)Opcode.I32Load8U: *(int*)(slots + at[1]) = *(byte*)At(memory, slots, at, 1); continue;
                case (int)Opcode.I32Load16S: *(int*)(slots + at[1]) = *(short*)At(memory, slots, at, 2); continue;
                case (int)Opcode.I32Load16U: *(int*)(slots + at[1]) = *(ushort*)At(memory, slots, at, 2); continue;
                case (int)Opcode.I64Load8S: *(long*)(slots + at[1]) = *(sbyte*)At(memory, slots, at, 1); continue;
                case (int)Opcode.I64Load8U: *(long*)(slots + at[1]) = *(byte*)At(memory, slots, at, 1); continue;
                case (int)Opcode.I64Load16S: *(long*)(slots + at[1]) = *(short*)At(memory, slots, at, 2); continue;
                case (int)Opcode.I64Load16U: *(long*)(slots + at[1]) = *(ushort*)At(memory, slots, at, 2); continue;
                case (int)Opcode.I64Load32S: *(long*)(slots + at[1]) = *(int*)At(memory, slots, at, 4); continue;
                case (int)Opcode.I64Load32U: *(long*)(slots + at[1]) = *(uint*)At(memory, slots, at, 4); continue;
                case (int)Opcode.I32Store: *(int*)At(memory, slots, at, 4) = *(int*)(slots + at[1]); continue;
                case (int)Opcode.I64Store: *(long*)At(memory, slots, at, 8) = *(long*)(slots + at[1]); continue;
                case (int)Opcode.F32Store: *(int*)At(memory, slots, at, 4) = *(int*)(slots + at[1]); continue;
                case (int)Opcode.F64Store: *(long*)At(memory, slots, at, 8) = *(long*)(slots + at[1]); continue;
                case (int)Opcode.I32Store8: *(byte*)At(memory, slots, at, 1) = *(byte*)(slots + at[1]); continue;
                case (int)Opcode.I32Store16: *(short*)At(memory, slots, at, 2) = *(short*)(slots + at[1]); continue;
                case (int)Opcode.I64Store8: *(byte*)At(memory, slots, at, 1) = *(byte*)(slots + at[1]); continue;
                case (int)Opcode.I64Store16: *(short*)At(memory, slots, at, 2) = *(short*)(slots + at[1]); continue;
                case (int)Opcode.I64Store32: *(int*)At(memory, slots, at, 4) = *(int*)(slots + at[1]); continue;
                case (int)Opcode.I32Eqz: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) == 0 ? 1 : 0; continue;
                case (int)Opcode.I32Eq: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) == *(int*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I32Ne: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) != *(int*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I32LtS: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) < *(int*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I32LtU: *(int*)(slots + at[1]) = *(uint*)(slots + at[2]) < *(uint*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I32GtS: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) > *(int*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I32GtU: *(int*)(slots + at[1]) = *(uint*)(slots + at[2]) > *(uint*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I32LeS: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) <= *(int*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I32LeU: *(int*)(slots + at[1]) = *(uint*)(slots + at[2]) <= *(uint*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I32GeS: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) >= *(int*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I32GeU: *(int*)(slots + at[1]) = *(uint*)(slots + at[2]) >= *(uint*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I64Eqz: *(int*)(slots + at[1]) = *(long*)(slots + at[2]) == 0 ? 1 : 0; continue;
                case (int)Opcode.I64Eq: *(int*)(slots + at[1]) = *(long*)(slots + at[2]) == *(long*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I64Ne: *(int*)(slots + at[1]) = *(long*)(slots + at[2]) != *(long*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I64LtS: *(int*)(slots + at[1]) = *(long*)(slots + at[2]) < *(long*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I64LtU: *(int*)(slots + at[1]) = *(ulong*)(slots + at[2]) < *(ulong*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I64GtS: *(int*)(slots + at[1]) = *(long*)(slots + at[2]) > *(long*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I64GtU: *(int*)(slots + at[1]) = *(ulong*)(slots + at[2]) > *(ulong*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I64LeS: *(int*)(slots + at[1]) = *(long*)(slots + at[2]) <= *(long*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I64LeU: *(int*)(slots + at[1]) = *(ulong*)(slots + at[2]) <= *(ulong*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I64GeS: *(int*)(slots + at[1]) = *(long*)(slots + at[2]) >= *(long*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I64GeU: *(int*)(slots + at[1]) = *(ulong*)(slots + at[2]) >= *(ulong*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F32Eq: *(int*)(slots + at[1]) = *(float*)(slots + at[2]) == *(float*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F32Ne: *(int*)(slots + at[1]) = *(float*)(slots + at[2]) != *(float*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F32Lt: *(int*)(slots + at[1]) = *(float*)(slots + at[2]) < *(float*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F32Gt: *(int*)(slots + at[1]) = *(float*)(slots + at[2]) > *(float*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F32Le: *(int*)(slots + at[1]) = *(float*)(slots + at[2]) <= *(float*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F32Ge: *(int*)(slots + at[1]) = *(float*)(slots + at[2]) >= *(float*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F64Eq: *(int*)(slots + at[1]) = *(double*)(slots + at[2]) == *(double*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F64Ne: *(int*)(slots + at[1]) = *(double*)(slots + at[2]) != *(double*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F64Lt: *(int*)(slots + at[1]) = *(double*)(slots + at[2]) < *(double*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F64Gt: *(int*)(slots + at[1]) = *(double*)(slots + at[2]) > *(double*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F64Le: *(int*)(slots + at[1]) = *(double*)(slots + at[2]) <= *(double*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.F64Ge: *(int*)(slots + at[1]) = *(double*)(slots + at[2]) >= *(double*)(slots + at[3]) ? 1 : 0; continue;
                case (int)Opcode.I32Clz: *(int*)(slots + at[1]) = BitOperations.LeadingZeroCount(*(uint*)(slots + at[2])); continue;
                case (int)Opcode.I32Ctz: *(int*)(slots + at[1]) = BitOperations.TrailingZeroCount(*(uint*)(slots + at[2])); continue;
                case (int)Opcode.I32Popcnt: *(int*)(slots + at[1]) = BitOperations.PopCount(*(uint*)(slots + at[2])); continue;
                case (int)Opcode.I32Add: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) + *(int*)(slots + at[3]); continue;
                case (int)Opcode.I32Sub: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) - *(int*)(slots + at[3]); continue;
                case (int)Opcode.I32Mul: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) * *(int*)(slots + at[3]); continue;
                case (int)Opcode.I32DivS: *(int*)(slots + at[1]) = Division.I32DivS(*(int*)(slots + at[2]), *(int*)(slots + at[3])); continue;
                case (int)Opcode.I32DivU: *(uint*)(slots + at[1]) = *(uint*)(slots + at[2]) / Division.Checked(*(uint*)(slots + at[3])); continue;
                case (int)Opcode.I32RemS: *(int*)(slots + at[1]) = Numeric.I32RemS(*(int*)(slots + at[2]), (int)Division.Checked(*(uint*)(slots + at[3]))); continue;
                case (int)Opcode.I32RemU: *(uint*)(slots + at[1]) = *(uint*)(slots + at[2]) % Division.Checked(*(uint*)(slots + at[3])); continue;
                case (int)Opcode.I32And: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) & *(int*)(slots + at[3]); continue;
                case (int)Opcode.I32Or: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) | *(int*)(slots + at[3]); continue;
                case (int)Opcode.I32Xor: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) ^ *(int*)(slots + at[3]); continue;
                case (int)Opcode.I32Shl: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) << *(int*)(slots + at[3]); continue;
                case (int)Opcode.I32ShrS: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) >> *(int*)(slots + at[3]); continue;
                case (int)Opcode.I32ShrU: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) >>> *(int*)(slots + at[3]); continue;
                case (int)Opcode.I32Rotl: *(uint*)(slots + at[1]) = BitOperations.RotateLeft(*(uint*)(slots + at[2]), *(int*)(slots + at[3])); continue;
                case (int)Opcode.I32Rotr: *(uint*)(slots + at[1]) = BitOperations.RotateRight(*(uint*)(slots + at[2]), *(int*)(slots + at[3])); continue;
                case (int)Opcode.I64Clz: *(long*)(slots + at[1]) = BitOperations.LeadingZeroCount(*(ulong*)(slots + at[2])); continue;
                case (int)Opcode.I64Ctz: *(long*)(slots + at[1]) = BitOperations.TrailingZeroCount(*(ulong*)(slots + at[2])); continue;
                case (int)Opcode.I64Popcnt: *(long*)(slots + at[1]) = BitOperations.PopCount(*(ulong*)(slots + at[2])); continue;
                case (int)Opcode.I64Add: *(long*)(slots + at[1]) = *(long*)(slots + at[2]) + *(long*)(slots + at[3]); continue;
                case (int)Opcode.I64Sub: *(long*)(slots + at[1]) = *(long*)(slots + at[2]) - *(long*)(slots + at[3]); continue;
                case (int)Opcode.I64Mul: *(long*)(slots + at[1]) = *(long*)(slots + at[2]) * *(long*)(slots + at[3]); continue;
                case (int)Opcode.I64DivS: *(long*)(slots + at[1]) = Division.I64DivS(*(long*)(slots + at[2]), *(long*)(slots + at[3])); continue;
                case (int)Opcode.I64DivU: *(ulong*)(slots + at[1]) = *(ulong*)(slots + at[2]) / Division.Checked(*(ulong*)(slots + at[3])); continue;
                case (int)Opcode.I64RemS: slots[at[1]] = Numeric.I64RemS(slots[at[2]], (long)Division.Checked(*(ulong*)(slots + at[3]))); continue;
                case (int)Opcode.I64RemU: *(ulong*)(slots + at[1]) = *(ulong*)(slots + at[2]) % Division.Checked(*(ulong*)(slots + at[3])); continue;
                case (int)Opcode.I64And: *(long*)(slots + at[1]) = *(long*)(slots + at[2]) & *(long*)(slots + at[3]); continue;
                case (int)Opcode.I64Or: *(long*)(slots + at[1]) = *(long*)(slots + at[2]) | *(long*)(slots + at[3]); continue;
                case (int)Opcode.I64Xor: *(long*)(slots + at[1]) = *(long*)(slots + at[2]) ^ *(long*)(slots + at[3]); continue;
                case (int)Opcode.I64Shl: *(long*)(slots + at[1]) = *(long*)(slots + at[2]) << *(int*)(slots + at[3]); continue;
                case (int)Opcode.I64ShrS: *(long*)(slots + at[1]) = *(long*)(slots + at[2]) >> *(int*)(slots + at[3]); continue;
                case (int)Opcode.I64ShrU: *(long*)(slots + at[1]) = *(long*)(slots + at[2]) >>> *(int*)(slots + at[3]); continue;
                case (int)Opcode.I64Rotl: *(ulong*)(slots + at[1]) = BitOperations.RotateLeft(*(ulong*)(slots + at[2]), *(int*)(slots + at[3])); continue;
                case (int)Opcode.I64Rotr: *(ulong*)(slots + at[1]) = BitOperations.RotateRight(*(ulong*)(slots + at[2]), *(int*)(slots + at[3])); continue;
                case (int)Opcode.F32Abs: *(float*)(slots + at[1]) = Math.Abs(*(float*)(slots + at[2])); continue;
                case (int)Opcode.F32Neg: *(float*)(slots + at[1]) = -*(float*)(slots + at[2]); continue;
                case (int)Opcode.F32Ceil: *(float*)(slots + at[1]) = MathF.Ceiling(*(float*)(slots + at[2])); continue;
                case (int)Opcode.F32Floor: *(float*)(slots + at[1]) = MathF.Floor(*(float*)(slots + at[2])); continue;
                case (int)Opcode.F32Trunc: *(float*)(slots + at[1]) = MathF.Truncate(*(float*)(slots + at[2])); continue;
                case (int)Opcode.F32Nearest: *(float*)(slots + at[1]) = Numeric.F32Nearest(*(float*)(slots + at[2])); continue;
                case (int)Opcode.F32Sqrt: *(float*)(slots + at[1]) = MathF.Sqrt(*(float*)(slots + at[2])); continue;
                case (int)Opcode.F32Add: *(float*)(slots + at[1]) = *(float*)(slots + at[2]) + *(float*)(slots + at[3]); continue;
                case (int)Opcode.F32Sub: *(float*)(slots + at[1]) = *(float*)(slots + at[2]) - *(float*)(slots + at[3]); continue;
                case (int)Opcode.F32Mul: *(float*)(slots + at[1]) = *(float*)(slots + at[2]) * *(float*)(slots + at[3]); continue;
                case (int)Opcode.F32Div: *(float*)(slots + at[1]) = *(float*)(slots + at[2]) / *(float*)(slots + at[3]); continue;
                case (int)Opcode.F32Min: *(float*)(slots + at[1]) = Numeric.F32Min(*(float*)(slots + at[2]), *(float*)(slots + at[3])); continue;
                case (int)Opcode.F32Max: *(float*)(slots + at[1]) = Numeric.F32Max(*(float*)(slots + at[2]), *(float*)(slots + at[3])); continue;
                case (int)Opcode.F32Copysign: *(float*)(slots + at[1]) = MathF.CopySign(*(float*)(slots + at[2]), *(float*)(slots + at[3])); continue;
                case (int)Opcode.F64Abs: *(double*)(slots + at[1]) = Math.Abs(*(double*)(slots + at[2])); continue;
                case (int)Opcode.F64Neg: *(double*)(slots + at[1]) = -*(double*)(slots + at[2]); continue;
                case (int)Opcode.F64Ceil: *(double*)(slots + at[1]) = Math.Ceiling(*(double*)(slots + at[2])); continue;
                case (int)Opcode.F64Floor: *(double*)(slots + at[1]) = Math.Floor(*(double*)(slots + at[2])); continue;
                case (int)Opcode.F64Trunc: *(double*)(slots + at[1]) = Math.Truncate(*(double*)(slots + at[2])); continue;
                case (int)Opcode.F64Nearest: *(double*)(slots + at[1]) = Numeric.F64Nearest(*(double*)(slots + at[2])); continue;
                case (int)Opcode.F64Sqrt: *(double*)(slots + at[1]) = Math.Sqrt(*(double*)(slots + at[2])); continue;
                case (int)Opcode.F64Add: *(double*)(slots + at[1]) = *(double*)(slots + at[2]) + *(double*)(slots + at[3]); continue;
                case (int)Opcode.F64Sub: *(double*)(slots + at[1]) = *(double*)(slots + at[2]) - *(double*)(slots + at[3]); continue;
                case (int)Opcode.F64Mul: *(double*)(slots + at[1]) = *(double*)(slots + at[2]) * *(double*)(slots + at[3]); continue;
                case (int)Opcode.F64Div: *(double*)(slots + at[1]) = *(double*)(slots + at[2]) / *(double*)(slots + at[3]); continue;
                case (int)Opcode.F64Min: *(double*)(slots + at[1]) = Numeric.F64Min(*(double*)(slots + at[2]), *(double*)(slots + at[3])); continue;
                case (int)Opcode.F64Max: *(double*)(slots + at[1]) = Numeric.F64Max(*(double*)(slots + at[2]), *(double*)(slots + at[3])); continue;
                case (int)Opcode.F64Copysign: *(double*)(slots + at[1]) = Math.CopySign(*(double*)(slots + at[2]), *(double*)(slots + at[3])); continue;
                case (int)Opcode.I32WrapI64: *(int*)(slots + at[1]) = *(int*)(slots + at[2]); continue;
                case (int)Opcode.I64ExtendI32S: *(long*)(slots + at[1]) = *(int*)(slots + at[2]); continue;
                case (int)Opcode.I64ExtendI32U: *(long*)(slots + at[1]) = *(uint*)(slots + at[2]); continue;
                case (int)Opcode.I32TruncF32S: *(int*)(slots + at[1]) = Numeric.I32TruncF32S(*(float*)(slots + at[2])); continue;
                case (int)Opcode.I32TruncF32U: *(int*)(slots + at[1]) = Numeric.I32TruncF32U(*(float*)(slots + at[2])); continue;
                case (int)Opcode.I32TruncF64S: *(int*)(slots + at[1]) = Numeric.I32TruncF64S(*(double*)(slots + at[2])); continue;
                case (int)Opcode.I32TruncF64U: *(int*)(slots + at[1]) = Numeric.I32TruncF64U(*(double*)(slots + at[2])); continue;
                case (int)Opcode.I64TruncF32S: *(long*)(slots + at[1]) = Numeric.I64TruncF32S(*(float*)(slots + at[2])); continue;
                case (int)Opcode.I64TruncF32U: *(long*)(slots + at[1]) = Numeric.I64TruncF32U(*(float*)(slots + at[2])); continue;
                case (int)Opcode.I64TruncF64S: *(long*)(slots + at[1]) = Numeric.I64TruncF64S(*(double*)(slots + at[2])); continue;
                case (int)Opcode.I64TruncF64U: *(long*)(slots + at[1]) = Numeric.I64TruncF64U(*(double*)(slots + at[2])); continue;
                case (int)Opcode.F32ConvertI32S: *(float*)(slots + at[1]) = *(int*)(slots + at[2]); continue;
                case (int)Opcode.F32ConvertI32U: *(float*)(slots + at[1]) = Numeric.F32ConvertI32U(*(int*)(slots + at[2])); continue;
                case (int)Opcode.F32ConvertI64S: *(float*)(slots + at[1]) = *(long*)(slots + at[2]); continue;
                case (int)Opcode.F32ConvertI64U: *(float*)(slots + at[1]) = Numeric.F32ConvertI64U(*(long*)(slots + at[2])); continue;
                case (int)Opcode.F64ConvertI32S: *(double*)(slots + at[1]) = *(int*)(slots + at[2]); continue;
                case (int)Opcode.F64ConvertI32U: *(double*)(slots + at[1]) = Numeric.F64ConvertI32U(*(int*)(slots + at[2])); continue;
                case (int)Opcode.F64ConvertI64S: *(double*)(slots + at[1]) = *(long*)(slots + at[2]); continue;
                case (int)Opcode.F64ConvertI64U: *(double*)(slots + at[1]) = Numeric.F64ConvertI64U(*(long*)(slots + at[2])); continue;
                case (int)Opcode.F32DemoteF64: *(float*)(slots + at[1]) = Numeric.F32DemoteF64(*(double*)(slots + at[2])); continue;
                case (int)Opcode.F64PromoteF32: *(double*)(slots + at[1]) = *(float*)(slots + at[2]); continue;
                case (int)Opcode.I32ReinterpretF32: *(int*)(slots + at[1]) = *(int*)(slots + at[2]); continue;
                case (int)Opcode.I64ReinterpretF64: *(long*)(slots + at[1]) = *(long*)(slots + at[2]); continue;
                case (int)Opcode.F32ReinterpretI32: *(int*)(slots + at[1]) = *(int*)(slots + at[2]); continue;
                case (int)Opcode.F64ReinterpretI64: *(long*)(slots + at[1]) = *(long*)(slots + at[2]); continue;
                case (int)Opcode.I32Extend8S: *(int*)(slots + at[1]) = (sbyte)*(int*)(slots + at[2]); continue;
                case (int)Opcode.I32Extend16S: *(int*)(slots + at[1]) = (short)*(int*)(slots + at[2]); continue;
                case (int)Opcode.I64Extend8S: *(long*)(slots + at[1]) = (sbyte)*(long*)(slots + at[2]); continue;
                case (int)Opcode.I64Extend16S: *(long*)(slots + at[1]) = (short)*(long*)(slots + at[2]); continue;
                case (int)Opcode.I64Extend32S: *(long*)(slots + at[1]) = (int)*(long*)(slots + at[2]); continue;
                case (int)ColdOp.FirstSaturating: *(int*)(slots + at[1]) = Numeric.I32TruncSatF32S(*(float*)(slots + at[2])); continue;
                case (int)ColdOp.FirstSaturating + 1: *(int*)(slots + at[1]) = Numeric.I32TruncSatF32U(*(float*)(slots + at[2])); continue;
                case (int)ColdOp.FirstSaturating + 2: *(int*)(slots + at[1]) = Numeric.I32TruncSatF64S(*(double*)(slots + at[2])); continue;
                case (int)ColdOp.FirstSaturating + 3: *(int*)(slots + at[1]) = Numeric.I32TruncSatF64U(*(double*)(slots + at[2])); continue;
                case (int)ColdOp.FirstSaturating + 4: *(long*)(slots + at[1]) = Numeric.I64TruncSatF32S(*(float*)(slots + at[2])); continue;
                case (int)ColdOp.FirstSaturating + 5: *(long*)(slots + at[1]) = Numeric.I64TruncSatF32U(*(float*)(slots + at[2])); continue;
                case (int)ColdOp.FirstSaturating + 6: *(long*)(slots + at[1]) = Numeric.I64TruncSatF64S(*(double*)(slots + at[2])); continue;
                case (int)ColdOp.FirstSaturating + 7: *(long*)(slots + at[1]) = Numeric.I64TruncSatF64U(*(double*)(slots + at[2])); continue;
                case (int)ColdOp.I32AddConst: *(int*)(slots + at[1]) = *(int*)(slots + at[2]) + at[3]; continue;
                case (int)ColdOp.CanonicalF32: *(float*)(slots + at[1]) = Numeric.CanonicalF32(*(float*)(slots + at[2])); continue;
                case (int)ColdOp.CanonicalF64: *(double*)(slots + at[1]) = Numeric.CanonicalF64(*(double*)(slots + at[2])); continue;
                case (int)ColdOp.JumpIfI32Eq: next = *(int*)(slots + at[1]) == *(int*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI32Ne: next = *(int*)(slots + at[1]) != *(int*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI32LtS: next = *(int*)(slots + at[1]) < *(int*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI32LtU: next = *(uint*)(slots + at[1]) < *(uint*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI32GtS: next = *(int*)(slots + at[1]) > *(int*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI32GtU: next = *(uint*)(slots + at[1]) > *(uint*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI32LeS: next = *(int*)(slots + at[1]) <= *(int*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI32LeU: next = *(uint*)(slots + at[1]) <= *(uint*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI32GeS: next = *(int*)(slots + at[1]) >= *(int*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI32GeU: next = *(uint*)(slots + at[1]) >= *(uint*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.I64AddConst: *(long*)(slots + at[1]) = *(long*)(slots + at[2]) + at[3]; continue;
                case (int)ColdOp.JumpIfI64Eq: next = *(long*)(slots + at[1]) == *(long*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI64Ne: next = *(long*)(slots + at[1]) != *(long*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI64LtS: next = *(long*)(slots + at[1]) < *(long*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI64LtU: next = *(ulong*)(slots + at[1]) < *(ulong*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI64GtS: next = *(long*)(slots + at[1]) > *(long*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI64GtU: next = *(ulong*)(slots + at[1]) > *(ulong*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI64LeS: next = *(long*)(slots + at[1]) <= *(long*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI64LeU: next = *(ulong*)(slots + at[1]) <= *(ulong*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI64GeS: next = *(long*)(slots + at[1]) >= *(long*)(slots + at[2]) ? code + at[3] : next; continue;
                case (int)ColdOp.JumpIfI64GeU: next = *(ulong*)(slots + at[1]) >= *(ulong*)(slots + at[2]) ? code + at[3] : next; continue;

                default: throw new UnreachableException($"no operation {*at}");
            }
        }
    }

    /// <summary>Address of a memory access: the operand with the guest's address, and a constant offset (specification, "Memory Instructions").</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* At(byte* memory, long* slots, int* at, int size)
    {
        long address = *(uint*)(slots + at[2]) + (long)(uint)at[3];
        if (address > *(long*)(memory - sizeof(long)) - size)
        {
            ThrowOutOfBounds();
        }

        return memory + address;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ThrowOutOfBounds() => throw new TrapException(TrapKind.MemoryOutOfBounds);

    /// <summary>A global that the module's class has a field for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T Place<T>(InstanceContext context, int number) =>
        ref Unsafe.As<byte, T>(ref Unsafe.AddByteOffset(ref Unsafe.As<int, byte>(ref context.ColdIndex), context.Lazy!.GlobalPlaces[number]));

    private static class Division
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int I32DivS(int left, int right) =>
            left == int.MinValue && right == -1 ? throw new TrapException(TrapKind.IntegerOverflow) : left / (int)Checked((uint)right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static long I64DivS(long left, long right) =>
            left == long.MinValue && right == -1 ? throw new TrapException(TrapKind.IntegerOverflow) : left / (long)Checked((ulong)right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Checked(uint divisor) => divisor != 0 ? divisor : throw new TrapException(TrapKind.IntegerDivideByZero);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Checked(ulong divisor) => divisor != 0 ? divisor : throw new TrapException(TrapKind.IntegerDivideByZero);
    }
}
