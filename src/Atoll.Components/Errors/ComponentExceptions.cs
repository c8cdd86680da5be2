using Atoll.Wasm;

namespace Atoll.Components;

/// <summary>The bytes of a component do not follow the format (Component Model, "Binary Format").</summary>
public sealed class MalformedComponentException : WasmException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="offset">Byte offset in the component where it is wrong.</param>
    /// <param name="inner">What the engine said, for a core module within the component; or null.</param>
    public MalformedComponentException(string message, long offset, Exception? inner = null)
        : base($"{message} (at offset 0x{offset:x})", inner) => Offset = offset;

    /// <summary>Byte offset in the component where the error was found.</summary>
    public long Offset { get; }

    /// <inheritdoc/>
    public override string Code => "component.malformed";
}

/// <summary>The component is well formed but breaks a rule of validation, or uses a part of the Component Model that is not enabled.</summary>
public sealed class InvalidComponentException : WasmException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="offset">Byte offset in the component where it is wrong.</param>
    /// <param name="inner">What the engine said, for a core module within the component; or null.</param>
    public InvalidComponentException(string message, long offset, Exception? inner = null)
        : base($"{message} (at offset 0x{offset:x})", inner) => Offset = offset;

    /// <summary>Byte offset in the component where the error was found.</summary>
    public long Offset { get; }

    /// <inheritdoc/>
    public override string Code => "component.invalid";
}
