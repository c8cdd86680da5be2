using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Atoll.Components;
using Atoll.Wasi.Network;
using Atoll.Wasi.Platform;

namespace Atoll.Wasi.Tests.Platform;

/// <summary><c>atoll:platform/dns</c>, <c>tcp</c> and <c>tls</c> as guests see them.</summary>
public sealed class ProbeTests
{
    private const string Resolve = "dns#resolve";

    [Fact]
    public void Records_come_with_their_time_to_live()
    {
        using NameServer server = new(query => query.Answer(
            Record(query, 5, 300, [5, .. "other"u8, 0xC0, 0x0C]), Record(query, 1, 60, [93, 184, 216, 34]), Record(query, 1, 60, [10, 0, 0, 1])));
        using PlatformProbe probe = new(Grants.None.AllowResolve("*.example.org").WithNetwork(server.Backend));
        DnsAnswers answers = Ask(probe, "www.example.org", RecordKind.A).Value;
        Assert.Equal([RecordKind.Cname, RecordKind.A], answers.Records.Select(record => record.Kind));
        Assert.Equal(("other.www.example.org", 300u), (answers.Records[0].Value, answers.Records[0].Ttl));
        Assert.Equal(("93.184.216.34", 60u), (answers.Records[1].Value, answers.Records[1].Ttl));
        Assert.Equal("net:resolve:www.example.org", Assert.Single(probe.Decisions).Capability.ToString());
    }

    [Theory]
    [InlineData(nameof(RecordKind.Mx), 15, "000A046d61696cC00C", "10 mail.a.test")]
    [InlineData(nameof(RecordKind.Txt), 16, "03613d62026364", "a=bcd")]
    [InlineData(nameof(RecordKind.Soa), 6, "026e73C00C0161C00C0000000100000002000000030000000400000005", "ns.a.test a.a.test 1 2 3 4 5")]
    [InlineData(nameof(RecordKind.Srv), 33, "0001000201BB0161C00C", "1 2 443 a.a.test")]
    [InlineData(nameof(RecordKind.Aaaa), 28, "26064700000000000000000000001111", "2606:4700::1111")]
    [InlineData(nameof(RecordKind.Caa), 257, "0005697373756563612e74657374", "0 issue \"ca.test\"")]
    [InlineData(nameof(RecordKind.Ns), 2, "04612e6220C00C", "a\\046b\\032.a.test")]
    public void Every_kind_of_record_is_read(string kind, int type, string data, string expected)
    {
        using NameServer server = new(query => query.Answer(Record(query, type, 5, Convert.FromHexString(data))));
        using PlatformProbe probe = new(Grants.None.AllowResolve("**").WithNetwork(server.Backend));
        Assert.Equal(expected, Assert.Single(Ask(probe, "a.test", Enum.Parse<RecordKind>(kind)).Value.Records).Value);
    }

    [Fact]
    public void A_name_that_there_is_not_and_a_server_that_fails_are_told_apart()
    {
        using NameServer missing = new(query => query.Reply(3));
        using PlatformProbe probe = new(Grants.None.AllowResolve("**").WithNetwork(missing.Backend));
        Assert.Equal(NetworkFailure.NameUnresolved, Failure(Ask(probe, "a.test", RecordKind.A)));
        using NameServer failing = new(query => query.Reply(2));
        using PlatformProbe other = new(Grants.None.AllowResolve("**").WithNetwork(failing.Backend));
        Assert.Equal(NetworkFailure.NameServer, Failure(Ask(other, "a.test", RecordKind.A)));
        using NameServer empty = new(query => query.Reply(0));
        using PlatformProbe third = new(Grants.None.AllowResolve("**").WithNetwork(empty.Backend));
        Assert.Empty(Ask(third, "a.test", RecordKind.A).Value.Records);
    }

    [Fact]
    public void Answers_of_somebody_else_and_broken_ones_are_passed_over()
    {
        byte[][] Spoil(Query query)
        {
            byte[] good = query.Answer(Record(query, 1, 60, [93, 184, 216, 34]))[0];
            byte[] wrongNumber = [.. good];
            wrongNumber[0] ^= 1;
            byte[] wrongName = [.. good];
            wrongName[13] = (byte)'z';
            byte[] loop = query.Answer([0xC0, (byte)query.Bytes.Length, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])[0];
            return [[], [1, 2], wrongNumber, wrongName, good[..^2], loop, good];
        }

        using NameServer server = new(Spoil);
        using PlatformProbe probe = new(Grants.None.AllowResolve("**").WithNetwork(server.Backend));
        Assert.Equal("93.184.216.34", Assert.Single(Ask(probe, "a.test", RecordKind.A).Value.Records).Value);
    }

