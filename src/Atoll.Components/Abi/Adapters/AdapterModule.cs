using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>
/// The adapters of one component: made when first needed, shared by its instances, gone with it. A function pointer keeps nothing alive, so whatever holds
/// one holds the module too.
/// </summary>
internal sealed class AdapterModule
{
    private readonly Lock _lock = new();
    private readonly Dictionary<object, Adapter> _adapters = [];
    private ModuleBuilder? _module;
    private int _count;

    /// <summary>One compiled adapter.</summary>
    /// <param name="Module">Keeps the code alive.</param>
    /// <param name="Method">Its entry.</param>
    /// <param name="Code">Address of the entry.</param>
    /// <param name="Kinds">Resource types whose run-time types a context holds.</param>
    /// <param name="Constants">Objects that a context holds.</param>
    public sealed record Adapter(AdapterModule Module, MethodInfo Method, nint Code, ResourceIdentity[] Kinds, object[] Constants);

    /// <summary>The adapter for a key, made by <paramref name="emit"/> at the first call.</summary>
    public Adapter Get(object key, Type result, Type[] parameters, Action<AdapterEmitter> emit)
    {
        lock (_lock)
        {
            if (!_adapters.TryGetValue(key, out Adapter? adapter))
            {
                adapter = Make(result, parameters, emit);
                _adapters.Add(key, adapter);
            }

            return adapter;
        }
    }

    private Adapter Make(Type result, Type[] parameters, Action<AdapterEmitter> emit)
    {
        _module ??= AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(Wasm.Compilation.ModuleAssembly.AssemblyName), AssemblyBuilderAccess.RunAndCollect)
            .DefineDynamicModule("adapters");
        TypeBuilder type = _module.DefineType($"Adapter{_count++}", TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.Abstract);
        AdapterBuilder builder = new(type);
        MethodBuilder method = builder.Define("Call", result, parameters);
        emit(new AdapterEmitter(builder, method.GetILGenerator()));
        MethodInfo call = builder.Finish().GetMethod("Call")!;

        // Compiled before somebody takes its address, which otherwise leads to the code by a detour, for ever.
        RuntimeHelpers.PrepareMethod(call.MethodHandle);
        return new Adapter(this, call, call.MethodHandle.GetFunctionPointer(), [.. builder.Kinds], [.. builder.Constants]);
    }
}
