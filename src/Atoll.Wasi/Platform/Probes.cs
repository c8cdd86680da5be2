namespace Atoll.Wasi.Platform;

/// <summary><c>atoll:platform/dns.record-kind</c></summary>
internal enum RecordKind
{
    A,
    Aaaa,
    Cname,
    Mx,
    Ns,
    Txt,
    Soa,
    Srv,
    Ptr,
    Caa,
}

/// <summary><c>atoll:platform/dns.answer</c></summary>
internal sealed record DnsAnswer(string Name, RecordKind Kind, string Value, uint Ttl);

/// <summary><c>atoll:platform/dns.answers</c></summary>
internal sealed record DnsAnswers(DnsAnswer[] Records, ulong Elapsed);

/// <summary><c>atoll:platform/tcp.connection</c></summary>
internal sealed record ConnectionFacts(string Address, ushort Port, ulong Lookup, ulong Connect);

/// <summary><c>atoll:platform/tls.problem</c></summary>
internal enum TlsProblem
{
    NameMismatch,
    Expired,
    NotYetValid,
    UntrustedRoot,
    Revoked,
    BrokenChain,
    NoCertificate,
}

/// <summary><c>atoll:platform/tls.certificate</c></summary>
internal sealed record CertificateFacts(
    string Subject, string Issuer, string[] Names, long NotBefore, long NotAfter, string Serial, string Fingerprint, string Key, string Signature);

/// <summary><c>atoll:platform/tls.session</c></summary>
internal sealed record SessionFacts(
    ConnectionFacts Connection, ulong Handshake, string Protocol, string Cipher, string Alpn, CertificateFacts[] Chain, TlsProblem[] Problems);
