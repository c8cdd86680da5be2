namespace Atoll.Wasi.Preview2.Io;

/// <summary><c>wasi:io/error.error</c>: why an operation on a stream failed.</summary>
/// <param name="context">The run.</param>
/// <param name="text">What the guest may know of it; nothing of the host's paths and names.</param>
/// <param name="code">
/// What other interfaces make of it, such as <c>filesystem-error-code</c>: an error code of the package that the stream is of, or null.
/// </param>
internal sealed class IoError(WasiContext context, string text, object? code = null) : WasiResource(context)
{
    public string Text { get; } = text;

    public object? Code { get; } = code;
}

/// <summary><c>wasi:io/streams.stream-error</c></summary>
internal abstract class StreamError
{
    /// <summary>The stream has ended, or what read it is gone.</summary>
    public static readonly StreamError End = new Closed();

    /// <summary>An operation failed. After that the stream is closed.</summary>
    public sealed class LastOperationFailed(IoError value) : StreamError
    {
        public IoError Value { get; } = value;
    }

    /// <summary>The stream is closed.</summary>
    public sealed class Closed : StreamError;
}
