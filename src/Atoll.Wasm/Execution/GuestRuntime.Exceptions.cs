namespace Atoll.Wasm.Execution;

/// <content>Exceptions of WebAssembly.</content>
internal static partial class GuestRuntime
{
    public static Exception Throw(Tag tag, Value[] payload) => new GuestThrownException(new ExceptionInstance(tag, payload));

    /// <summary>An exception that was caught is thrown again, with a stack trace of its own.</summary>
    public static Exception ThrowAgain(object exception) => new GuestThrownException((ExceptionInstance)exception);

    /// <summary>The operand of throw_ref.</summary>
    public static object CheckException(object? exception) => exception ?? throw new TrapException(TrapKind.NullReference, "null exception reference");

    public static Value[] NoValues() => [];

    public static object NewException(Tag tag, Value[] payload) => new ExceptionInstance(tag, payload);

    /// <summary>The exception of WebAssembly that .NET is delivering; null for traps, limits and failures of the host, which guests cannot catch.</summary>
    public static ExceptionInstance? Thrown(object exception) => exception is GuestThrownException thrown ? thrown.Thrown : null;

    /// <summary>Whether it is an exception of WebAssembly.</summary>
    public static bool IsThrown(object exception) => exception is GuestThrownException;

    public static bool HasTag(object exception, Tag tag) => exception is GuestThrownException thrown && thrown.Thrown.Identity == tag;

    public static Value PackReference(object? value, long type) => new(new ValueType(type), 0, 0, value);
}
