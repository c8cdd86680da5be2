using System.Reflection;

namespace Atoll.Wasm.Execution;

/// <summary>A host function independent of stores: a type, a delegate and the machine code that leads from guest code to the delegate.</summary>
internal sealed class HostDefinition
{
    private readonly WasmEngine _engine;
    private readonly bool _takesCaller;
    private nint _code;
    private nint _countingCode;

    private HostDefinition(WasmEngine engine, string name, DefinedType type, Delegate target, bool takesCaller)
    {
        _engine = engine;
        _takesCaller = takesCaller;
        Name = name;
        Defined = type;
        Target = target;
    }

    public string Name { get; }

    public DefinedType Defined { get; }

    public FunctionType Type => Defined.Function!;

    public Delegate Target { get; }

    public static HostDefinition FromCallback(WasmEngine engine, string name, FunctionType type, HostCallback callback)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(callback);
        return new HostDefinition(engine, name, DefinedType.Of(type), callback, takesCaller: true);
    }

    public static HostDefinition FromDelegate(WasmEngine engine, string name, Delegate function)
    {
        ArgumentNullException.ThrowIfNull(function);
        DelegateShape shape = engine.Thunks.ShapeOf(function.GetType(), name);
        if (!function.GetType().IsVisible)
        {
            function = MakeVisible(function);
            shape = engine.Thunks.ShapeOf(function.GetType(), name);
        }

        return new HostDefinition(engine, name, shape.Defined, function, shape.TakesCaller);
    }

    /// <summary>What a guest of the store calls. Made when a module first imports the function: most definitions of a large linker never are.</summary>
    public nint CodeFor(Store store)
    {
        // Racing threads get the same address.
        ref nint code = ref store.CountsHostCalls ? ref _countingCode : ref _code;
        if (code == 0)
        {
            code = _engine.Thunks.GetThunk(new HostThunks.Shape(Type, Target is HostCallback ? null : Target.GetType(), _takesCaller, store.CountsHostCalls), Target);
        }

        return code;
    }

    public Function Bind(Store store, Instance? instance) =>
        new(store, CodeFor(store), new Caller(this, store, instance), Defined, Name);

    /// <summary>Generated code can only name public types; this wraps a private delegate type in a standard one.</summary>
    private static Delegate MakeVisible(Delegate function)
    {
        MethodInfo invoke = function.GetType().GetMethod("Invoke")!;
        Type visible = System.Linq.Expressions.Expression.GetDelegateType([.. invoke.GetParameters().Select(p => p.ParameterType), invoke.ReturnType]);
        return Delegate.CreateDelegate(visible, function, "Invoke");
    }
}
