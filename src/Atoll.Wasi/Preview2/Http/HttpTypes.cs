namespace Atoll.Wasi.Preview2.Http;

/// <summary><c>wasi:http/types.method</c></summary>
internal abstract class Method
{
    /// <summary>The method of a name; names of methods have a case (RFC 9110, section 9.1).</summary>
    public static Method Of(string name) => name switch
    {
        "GET" => new Get(),
        "HEAD" => new Head(),
        "POST" => new Post(),
        "PUT" => new Put(),
        "DELETE" => new Delete(),
        "CONNECT" => new Connect(),
        "OPTIONS" => new Options(),
        "TRACE" => new Trace(),
        "PATCH" => new Patch(),
        _ => new Other(name),
    };

    /// <summary>As it stands in a request.</summary>
    public virtual string Name => GetType().Name.ToUpperInvariant();

    public sealed class Get : Method;

    public sealed class Head : Method;

    public sealed class Post : Method;

    public sealed class Put : Method;

    public sealed class Delete : Method;

    public sealed class Connect : Method;

    public sealed class Options : Method;

    public sealed class Trace : Method;

    public sealed class Patch : Method;

    public sealed class Other(string value) : Method
    {
        public string Value { get; } = value;

        public override string Name => Value;
    }
}

/// <summary><c>wasi:http/types.scheme</c></summary>
internal abstract class Scheme
{
    public static readonly Scheme Plain = new Http();

    public static readonly Scheme Secure = new Https();

    public static Scheme Of(string name) => name switch
    {
        "http" => Plain,
        "https" => Secure,
        _ => new Other(name),
    };

    public sealed class Http : Scheme;

    public sealed class Https : Scheme;

    public sealed class Other(string value) : Scheme
    {
        public string Value { get; } = value;
    }
}

/// <summary><c>wasi:http/types.header-error</c></summary>
internal abstract class HeaderError
{
    /// <summary>A name or value is none.</summary>
    public sealed class InvalidSyntax : HeaderError;

    /// <summary>A field that the host alone writes.</summary>
    public sealed class Forbidden : HeaderError;

    /// <summary>The fields belong to a message already.</summary>
    public sealed class Immutable : HeaderError;
}

/// <summary><c>wasi:http/types.DNS-error-payload</c></summary>
internal sealed record DnsErrorPayload(string? Rcode, ushort? InfoCode);

/// <summary><c>wasi:http/types.TLS-alert-received-payload</c></summary>
internal sealed record TlsAlertReceivedPayload(byte? AlertId, string? AlertMessage);

/// <summary><c>wasi:http/types.field-size-payload</c></summary>
internal sealed record FieldSizePayload(string? FieldName, uint? FieldSize);

/// <summary><c>wasi:http/types.error-code</c></summary>
internal abstract class ErrorCode
{
    /// <summary>What failed, for logs.</summary>
    public string Name => GetType().Name;

    public sealed class DnsTimeout : ErrorCode;

    public sealed class DnsError(DnsErrorPayload value) : ErrorCode
    {
        public DnsErrorPayload Value { get; } = value;
    }

    public sealed class DestinationNotFound : ErrorCode;

    public sealed class DestinationUnavailable : ErrorCode;

    public sealed class DestinationIpProhibited : ErrorCode;

    public sealed class DestinationIpUnroutable : ErrorCode;

    public sealed class ConnectionRefused : ErrorCode;

    public sealed class ConnectionTerminated : ErrorCode;

    public sealed class ConnectionTimeout : ErrorCode;

    public sealed class ConnectionReadTimeout : ErrorCode;

    public sealed class ConnectionWriteTimeout : ErrorCode;

    public sealed class ConnectionLimitReached : ErrorCode;

    public sealed class TlsProtocolError : ErrorCode;

    public sealed class TlsCertificateError : ErrorCode;

    public sealed class TlsAlertReceived(TlsAlertReceivedPayload value) : ErrorCode
    {
        public TlsAlertReceivedPayload Value { get; } = value;
    }

    public sealed class HttpRequestDenied : ErrorCode;

    public sealed class HttpRequestLengthRequired : ErrorCode;

    public sealed class HttpRequestBodySize(ulong? value) : ErrorCode
    {
        public ulong? Value { get; } = value;
    }

    public sealed class HttpRequestMethodInvalid : ErrorCode;

    public sealed class HttpRequestUriInvalid : ErrorCode;

    public sealed class HttpRequestUriTooLong : ErrorCode;

    public sealed class HttpRequestHeaderSectionSize(uint? value) : ErrorCode
    {
        public uint? Value { get; } = value;
    }

    public sealed class HttpRequestHeaderSize(FieldSizePayload? value) : ErrorCode
    {
        public FieldSizePayload? Value { get; } = value;
    }

    public sealed class HttpRequestTrailerSectionSize(uint? value) : ErrorCode
    {
        public uint? Value { get; } = value;
    }

    public sealed class HttpRequestTrailerSize(FieldSizePayload value) : ErrorCode
    {
        public FieldSizePayload Value { get; } = value;
    }

    public sealed class HttpResponseIncomplete : ErrorCode;

    public sealed class HttpResponseHeaderSectionSize(uint? value) : ErrorCode
    {
        public uint? Value { get; } = value;
    }

    public sealed class HttpResponseHeaderSize(FieldSizePayload value) : ErrorCode
    {
        public FieldSizePayload Value { get; } = value;
    }

    public sealed class HttpResponseBodySize(ulong? value) : ErrorCode
    {
        public ulong? Value { get; } = value;
    }

    public sealed class HttpResponseTrailerSectionSize(uint? value) : ErrorCode
    {
        public uint? Value { get; } = value;
    }

    public sealed class HttpResponseTrailerSize(FieldSizePayload value) : ErrorCode
    {
        public FieldSizePayload Value { get; } = value;
    }

    public sealed class HttpResponseTransferCoding(string? value) : ErrorCode
    {
        public string? Value { get; } = value;
    }

    public sealed class HttpResponseContentCoding(string? value) : ErrorCode
    {
        public string? Value { get; } = value;
    }

    public sealed class HttpResponseTimeout : ErrorCode;

    public sealed class HttpUpgradeFailed : ErrorCode;

    public sealed class HttpProtocolError : ErrorCode;

    public sealed class LoopDetected : ErrorCode;

    public sealed class ConfigurationError : ErrorCode;

    public sealed class InternalError(string? value) : ErrorCode
    {
        public string? Value { get; } = value;
    }
}
