using System.Reflection.Emit;
using Atoll.Wasm.Interpretation;

namespace Atoll.Wasm.Execution;

/// <content>
/// Between compiled code and the interpreter, one piece for each signature of numbers with at most one result. Slots are 64 bits wide; values of
/// 32 bits lie in their lower half.
/// </content>
internal sealed unsafe partial class HostThunks
{
    private readonly Dictionary<FunctionType, nint> _coldEntries = [];
    private readonly Dictionary<FunctionType, nint> _slotCallers = [];

    /// <summary>Code that compiled code calls in place of a cold function (<see cref="Interpreter.Enter"/>).</summary>
    /// <param name="type">The type.</param>
    /// <param name="limit">How many of these there may be. Where there are as many, and none for the type, the answer is zero.</param>
    public nint GetColdEntry(FunctionType type, int limit = int.MaxValue)
    {
        lock (_lock)
        {
            if (!_coldEntries.TryGetValue(type, out nint code) && _coldEntries.Count < limit)
            {
                code = Emit(Result(type), Parameters(type), il => EmitColdEntry(il, type));
                _coldEntries.Add(type, code);
            }

            return code;
        }
    }

    /// <summary>Code that calls a function of compiled code or of the host with arguments in slots: code, context, slots; the first slot gets the result.</summary>
    /// <param name="type">The type.</param>
    /// <param name="limit">How many of these there may be. Where there are as many, and none for the type, the answer is zero.</param>
    public nint GetSlotCaller(FunctionType type, int limit = int.MaxValue)
    {
        lock (_lock)
        {
            if (!_slotCallers.TryGetValue(type, out nint code) && _slotCallers.Count < limit)
            {
                code = Emit(typeof(void), [typeof(nint), typeof(object), typeof(long*)], il => EmitSlotCaller(il, type));
                _slotCallers.Add(type, code);
            }

            return code;
        }
    }

    private static void EmitColdEntry(ILGenerator il, FunctionType type)
    {
        int count = type.Parameters.Length;
        LocalBuilder slots = il.DeclareLocal(typeof(long*));
        il.Emit(OpCodes.Ldc_I4, Math.Max(1, count) * sizeof(long));
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Localloc);
        il.Emit(OpCodes.Stloc, slots);
        for (int i = 0; i < count; i++)
        {
            LoadSlot(il, slots, i);
            il.Emit(OpCodes.Ldarg, (short)i);
            il.Emit(OpCodes.Stobj, ClrType(type.Parameters[i]));
        }

        il.Emit(OpCodes.Ldarg, (short)count);
        il.Emit(OpCodes.Ldloc, slots);
        il.Emit(OpCodes.Call, typeof(Interpreter).GetMethod(nameof(Interpreter.Enter), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!);
        if (!type.Results.IsEmpty)
        {
            il.Emit(OpCodes.Ldloc, slots);
            il.Emit(OpCodes.Ldobj, ClrType(type.Results[0]));
        }

        il.Emit(OpCodes.Ret);
    }

    private static void EmitSlotCaller(ILGenerator il, FunctionType type)
    {
        if (!type.Results.IsEmpty)
        {
            il.Emit(OpCodes.Ldarg_2);
        }

        for (int i = 0; i < type.Parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarg_2);
            il.Emit(OpCodes.Ldc_I4, i * sizeof(long));
            il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Ldobj, ClrType(type.Parameters[i]));
        }

        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_0);
        il.EmitCalli(OpCodes.Calli, System.Reflection.CallingConventions.Standard, Result(type), Parameters(type), null);
        if (!type.Results.IsEmpty)
        {
            il.Emit(OpCodes.Stobj, ClrType(type.Results[0]));
        }

        il.Emit(OpCodes.Ret);
    }

    private static void LoadSlot(ILGenerator il, LocalBuilder slots, int index)
    {
        il.Emit(OpCodes.Ldloc, slots);
        il.Emit(OpCodes.Ldc_I4, index * sizeof(long));
        il.Emit(OpCodes.Add);
    }
}
