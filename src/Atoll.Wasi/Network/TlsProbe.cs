using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Atoll.Wasi.Platform;

namespace Atoll.Wasi.Network;

/// <summary>Makes a handshake of TLS and says what the other end showed.</summary>
internal static class TlsProbe
{
    private const int MaximumCertificates = 16;
    private const int MaximumNames = 256;

    // RFC 5280, section 4.2.1.6.
    private const string AlternativeNames = "2.5.29.17";

    /// <summary>How certificates are judged. Nothing is loaded from where a certificate says: it would be the host that asks whomever the certificate names.</summary>
    public static X509ChainPolicy ChainPolicy() => new() { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };

    /// <exception cref="AuthenticationException">There is no common protocol, or the other end speaks none.</exception>
    public static async Task<SessionFacts> RunAsync(Stream connection, ConnectionFacts facts, string serverName, CancellationToken cancellation)
    {
        CertificateFacts[] shown = [];
        TlsProblem[] problems = [];
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = serverName,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            CertificateChainPolicy = ChainPolicy(),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                X509Certificate2? leaf = certificate as X509Certificate2;
                shown = [.. Shown(leaf, chain).Take(MaximumCertificates).Select(Describe)];
                problems = [.. Problems(leaf, chain, errors).Distinct().Order()];
                return true;
            },
        };
        SslStream tls = new(connection, leaveInnerStreamOpen: true);
        await using (tls.ConfigureAwait(false))
        {
            long began = Stopwatch.GetTimestamp();
            await tls.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
            TimeSpan handshake = Stopwatch.GetElapsedTime(began);
            return new SessionFacts(
                facts, NetworkBackend.Nanoseconds(handshake), NameOf(tls.SslProtocol), tls.NegotiatedCipherSuite.ToString(),
                tls.NegotiatedApplicationProtocol.ToString(), shown, problems);
        }
    }

    /// <summary>The certificates that came from the other end: its own first, then what it added.</summary>
    private static IEnumerable<X509Certificate2> Shown(X509Certificate2? leaf, X509Chain? chain)
    {
        if (leaf is null)
        {
            return [];
        }

        IEnumerable<X509Certificate2> added = chain?.ChainPolicy.ExtraStore.Where(other => !other.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span)) ?? [];
        return added.Prepend(leaf);
    }

    private static IEnumerable<TlsProblem> Problems(X509Certificate2? leaf, X509Chain? chain, SslPolicyErrors errors)
    {
        if (leaf is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            yield return TlsProblem.NoCertificate;
            yield break;
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            yield return TlsProblem.NameMismatch;
        }

        foreach (X509ChainStatus status in chain?.ChainStatus ?? [])
        {
            switch (status.Status)
            {
                case X509ChainStatusFlags.NotTimeValid:
                    bool isEarly = chain!.ChainElements.Any(element => element.Certificate.NotBefore > DateTime.Now);
                    yield return isEarly ? TlsProblem.NotYetValid : TlsProblem.Expired;
                    break;
                case X509ChainStatusFlags.UntrustedRoot:
                    yield return TlsProblem.UntrustedRoot;
                    break;
                case X509ChainStatusFlags.Revoked:
                    yield return TlsProblem.Revoked;
                    break;
                case X509ChainStatusFlags.NoError or X509ChainStatusFlags.RevocationStatusUnknown or X509ChainStatusFlags.OfflineRevocation:
                    break;
                default:
                    yield return TlsProblem.BrokenChain;
                    break;
            }
        }
    }

    private static CertificateFacts Describe(X509Certificate2 certificate) => new(
        certificate.Subject, certificate.Issuer, [.. NamesOf(certificate).Take(MaximumNames)],
        new DateTimeOffset(certificate.NotBefore).ToUnixTimeSeconds(), new DateTimeOffset(certificate.NotAfter).ToUnixTimeSeconds(),
        certificate.SerialNumber.ToLowerInvariant(), Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span)),
        KeyOf(certificate), certificate.SignatureAlgorithm.FriendlyName ?? certificate.SignatureAlgorithm.Value ?? "");

    private static IEnumerable<string> NamesOf(X509Certificate2 certificate)
    {
        X509Extension? extension = certificate.Extensions.FirstOrDefault(item => item.Oid?.Value == AlternativeNames);
        try
        {
            X509SubjectAlternativeNameExtension? names = extension is null ? null : new(extension.RawData);
            return names is null ? [] : [.. names.EnumerateDnsNames(), .. names.EnumerateIPAddresses().Select(address => address.ToString())];
        }
        catch (CryptographicException)
        {
            // Not what it should be; the guest sees that there are none.
            return [];
        }
    }

    private static string KeyOf(X509Certificate2 certificate)
    {
        try
        {
            using RSA? rsa = certificate.GetRSAPublicKey();
            using ECDsa? elliptic = rsa is null ? certificate.GetECDsaPublicKey() : null;
            return rsa is not null ? string.Create(CultureInfo.InvariantCulture, $"RSA {rsa.KeySize}")
                : elliptic is not null ? string.Create(CultureInfo.InvariantCulture, $"ECDSA {elliptic.KeySize}")
                : certificate.PublicKey.Oid.FriendlyName ?? certificate.PublicKey.Oid.Value ?? "";
        }
        catch (CryptographicException)
        {
            return certificate.PublicKey.Oid.Value ?? "";
        }
    }

    private static string NameOf(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls13 => "TLS 1.3",
        SslProtocols.Tls12 => "TLS 1.2",
        _ => protocol.ToString(),
    };
}
