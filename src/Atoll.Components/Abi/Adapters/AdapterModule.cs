using System.Reflection;
using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>
/// The adapters of one component: compiled when first called, shared by its instances, gone with it. A function pointer keeps nothing alive, so whatever
/// holds one holds the module too.
/// </summary>
internal sealed class AdapterModule
{
    private readonly Lock _lock = new();
    private readonly Dictionary<object, Adapter> _adapters = [];
    private ModuleBuilder? _module;
    private int _count;

    /// <summary>The adapter for a key; <paramref name="make"/> describes it at the first call.</summary>
    public Adapter Get<TState>(object key, TState state, Func<AdapterModule, TState, Adapter> make)
    {
        lock (_lock)
        {
            if (!_adapters.TryGetValue(key, out Adapter? adapter))
            {
                adapter = make(this, state);
                _adapters.Add(key, adapter);
            }

            return adapter;
        }
    }

    /// <summary>Emits the methods of an adapter. What is compiled stays one at a time.</summary>
    public MethodInfo Emit(Type result, Type[] parameters, Action<AdapterEmitter> emit, out ResourceIdentity[] kinds, out object[] constants)
    {
        lock (_lock)
        {
            _module ??= AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(Wasm.Compilation.ModuleAssembly.AssemblyName), AssemblyBuilderAccess.RunAndCollect)
                .DefineDynamicModule("adapters");
            TypeBuilder type = _module.DefineType($"Adapter{_count++}", TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.Abstract);
            AdapterBuilder builder = new(type);
            MethodBuilder method = builder.Define("Call", result, parameters);
            emit(new AdapterEmitter(builder, method.GetILGenerator()));
            MethodInfo call = builder.Finish().GetMethod("Call")!;
            kinds = [.. builder.Kinds];
            constants = [.. builder.Constants];
            return call;
        }
    }
}
