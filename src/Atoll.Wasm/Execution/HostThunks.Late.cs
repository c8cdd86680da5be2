using System.Reflection;
using System.Reflection.Emit;

namespace Atoll.Wasm.Execution;

/// <content>Entries of functions whose code is made at their first call: one for each signature.</content>
internal sealed unsafe partial class HostThunks
{
    private readonly Dictionary<FunctionType, nint> _lateEntries = [];

    /// <summary>Code that calls the code of its context, a <see cref="LateCode"/>, and has it made before if need be.</summary>
    /// <param name="type">The type.</param>
    /// <param name="limit">How many of these there may be. Where there are as many, and none for the type, the answer is zero.</param>
    public nint GetLateEntry(FunctionType type, int limit)
    {
        if (ReadyLateEntries.Find(type) is not 0 and nint ready)
        {
            return ready;
        }

        lock (_lock)
        {
            if (!_lateEntries.TryGetValue(type, out nint code) && _lateEntries.Count < limit)
            {
                code = Emit(Result(type), Parameters(type), il => EmitLateEntry(il, Result(type), Parameters(type)));
                _lateEntries.Add(type, code);
            }

            return code;
        }
    }

    private static void EmitLateEntry(ILGenerator il, Type result, Type[] parameters)
    {
        LocalBuilder code = il.DeclareLocal(typeof(nint));
        Label isMade = il.DefineLabel();
        il.Emit(OpCodes.Ldarg, (short)(parameters.Length - 1));
        il.Emit(OpCodes.Ldfld, typeof(LateCode).GetField(nameof(LateCode.Code))!);
        il.Emit(OpCodes.Stloc, code);
        il.Emit(OpCodes.Ldloc, code);
        il.Emit(OpCodes.Brtrue, isMade);
        il.Emit(OpCodes.Ldarg, (short)(parameters.Length - 1));
        il.Emit(OpCodes.Callvirt, typeof(LateCode).GetMethod(nameof(LateCode.Make))!);
        il.Emit(OpCodes.Stloc, code);
        il.MarkLabel(isMade);
        for (int i = 0; i < parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarg, (short)i);
        }

        il.Emit(OpCodes.Ldloc, code);
        il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, result, parameters, null);
        il.Emit(OpCodes.Ret);
    }
}
