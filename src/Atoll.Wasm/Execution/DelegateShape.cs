using System.Reflection;

namespace Atoll.Wasm.Execution;

/// <summary>What a type of delegates means to guests.</summary>
internal sealed class DelegateShape
{
    private DelegateShape(FunctionType function, bool takesCaller)
    {
        Defined = DefinedType.Of(function);
        TakesCaller = takesCaller;
    }

    public DefinedType Defined { get; }

    public bool TakesCaller { get; }

    /// <param name="type">The type.</param>
    /// <param name="name">The function that uses it, for the error.</param>
    /// <exception cref="ArgumentException">It uses types that no value of WebAssembly has.</exception>
    public static DelegateShape Of(Type type, string name)
    {
        MethodInfo invoke = type.GetMethod("Invoke")!;
        ParameterInfo[] parameters = invoke.GetParameters();
        bool takesCaller = parameters.Length > 0 && parameters[0].ParameterType == typeof(Caller);
        ValueType[] types = new ValueType[parameters.Length - (takesCaller ? 1 : 0)];
        for (int i = 0; i < types.Length; i++)
        {
            types[i] = TypeOf(parameters[i + (takesCaller ? 1 : 0)].ParameterType, name);
        }

        return new DelegateShape(new FunctionType([.. types], invoke.ReturnType == typeof(void) ? [] : [TypeOf(invoke.ReturnType, name)]), takesCaller);
    }

    private static ValueType TypeOf(Type type, string name) =>
        type == typeof(int) || type == typeof(uint) ? ValueType.I32
        : type == typeof(long) || type == typeof(ulong) ? ValueType.I64
        : type == typeof(float) ? ValueType.F32
        : type == typeof(double) ? ValueType.F64
        : type == typeof(Function) ? ValueType.FuncRef
        : type == typeof(ExceptionInstance) ? ValueType.ExnRef
        : type == typeof(object) ? ValueType.ExternRef
        : throw new ArgumentException(
            $"the delegate for '{name}' uses the type {type}; WebAssembly values are int, uint, long, ulong, float, double, Function, ExceptionInstance and object");
}
