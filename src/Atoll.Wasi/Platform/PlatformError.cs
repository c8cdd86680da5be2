using System.Net.Sockets;
using Atoll.Components;
using Atoll.Wasi.Preview2.Http;

namespace Atoll.Wasi.Platform;

/// <summary><c>atoll:platform/types.error</c></summary>
internal abstract class PlatformError
{
    /// <summary>It was not granted.</summary>
    public sealed class Denied(string value) : PlatformError
    {
        public string Value { get; } = value;
    }

    /// <summary>An argument is wrong.</summary>
    public sealed class Invalid(string value) : PlatformError
    {
        public string Value { get; } = value;
    }

    /// <summary>There is no such thing.</summary>
    public sealed class NotFound(string value) : PlatformError
    {
        public string Value { get; } = value;
    }

    /// <summary>Somebody else changed it.</summary>
    public sealed class Conflict(string value) : PlatformError
    {
        public string Value { get; } = value;
    }

    /// <summary>A limit is used up.</summary>
    public sealed class Exhausted(string value) : PlatformError
    {
        public string Value { get; } = value;
    }

    /// <summary>It took too long.</summary>
    public sealed class Timeout : PlatformError;

    /// <summary>The network failed.</summary>
    public sealed class Network(NetworkFailure value) : PlatformError
    {
        public NetworkFailure Value { get; } = value;
    }

    /// <summary>Something else failed.</summary>
    public sealed class Failed(string value) : PlatformError
    {
        public string Value { get; } = value;
    }

    /// <summary>What a failure of .NET's network is to a guest.</summary>
    public static PlatformError Of(Exception exception) => HttpErrors.FailureIn(exception) is { Denied: { } denied }
        ? new Denied(denied.ToString())
        : exception switch
        {
            PlatformFailure failure => failure.Error,
            OperationCanceledException when HttpErrors.FailureIn(exception) is null => new Timeout(),
            SocketException { SocketErrorCode: SocketError.TimedOut } => new Timeout(),
            _ => Of(HttpErrors.Of(exception)),
        };

    private static PlatformError Of(ErrorCode code) => code switch
    {
        ErrorCode.DnsTimeout or ErrorCode.ConnectionTimeout or ErrorCode.ConnectionReadTimeout or ErrorCode.ConnectionWriteTimeout or ErrorCode.HttpResponseTimeout =>
            new Timeout(),
        ErrorCode.DnsError { Value.Rcode: "SERVFAIL" } => new Network(NetworkFailure.NameServer),
        ErrorCode.DnsError or ErrorCode.DestinationNotFound => new Network(NetworkFailure.NameUnresolved),
        ErrorCode.ConnectionRefused => new Network(NetworkFailure.Refused),
        ErrorCode.DestinationUnavailable or ErrorCode.DestinationIpUnroutable => new Network(NetworkFailure.Unreachable),
        ErrorCode.ConnectionTerminated => new Network(NetworkFailure.Closed),
        ErrorCode.TlsProtocolError or ErrorCode.TlsAlertReceived => new Network(NetworkFailure.Tls),
        ErrorCode.TlsCertificateError => new Network(NetworkFailure.Certificate),
        ErrorCode.HttpProtocolError or ErrorCode.HttpResponseIncomplete or ErrorCode.HttpResponseHeaderSectionSize => new Network(NetworkFailure.Protocol),
        _ => new Failed(code.Name),
    };
}

/// <summary><c>atoll:platform/types.network-failure</c></summary>
internal enum NetworkFailure
{
    NameUnresolved,
    NameServer,
    Refused,
    Unreachable,
    Closed,
    Tls,
    Certificate,
    Protocol,
}

/// <summary><c>atoll:platform/types.field</c></summary>
internal sealed record Field(string Name, string Value);

/// <summary>Work for a guest failed in a way that the guest is told of.</summary>
internal sealed class PlatformFailure(PlatformError error) : Exception(error.GetType().Name)
{
    public PlatformError Error { get; } = error;
}

/// <summary>Results whose failures are <see cref="PlatformError"/>.</summary>
internal static class PlatformResult
{
    public static Result<T, PlatformError> Ok<T>(T value) => Result<T, PlatformError>.Ok(value);

    public static Result<T, PlatformError> Fail<T>(PlatformError error) => Result<T, PlatformError>.Fail(error);
}
