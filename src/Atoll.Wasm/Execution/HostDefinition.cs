using System.Reflection;

namespace Atoll.Wasm.Execution;

/// <summary>A host function independent of stores: a type, a delegate and the machine code that leads from guest code to the delegate.</summary>
internal sealed class HostDefinition
{
    private readonly WasmEngine _engine;
    private readonly DelegateShape? _shape;
    private nint _code;

    private HostDefinition(WasmEngine engine, string name, DefinedType type, Delegate target, DelegateShape? shape)
    {
        _engine = engine;
        _shape = shape;
        Name = name;
        Defined = type;
        Target = target;
    }

    public string Name { get; }

    public DefinedType Defined { get; }

    public FunctionType Type => Defined.Function!;

    public Delegate Target { get; }

    /// <summary>The code that guests call. Made when somebody links the function: most of what a host defines is never used.</summary>
    public nint Code
    {
        get
        {
            // Racing threads get the same address.
            if (_code == 0)
            {
                _code = _shape is null ? _engine.Thunks.GetCallbackThunk(Type) : _engine.Thunks.GetDelegateThunk(_shape);
            }

            return _code;
        }
    }

    public static HostDefinition FromCallback(WasmEngine engine, string name, FunctionType type, HostCallback callback)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(callback);
        return new HostDefinition(engine, name, DefinedType.Of(type), callback, shape: null);
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

        return new HostDefinition(engine, name, shape.Defined, function, shape);
    }

    public Function Bind(Store store, Instance? instance) =>
        new(store, Code, new Caller(this, store, instance), Defined, Name);

    /// <summary>Generated code can only name public types; this wraps a private delegate type in a standard one.</summary>
    private static Delegate MakeVisible(Delegate function)
    {
        MethodInfo invoke = function.GetType().GetMethod("Invoke")!;
        Type visible = System.Linq.Expressions.Expression.GetDelegateType([.. invoke.GetParameters().Select(p => p.ParameterType), invoke.ReturnType]);
        return Delegate.CreateDelegate(visible, function, "Invoke");
    }
}
