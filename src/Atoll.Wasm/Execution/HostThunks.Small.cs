using System.Diagnostics;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Atoll.Wasm.Execution;

/// <content>
/// Host functions so small that a call of them is mostly jumps: they have a thunk of their own, which calls the method in place of the delegate. The JIT compiler
/// inlines it, or reads its address where the runtime keeps the newest one; by the delegate it goes to a stub that jumps.
/// </content>
internal sealed partial class HostThunks
{
    /// <summary>Bytes of IL of such a function at most: each thunk has to be compiled, which takes as long as some hundred thousand calls gain.</summary>
    private const int MostSmall = 32;

    private readonly Dictionary<Assembly, ModuleBuilder> _smallModules = [];

    /// <summary>The method that a delegate calls, if it is a small one that code of ours may call or inline; else null.</summary>
    public static MethodInfo? SmallMethod(Delegate target)
    {
        MethodInfo method = target.Method;
        if (!target.HasSingleTarget || method.DeclaringType is not { IsGenericType: false, IsValueType: false } || method.IsGenericMethod || method.IsVirtual
            || method.IsStatic != target.Target is null || (method.MethodImplementationFlags & (MethodImplAttributes.NoInlining | MethodImplAttributes.NoOptimization)) != 0)
        {
            return null;
        }

        // What can be unloaded, our thunk would keep. Who debugs wants to see each call.
        Assembly assembly = method.Module.Assembly;
        if (assembly.IsDynamic || assembly.IsCollectible || assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled == true)
        {
            return null;
        }

        MethodInfo invoke = target.GetType().GetMethod("Invoke")!;
        return method.ReturnType == invoke.ReturnType
            && method.GetParameters().Select(p => p.ParameterType).SequenceEqual(invoke.GetParameters().Select(p => p.ParameterType))
            && method.GetMethodBody()?.GetILAsByteArray()?.Length <= MostSmall ? method : null;
    }

    /// <summary>Where the thunks of an assembly's functions are: code there may use what is private in it, as the delegates do.</summary>
    private ModuleBuilder SmallModule(Assembly assembly)
    {
        if (!_smallModules.TryGetValue(assembly, out ModuleBuilder? module))
        {
            CustomAttributeBuilder access = new(typeof(IgnoresAccessChecksToAttribute).GetConstructors()[0], [assembly.GetName().Name!]);
            module = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(Compilation.ModuleAssembly.AssemblyName), AssemblyBuilderAccess.RunAndCollect, [access])
                .DefineDynamicModule("thunks");
            _smallModules.Add(assembly, module);
        }

        return module;
    }

    private static void LoadReceiver(ILGenerator il, int context)
    {
        il.Emit(OpCodes.Ldarg, (short)context);
        il.Emit(OpCodes.Ldfld, typeof(Caller).GetField(nameof(Caller.Receiver), BindingFlags.NonPublic | BindingFlags.Instance)!);
    }
}
