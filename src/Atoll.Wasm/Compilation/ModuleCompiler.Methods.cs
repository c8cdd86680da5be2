using System.Reflection;
using System.Reflection.Metadata;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Compilation;

/// <content>
/// The methods of a function. Mostly it is one. A large frame needs another in front that looks whether it fits, and a giant function one that inlines
/// its body; these come behind the methods of all functions.
/// </content>
internal sealed partial class ModuleCompiler
{
    private readonly List<Action> _later = [];
    private int _functions;

    private void AddFunction(int index, FunctionCompiler.Result result, FunctionCompiler compiler)
    {
        if (compiler.IsLarge(result))
        {
            AddGuard(index, result.FrameBytes, Later(() => AddBody(index, result, isGuarded: true)));
        }
        else
        {
            AddBody(index, result, isGuarded: false);
        }
    }

    private void AddBody(int index, FunctionCompiler.Result result, bool isGuarded)
    {
        if (result.Placement is { } placement)
        {
            int body = Later(() => AddFunction($"f{index}$in", index, result, MethodImplAttributes.AggressiveInlining));
            AddGiant($"g{index}", OptimisationOf(index, result), _assembly.FunctionSignature(TypeOf(index)), ArgumentCount(TypeOf(index)), placement, body);
        }
        else if (isGuarded)
        {
            AddFunction($"f{index}$body", index, result, MethodImplAttributes.NoInlining | OptimisationOf(index, result));
        }
        else
        {
            // Functions that are inlined are not seen by a profile.
            AddFunction($"f{index}", index, result, OptimisationOf(index, result) | (Engine.Options.Profiling ? MethodImplAttributes.NoInlining : MethodImplAttributes.IL));
        }
    }

    /// <summary>A method to be added behind those of the functions; returns its token.</summary>
    private int Later(Action add)
    {
        _later.Add(add);
        return ModuleAssembly.MethodToken(_functions + _later.Count - 1);
    }

    /// <summary>Token of the copy of a small function that calls itself. Its place in the code is not told, hence a letter of its own.</summary>
    public int CopyOf(int index) => Later(() =>
    {
        FunctionCompiler.Result result = new FunctionCompiler(this).CompileCopy(index);
        _assembly.AddMethod(
            $"g{index}", Static, MethodImplAttributes.AggressiveInlining, _assembly.CopySignature(TypeOf(index), takesFuel: Engine.Options.ConsumeFuel), result.Il, result.MaxStack,
            _assembly.LocalsSignature(result.Locals), result.InitLocals);
    });

    /// <summary>A method that inlines a giant function's body: it has the variables that found no place there.</summary>
    private void AddGiant(string name, MethodImplAttributes impl, BlobHandle signature, int arguments, VariablePlacement placement, int body)
    {
        IlBuffer il = new();
        for (int i = 0; i < arguments; i++)
        {
            il.LoadArgument(i);
        }

        foreach (LocalKind kind in placement.Parameters)
        {
            LoadNothing(il, kind);
        }

        if (placement.FrameParameter >= 0)
        {
            il.LoadLocalAddress(0);
        }

        il.Emit(Il.Call, body);
        il.Emit(Il.Ret);
        _assembly.AddMethod(
            name, Static, MethodImplAttributes.NoInlining | impl, signature, il.Finish(), arguments + placement.Parameters.Count + 2,
            placement.FrameParameter >= 0 ? _assembly.LocalSignature(typeof(GiantFrame)) : default, initLocals: false);
    }

    private void AddLoop(int index, FunctionCompiler.Result result)
    {
        string name = $"f{index}$loop";
        MethodImplAttributes impl = OptimisationOf(index, result);
        if (result.Placement is { } placement)
        {
            AddGiant(name, impl, _assembly.LoopSignature(TypeOf(index), null), arguments: 2, placement, ModuleAssembly.MethodToken(1));
            name += "$in";
            impl = MethodImplAttributes.AggressiveInlining;
        }

        _assembly.AddMethod(
            name, Static, impl, _assembly.LoopSignature(TypeOf(index), result.Placement), result.Il, result.MaxStack, _assembly.LocalsSignature(result.Locals),
            result.InitLocals);
    }

    private void LoadNothing(IlBuffer il, LocalKind kind)
    {
        switch (kind)
        {
            case LocalKind.I32: il.LoadInt32(0); break;
            case LocalKind.I64 or LocalKind.Pointer: il.LoadInt64(0); break;
            case LocalKind.F32: il.LoadFloat32(0); break;
            case LocalKind.F64: il.LoadFloat64(0); break;
            case LocalKind.V128:
                il.LoadInt64(0);
                il.LoadInt64(0);
                il.Emit(Il.Call, Vector(nameof(Vectors.Const)));
                break;
            default: il.Emit(Il.Ldnull); break;
        }
    }

    private static int ArgumentCount(FunctionType type) => type.Parameters.Length + Math.Max(0, type.Results.Length - 1) + 1;

    /// <summary>A method that checks that the frame of the real one fits, then calls it.</summary>
    private void AddGuard(int index, int frameBytes, int body)
    {
        FunctionType type = TypeOf(index);
        int arguments = ArgumentCount(type);
        IlBuffer il = new();
        il.LoadArgument(arguments - 1);
        il.LoadInt32(frameBytes);
        il.Emit(Il.Call, Helper(nameof(GuestRuntime.CheckFrame)));
        for (int i = 0; i < arguments; i++)
        {
            il.LoadArgument(i);
        }

        // In place of this frame, so that tail calls among such functions do not pile up guards.
        il.Emit(Il.Tail);
        il.Emit(Il.Call, body);
        il.Emit(Il.Ret);
        _assembly.AddMethod($"w{index}", Static, MethodImplAttributes.NoInlining, _assembly.FunctionSignature(type), il.Finish(), arguments + 2, default, initLocals: false);
    }
}
