using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;
using Atoll.Components;

namespace Atoll.Wasi.Preview2.Http;

/// <summary>A request failed, and the guest may know how.</summary>
/// <param name="code">How.</param>
/// <param name="denied">What was not granted, if that is why.</param>
/// <param name="inner">The system's reason.</param>
internal sealed class HttpFailure(ErrorCode code, Capability? denied = null, Exception? inner = null) : IOException(code.Name, inner)
{
    public ErrorCode Code { get; } = code;

    public Capability? Denied { get; } = denied;
}

/// <summary>What failures of .NET's network are to a guest.</summary>
internal static class HttpErrors
{
    /// <summary>Whether it is a failure of the network, or of who is at its other end.</summary>
    public static bool IsExpected(Exception exception) =>
        exception is HttpRequestException or IOException or SocketException or OperationCanceledException or AuthenticationException or ObjectDisposedException
            or InvalidOperationException;

    /// <summary>The failure of ours that an exception carries.</summary>
    public static HttpFailure? FailureIn(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is HttpFailure failure)
            {
                return failure;
            }
        }

        return null;
    }

    public static ErrorCode Of(Exception exception) => FailureIn(exception)?.Code ?? exception switch
    {
        HttpRequestException request => Of(request),
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => new ErrorCode.HttpResponseIncomplete(),
        HttpIOException io => OfKind(io.HttpRequestError),
        SocketException socket => Of(socket),
        AuthenticationException => new ErrorCode.TlsProtocolError(),
        IOException { InnerException: SocketException socket } => Of(socket),
        IOException => new ErrorCode.ConnectionTerminated(),
        _ => new ErrorCode.InternalError(null),
    };

    public static ErrorCode Of(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => new ErrorCode.ConnectionRefused(),
        SocketError.HostNotFound or SocketError.NoData => new ErrorCode.DnsError(new DnsErrorPayload("NXDOMAIN", null)),
        SocketError.TryAgain or SocketError.NoRecovery => new ErrorCode.DnsError(new DnsErrorPayload("SERVFAIL", null)),
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.AddressNotAvailable => new ErrorCode.DestinationIpUnroutable(),
        SocketError.TimedOut => new ErrorCode.ConnectionTimeout(),
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => new ErrorCode.ConnectionTerminated(),
        _ => new ErrorCode.DestinationUnavailable(),
    };

    private static ErrorCode Of(HttpRequestException exception) => exception.HttpRequestError switch
    {
        HttpRequestError.ConnectionError when exception.InnerException is SocketException socket => Of(socket),
        HttpRequestError.SecureConnectionError => new ErrorCode.TlsProtocolError(),
        HttpRequestError.Unknown when exception.InnerException is { } inner => Of(inner),
        var kind => OfKind(kind),
    };

    private static ErrorCode OfKind(HttpRequestError kind) => kind switch
    {
        HttpRequestError.NameResolutionError => new ErrorCode.DnsError(new DnsErrorPayload(null, null)),
        HttpRequestError.ConnectionError => new ErrorCode.DestinationUnavailable(),
        HttpRequestError.ResponseEnded => new ErrorCode.ConnectionTerminated(),
        HttpRequestError.HttpProtocolError or HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError => new ErrorCode.HttpProtocolError(),
        HttpRequestError.ConfigurationLimitExceeded => new ErrorCode.HttpResponseHeaderSectionSize(null),
        _ => new ErrorCode.InternalError(null),
    };
}
