using Atoll.Wasm;

namespace Atoll.Reference;

/// <summary>A trap; the kinds are the engine's, so that they can be compared.</summary>
internal sealed class ReferenceTrapException(TrapKind kind) : Exception(kind.ToString())
{
    public TrapKind Kind { get; } = kind;
}

/// <summary>An exception of WebAssembly that nothing caught.</summary>
internal sealed class ReferenceThrownException(ExceptionObject thrown) : Exception(thrown.ToString())
{
    public ExceptionObject Thrown { get; } = thrown;
}

/// <summary>The interpreter was told to stop: steps or memory are used up. Says nothing about the module.</summary>
internal sealed class ReferenceLimitException(string message) : Exception(message);

/// <summary>The imports do not fit.</summary>
internal sealed class ReferenceLinkException(string message) : Exception(message);

/// <summary>The interpreter met what validation rules out: a defect of the validator, or of the interpreter.</summary>
internal sealed class ReferenceDefectException(string message) : Exception(message);
