using System.Collections.Immutable;
using System.Reflection;

namespace Atoll.Wasm.Execution;

/// <summary>A host function independent of stores: a type, a delegate and the machine code that leads from guest code to the delegate.</summary>
internal sealed class HostDefinition
{
    private readonly WasmEngine _engine;

    private HostDefinition(WasmEngine engine, string name, FunctionType type, Delegate target, nint code)
    {
        _engine = engine;
        Name = name;
        Defined = DefinedType.Of(type);
        Target = target;
        Code = code;
    }

    public string Name { get; }

    public DefinedType Defined { get; }

    public FunctionType Type => Defined.Function!;

    public Delegate Target { get; }

    public nint Code { get; }

    public static HostDefinition FromCallback(WasmEngine engine, string name, FunctionType type, HostCallback callback)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(callback);
        return new HostDefinition(engine, name, type, callback, engine.Thunks.GetCallbackThunk(type));
    }

    public static HostDefinition FromDelegate(WasmEngine engine, string name, Delegate function)
    {
        ArgumentNullException.ThrowIfNull(function);
        MethodInfo invoke = function.GetType().GetMethod("Invoke")!;
        ParameterInfo[] parameters = invoke.GetParameters();
        bool takesCaller = parameters.Length > 0 && parameters[0].ParameterType == typeof(Caller);
        FunctionType type = new(
            [.. parameters.Skip(takesCaller ? 1 : 0).Select(p => TypeOf(p.ParameterType, name))],
            invoke.ReturnType == typeof(void) ? [] : [TypeOf(invoke.ReturnType, name)]);
        if (!function.GetType().IsVisible)
        {
            function = MakeVisible(function, parameters, invoke.ReturnType);
        }

        return new HostDefinition(engine, name, type, function, engine.Thunks.GetDelegateThunk(type, function.GetType(), takesCaller));
    }

    public Function Bind(Store store, Instance? instance) =>
        new(store, Code, new Caller(this, store, instance), Defined, Name);

    internal static ValueType TypeOf(Type type, string name) =>
        type == typeof(int) || type == typeof(uint) ? ValueType.I32
        : type == typeof(long) || type == typeof(ulong) ? ValueType.I64
        : type == typeof(float) ? ValueType.F32
        : type == typeof(double) ? ValueType.F64
        : type == typeof(Function) ? ValueType.FuncRef
        : type == typeof(ExceptionInstance) ? ValueType.ExnRef
        : type == typeof(object) ? ValueType.ExternRef
        : throw new ArgumentException(
            $"the delegate for '{name}' uses the type {type}; WebAssembly values are int, uint, long, ulong, float, double, Function, ExceptionInstance and object");

    /// <summary>Generated code can only name public types; this wraps a private delegate type in a standard one.</summary>
    private static Delegate MakeVisible(Delegate function, ParameterInfo[] parameters, Type returnType)
    {
        ImmutableArray<Type> types = [.. parameters.Select(p => p.ParameterType), returnType];
        Type visible = System.Linq.Expressions.Expression.GetDelegateType([.. types]);
        return Delegate.CreateDelegate(visible, function, "Invoke");
    }
}
