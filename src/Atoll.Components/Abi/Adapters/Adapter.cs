using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>One adapter: described at first, compiled when it is first called. Thread-safe.</summary>
/// <param name="module">Keeps the code alive.</param>
/// <param name="depth">Types within types of the function.</param>
/// <param name="result">Result of its entry.</param>
/// <param name="parameters">Parameters of its entry.</param>
/// <param name="emit">Emits its entry.</param>
internal sealed class Adapter(AdapterModule module, int depth, Type result, Type[] parameters, Action<AdapterEmitter> emit)
{
    /// <summary>Emitting recurses with the types; a guest that calls may have only the engine's headroom of its stack left.</summary>
    private const int DeepestOnAnyStack = 8;

    private const int CompilerStackBytes = 16 << 20;

    private readonly Lock _lock = new();
    private MethodInfo? _method;
    private nint _code;

    /// <summary>Resource types whose run-time types a context holds. Known once there is code.</summary>
    public ResourceIdentity[] Kinds { get; private set; } = [];

    /// <summary>Objects that a context holds. Known once there is code.</summary>
    public object[] Constants { get; private set; } = [];

    /// <summary>Address of the entry; zero while it is not compiled.</summary>
    public nint Code => Volatile.Read(ref _code);

    /// <summary>Compiles the adapter unless that is done, and gives its entry.</summary>
    public MethodInfo Make()
    {
        lock (_lock)
        {
            if (_method is null)
            {
                if (depth <= DeepestOnAnyStack)
                {
                    Compile();
                }
                else
                {
                    CompileElsewhere();
                }
            }

            return _method!;
        }
    }

    private void Compile()
    {
        MethodInfo method = module.Emit(result, parameters, emit, out ResourceIdentity[] kinds, out object[] constants);

        // Compiled before somebody takes its address, which otherwise leads to the code by a detour, for ever.
        RuntimeHelpers.PrepareMethod(method.MethodHandle);
        Kinds = kinds;
        Constants = constants;
        _method = method;
        Volatile.Write(ref _code, method.MethodHandle.GetFunctionPointer());
    }

    private void CompileElsewhere()
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    Compile();
                }
                catch (Exception exception)
                {
                    failure = ExceptionDispatchInfo.Capture(exception);
                }
            },
            CompilerStackBytes) { IsBackground = true, Name = "atoll adapter" };
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}
