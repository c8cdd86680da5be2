using System.Collections.Immutable;

namespace Atoll.Wasm;

/// <summary>A WebAssembly exception on its way: the caller of a guest sees it when the guest threw one that no guest function caught.</summary>
/// <remarks>
/// A host function may throw it too; then guest functions that called it can catch it. It passes host functions between two guests as it is,
/// but not from one store to another: there it is the failure of the host function that it leaves. The instance stays callable.
/// </remarks>
public sealed class GuestThrownException : WasmException
{
    // Read by the filters of generated code.
    internal readonly ExceptionInstance Thrown;
    private ImmutableArray<GuestFrame> _stack;

    /// <summary>Makes the exception.</summary>
    /// <param name="exception">The exception of WebAssembly.</param>
    public GuestThrownException(ExceptionInstance exception)
        : base("the guest threw an exception that it did not catch")
    {
        ArgumentNullException.ThrowIfNull(exception);
        Thrown = exception;
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="values">The values, of the types of the tag's type.</param>
    /// <exception cref="ArgumentException">Number or types of the values are wrong, or one belongs to another store.</exception>
    public GuestThrownException(Tag tag, params ReadOnlySpan<Value> values)
        : this(new ExceptionInstance(tag, values))
    {
    }

    /// <summary>The exception of WebAssembly, with tag and values.</summary>
    public ExceptionInstance Exception => Thrown;

    /// <summary>Its tag.</summary>
    public Tag Tag => Thrown.Tag;

    /// <summary>Its values.</summary>
    public ImmutableArray<Value> Values => Thrown.Values;

    /// <inheritdoc/>
    public override string Code => "exception";

    /// <summary>Text for people, with the values.</summary>
    public override string Message => $"{base.Message}: {Thrown}";

    /// <summary>The guest functions between the last throw and the host, as <see cref="TrapException.GuestStack"/>.</summary>
    public ImmutableArray<GuestFrame> GuestStack
    {
        get
        {
            if (_stack.IsDefault)
            {
                _stack = GuestStackReader.Read(this);
            }

            return _stack;
        }
    }
}
