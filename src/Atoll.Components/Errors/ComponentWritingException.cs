using System.Collections.Immutable;
using Atoll.Wasm;

namespace Atoll.Components;

/// <summary>A component cannot be made of what was given.</summary>
public sealed class ComponentWritingException : WasmException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="problems">Each thing that is wrong, where there can be several.</param>
    public ComponentWritingException(string message, params ReadOnlySpan<string> problems)
        : base(message, null) => Problems = [.. problems];

    /// <summary>Each thing that is wrong: what, where, what was expected and what was found. Empty where the message says it all.</summary>
    public ImmutableArray<string> Problems { get; }

    /// <inheritdoc/>
    public override string Code => "component.unwritable";
}
