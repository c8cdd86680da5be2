namespace Atoll.Wasm;

/// <summary>Base of all errors that a guest, or the bytes of a guest, can cause.</summary>
public abstract class WasmException : Exception
{
    private protected WasmException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>A stable, machine-readable word for the error, for example <c>trap.unreachable</c>.</summary>
    public abstract string Code { get; }
}

/// <summary>The bytes (or text) do not follow the format. Corresponds to <c>assert_malformed</c>.</summary>
public sealed class MalformedModuleException : WasmException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong, in the words of the specification where it has some.</param>
    /// <param name="offset">Byte offset in the binary (or character offset in the text) where it is wrong.</param>
    public MalformedModuleException(string message, long offset)
        : base($"{message} (at offset 0x{offset:x})") => Offset = offset;

    internal MalformedModuleException(string message, int line, int column, long offset)
        : base($"{message} (line {line}, column {column})") => Offset = offset;

    /// <summary>Byte offset in the binary, or character offset in the text, where the error was found.</summary>
    public long Offset { get; }

    /// <inheritdoc/>
    public override string Code => "malformed";
}

/// <summary>The module is well formed but breaks a rule of validation. Corresponds to <c>assert_invalid</c>.</summary>
public sealed class InvalidModuleException : WasmException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong, in the words of the specification where it has some.</param>
    /// <param name="offset">Byte offset in the binary where it is wrong.</param>
    /// <param name="functionIndex">Index of the function (imports counted first), or null outside of functions.</param>
    public InvalidModuleException(string message, long offset, int? functionIndex = null)
        : base(functionIndex is { } index ? $"{message} (in function {index}, at offset 0x{offset:x})" : $"{message} (at offset 0x{offset:x})")
    {
        Offset = offset;
        FunctionIndex = functionIndex;
    }

    /// <summary>Byte offset in the binary where the error was found.</summary>
    public long Offset { get; }

    /// <summary>Index of the function (imports counted first), or null outside of functions.</summary>
    public int? FunctionIndex { get; }

    /// <inheritdoc/>
    public override string Code => "invalid";
}