    [Fact]
    public void Bytes_that_somebody_made_up_never_do_more_than_fail()
    {
        Random random = new(1);
        byte[] query = DnsMessage.WriteQuery(7, "a.test", RecordKind.A);
        byte[] good = new Query(query).Answer(Record(new Query(query), 1, 60, [1, 2, 3, 4]), Record(new Query(query), 6, 60, [0xC0, 0x0C, 0xC0, 0x0C, .. new byte[20]]))[0];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. good.AsSpan(0, random.Next(good.Length + 1))];
            for (int j = random.Next(4); j > 0 && bytes.Length > 12; j--)
            {
                bytes[random.Next(2, bytes.Length)] = (byte)random.Next(256);
            }

            DnsMessage.Read(bytes, query, RecordKind.A);
        }
    }

    [Fact]
    public void Private_addresses_are_not_told()
    {
        using NameServer server = new(query => query.Answer(Record(query, 1, 60, [10, 0, 0, 1])));
        using PlatformProbe probe = new(Grants.None.AllowNetwork("a.test:443").WithNetwork(server.Backend));
        Assert.Equal("net:resolve:a.test", Assert.IsType<PlatformError.Denied>(Ask(probe, "A.test.", RecordKind.A).Error).Value);
        using PlatformProbe trusted = new(Grants.None.AllowNetwork("a.test:443").AllowPrivateNetwork().WithNetwork(server.Backend));
        Assert.Single(Ask(trusted, "a.test", RecordKind.A).Value.Records);
        Assert.IsType<PlatformError.Denied>(Ask(trusted, "b.test", RecordKind.A).Error);
        Assert.All(["", "a..b", "*", new string('a', 64), string.Join('.', Enumerable.Repeat("abcdefg", 40))], name => Assert.IsType<PlatformError.Invalid>(Ask(trusted, name, RecordKind.A).Error));
    }

    [Fact]
    public void A_connection_is_made_and_closed()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using PlatformProbe probe = new(Grants.None.AllowNetwork($"127.0.0.1:{port}", "127.0.0.1:1").AllowClock());
        var connect = probe.Get<Func<string, ushort, ulong?, Result<ConnectionFacts, PlatformError>>>("tcp#probe");
        ConnectionFacts facts = connect("127.0.0.1", (ushort)port, null).Value;
        Assert.Equal(("127.0.0.1", (ushort)port, 0ul), (facts.Address, facts.Port, facts.Lookup));
        Assert.True(facts.Connect > 0);
        using (Socket accepted = listener.AcceptSocket())
        {
            Assert.Equal(0, accepted.Receive(new byte[1]));
        }

        Assert.Equal(NetworkFailure.Refused, Failure(connect("127.0.0.1", 1, null)));
        Assert.Equal("net:connect:127.0.0.1:2", Assert.IsType<PlatformError.Denied>(connect("127.0.0.1", 2, null).Error).Value);
        Assert.Equal("net:connect:[::1]:1", Assert.IsType<PlatformError.Denied>(connect("::1", 1, null).Error).Value);
        Assert.IsType<PlatformError.Invalid>(connect("127.0.0.1", 0, null).Error);
        Assert.IsType<PlatformError.Invalid>(connect("a b", 1, null).Error);
        Assert.IsType<PlatformError.Invalid>(connect("127.0.0.1", 1, 61_000_000_000).Error);
    }

    [Fact]
    public void A_handshake_shows_the_certificate_and_what_is_wrong_with_it()
    {
        using TlsServer server = new(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(-1));
        using PlatformProbe probe = new(Grants.None.AllowNetwork($"localhost:{server.Port}").AllowClock());
        var handshake = probe.Get<Func<string, ushort, string?, ulong?, Result<SessionFacts, PlatformError>>>("tls#probe");
        SessionFacts facts = handshake("localhost", (ushort)server.Port, "other.test", null).Value;
        CertificateFacts certificate = facts.Chain[0];
        Assert.StartsWith("TLS 1.", facts.Protocol, StringComparison.Ordinal);
        Assert.StartsWith("TLS_", facts.Cipher, StringComparison.Ordinal);
        Assert.Equal("http/1.1", facts.Alpn);
        Assert.Equal(("CN=probe.test", "CN=probe.test", "ECDSA 256"), (certificate.Subject, certificate.Issuer, certificate.Key));
        Assert.Equal(["probe.test", "127.0.0.1"], certificate.Names);
        Assert.Equal(server.Certificate.GetCertHashString(HashAlgorithmName.SHA256), certificate.Fingerprint, ignoreCase: true);
        Assert.Equal(TimeSpan.FromDays(9).TotalSeconds, certificate.NotAfter - certificate.NotBefore);
        Assert.Contains(TlsProblem.NameMismatch, facts.Problems);
        Assert.Contains(TlsProblem.Expired, facts.Problems);
        Assert.Contains(TlsProblem.UntrustedRoot, facts.Problems);
        Assert.True(facts is { Handshake: > 0, Connection.Connect: > 0 });
        Assert.DoesNotContain(TlsProblem.NameMismatch, handshake("localhost", (ushort)server.Port, "probe.test", null).Value.Problems);
    }

    [Fact]
    public void Who_speaks_no_tls_is_a_failure_of_tls_or_takes_too_long()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        _ = Task.Run(async () =>
        {
            using Socket socket = await listener.AcceptSocketAsync();
            await socket.SendAsync("220 hello\r\n"u8.ToArray());
            using Socket silent = await listener.AcceptSocketAsync();
            await Task.Delay(3000);
        });
        using PlatformProbe probe = new(Grants.None.AllowNetwork($"localhost:{port}"));
        var handshake = probe.Get<Func<string, ushort, string?, ulong?, Result<SessionFacts, PlatformError>>>("tls#probe");
        Assert.Contains(Failure(handshake("localhost", (ushort)port, null, null)), (NetworkFailure[])[NetworkFailure.Tls, NetworkFailure.Closed]);
        Assert.IsType<PlatformError.Timeout>(handshake("localhost", (ushort)port, null, 100_000_000).Error);
    }

    private static Result<DnsAnswers, PlatformError> Ask(PlatformProbe probe, string name, RecordKind kind) =>
        probe.Get<Func<string, RecordKind, ulong?, Result<DnsAnswers, PlatformError>>>(Resolve)(name, kind, null);

    private static NetworkFailure Failure<T>(Result<T, PlatformError> result) => Assert.IsType<PlatformError.Network>(result.Error).Value;

    /// <summary>A record that belongs to the name of the question.</summary>
    private static byte[] Record(Query query, int type, int ttl, byte[] data) =>
        [0xC0, 12, (byte)(type >> 8), (byte)type, 0, 1, 0, 0, (byte)(ttl >> 8), (byte)ttl, (byte)(data.Length >> 8), (byte)data.Length, .. data];

    /// <summary>A question without the record of EDNS.</summary>
    private sealed class Query(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes[..^11];

        public byte[][] Reply(byte code) => [[.. Bytes[..2], 0x81, (byte)(0x80 | code), 0, 1, 0, 0, 0, 0, 0, 0, .. Bytes[12..]]];

        public byte[][] Answer(params byte[][] records) => [[.. Bytes[..2], 0x81, 0x80, 0, 1, 0, (byte)records.Length, 0, 0, 0, 0, .. Bytes[12..], .. records.SelectMany(record => record)]];
    }

    private sealed class NameServer : NetworkBackend, IDisposable
    {
        private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        private readonly DnsClient _client;

        public NameServer(Func<Query, byte[][]> answer)
        {
            _client = new DnsClient(() => [(IPEndPoint)_socket.Client.LocalEndPoint!]);
            _ = Task.Run(async () =>
            {
                while (true)
                {
                    UdpReceiveResult query = await _socket.ReceiveAsync();
                    foreach (byte[] datagram in answer(new Query(query.Buffer)))
                    {
                        await _socket.SendAsync(datagram, query.RemoteEndPoint);
                    }
                }
            });
        }

        public NetworkBackend Backend => this;

        public override Task<DnsAnswer[]> QueryAsync(string name, RecordKind kind, CancellationToken cancellation) => _client.QueryAsync(name, kind, cancellation);

        public void Dispose() => _socket.Dispose();
    }

    private sealed class TlsServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public TlsServer(DateTimeOffset from, DateTimeOffset until)
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = new("CN=probe.test", key, HashAlgorithmName.SHA256);
            SubjectAlternativeNameBuilder names = new();
            names.AddDnsName("probe.test");
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            using X509Certificate2 signed = request.CreateSelfSigned(from, until);
            Certificate = X509CertificateLoader.LoadPkcs12(signed.Export(X509ContentType.Pkcs12), null);
            _listener.Start();
            _ = Task.Run(async () =>
            {
                while (true)
                {
                    using Socket socket = await _listener.AcceptSocketAsync();
                    using SslStream tls = new(new NetworkStream(socket));
                    try
                    {
                        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate, ApplicationProtocols = [SslApplicationProtocol.Http11] });
                        await tls.CopyToAsync(Stream.Null);
                    }
                    catch (Exception exception) when (exception is IOException or AuthenticationException)
                    {
                        // The probe has gone away.
                    }
                }
            });
        }

        public X509Certificate2 Certificate { get; }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose()
        {
            _listener.Dispose();
            Certificate.Dispose();
        }
    }
}
