using System.Collections.Immutable;
using Atoll.Wasi.Platform;

namespace Atoll.Testing;

/// <summary>A record of the mock name server.</summary>
/// <param name="Kind">Its kind, as WIT has it: <c>a</c>, <c>aaaa</c>, <c>cname</c>, <c>mx</c>, <c>ns</c>, <c>txt</c>, <c>soa</c>, <c>srv</c>, <c>ptr</c>, <c>caa</c>.</param>
/// <param name="Value">What it says.</param>
/// <param name="Ttl">Seconds that it may be kept.</param>
public sealed record MockDnsRecord(string Kind, string Value, uint Ttl = 60)
{
    internal DnsAnswer ToAnswer(string name) => Enum.TryParse(Kind, ignoreCase: true, out RecordKind kind) && Enum.IsDefined(kind)
        ? kind is RecordKind.A or RecordKind.Aaaa && !System.Net.IPAddress.TryParse(Value, out _)
            ? throw new ArgumentException($"`{Value}` is no address, which a record of the kind {Kind} has")
            : new DnsAnswer(name, kind, Value, Ttl)
        : throw new ArgumentException($"`{Kind}` is no kind of records; there are {string.Join(", ", Enum.GetNames<RecordKind>()).ToLowerInvariant()}");
}

/// <summary>What a mock server shows in a handshake of TLS.</summary>
public sealed record MockTlsSession
{
    /// <summary>The protocol.</summary>
    public string Protocol { get; init; } = "TLS 1.3";

    /// <summary>The cipher suite.</summary>
    public string Cipher { get; init; } = "TLS_AES_256_GCM_SHA384";

    /// <summary>The protocol that was agreed on; empty for none.</summary>
    public string Alpn { get; init; } = "h2";

    /// <summary>Whose the certificate is; null for the host.</summary>
    public string? Subject { get; init; }

    /// <summary>Who signed it.</summary>
    public string Issuer { get; init; } = "CN=Mock CA";

    /// <summary>Names that it stands for; empty for the host.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    /// <summary>From when on it is valid.</summary>
    public DateTimeOffset NotBefore { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>Until when it is valid.</summary>
    public DateTimeOffset NotAfter { get; init; } = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What is wrong with it, as WIT has it: <c>expired</c>, <c>name-mismatch</c> and so on.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];

    /// <summary>Time to connect.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Time for the handshake.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromMilliseconds(20);

    internal SessionFacts ToFacts(string host, int port)
    {
        CertificateFacts certificate = new(
            Subject ?? $"CN={host}", Issuer, Names.IsDefaultOrEmpty ? [host] : [.. Names], NotBefore.ToUnixTimeSeconds(), NotAfter.ToUnixTimeSeconds(),
            "01", new string('0', 64), "ECDSA 256", "sha256ECDSA");
        TlsProblem[] problems = [.. Problems.Select(problem => Enum.TryParse(problem.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out TlsProblem known) && Enum.IsDefined(known)
            ? known
            : throw new ArgumentException($"`{problem}` is no problem of a certificate; see atoll:platform/tls"))];
        return new SessionFacts(
            new ConnectionFacts("192.0.2.1", (ushort)port, 0, (ulong)Connect.Ticks * 100), (ulong)Handshake.Ticks * 100, Protocol, Cipher, Alpn, [certificate], problems);
    }
}
