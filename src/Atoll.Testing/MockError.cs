using Atoll.Wasi.Platform;

namespace Atoll.Testing;

/// <summary>Ways in which calls of <c>atoll:platform</c> fail: the cases of <c>types.error</c>, and those of <c>network-failure</c> in the place of <c>network</c>.</summary>
public enum MockErrorKind
{
    /// <summary><c>denied</c></summary>
    Denied,

    /// <summary><c>invalid</c></summary>
    Invalid,

    /// <summary><c>not-found</c></summary>
    NotFound,

    /// <summary><c>conflict</c></summary>
    Conflict,

    /// <summary><c>exhausted</c></summary>
    Exhausted,

    /// <summary><c>timeout</c></summary>
    Timeout,

    /// <summary><c>failed</c></summary>
    Failed,

    /// <summary><c>network(name-unresolved)</c></summary>
    NameUnresolved,

    /// <summary><c>network(name-server)</c></summary>
    NameServer,

    /// <summary><c>network(refused)</c></summary>
    Refused,

    /// <summary><c>network(unreachable)</c></summary>
    Unreachable,

    /// <summary><c>network(closed)</c></summary>
    Closed,

    /// <summary><c>network(tls)</c></summary>
    Tls,

    /// <summary><c>network(certificate)</c></summary>
    Certificate,

    /// <summary><c>network(protocol)</c></summary>
    Protocol,
}

/// <summary>A failure that a guest is given.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Message">The text, where the failure has one.</param>
public sealed record MockError(MockErrorKind Kind, string Message = "injected")
{
    /// <summary>A failure without a text of its own.</summary>
    /// <param name="kind">Which one.</param>
    public static implicit operator MockError(MockErrorKind kind) => new(kind);

    /// <summary>The kind, and the text if there is one.</summary>
    public override string ToString() => Message.Length == 0 ? $"{Kind}" : $"{Kind}: {Message}";

    internal PlatformError ToPlatform() => Kind switch
    {
        MockErrorKind.Denied => new PlatformError.Denied(Message),
        MockErrorKind.Invalid => new PlatformError.Invalid(Message),
        MockErrorKind.NotFound => new PlatformError.NotFound(Message),
        MockErrorKind.Conflict => new PlatformError.Conflict(Message),
        MockErrorKind.Exhausted => new PlatformError.Exhausted(Message),
        MockErrorKind.Timeout => new PlatformError.Timeout(),
        MockErrorKind.Failed => new PlatformError.Failed(Message),

        // The two lists have the same names.
        _ => new PlatformError.Network(Enum.Parse<NetworkFailure>(Kind.ToString())),
    };
}
