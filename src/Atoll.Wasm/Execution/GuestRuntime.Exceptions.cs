namespace Atoll.Wasm.Execution;

/// <content>Exceptions of WebAssembly.</content>
internal static partial class GuestRuntime
{
    public static Exception Throw(Tag tag, Value[] payload) => new GuestThrownException(new ExceptionInstance(tag, payload));

    public static Exception ThrowEmpty(Tag tag) => new GuestThrownException(new ExceptionInstance(tag, Array.Empty<Value>()));

    public static Exception ThrowRef(object? exception) => exception is ExceptionInstance instance
        ? new GuestThrownException(instance)
        : new TrapException(TrapKind.NullReference, "null exception reference");

    public static object NewException(Tag tag, Value[] payload) => new ExceptionInstance(tag, payload);

    /// <summary>The exception of WebAssembly that .NET is delivering; null for traps, limits and failures of the host, which guests cannot catch.</summary>
    public static ExceptionInstance? Thrown(object exception) => exception is GuestThrownException thrown ? thrown.Thrown : null;

    /// <summary>Whether it is an exception of WebAssembly.</summary>
    public static bool IsThrown(object exception) => exception is GuestThrownException;

    public static bool HasTag(object exception, Tag tag) => exception is GuestThrownException thrown && thrown.Thrown.Identity == tag;

    public static Value PackReference(object? value, long type) => new(new ValueType(type), 0, 0, value);
}
