using System.Diagnostics;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using Atoll.Wasi.Platform;
using Atoll.Wasi.Preview2.Http;

namespace Atoll.Wasi.Network;

/// <summary>The network behind a <see cref="NetworkPolicy"/>, which has said yes already: the system's, or another one that derives from it. Thread-safe.</summary>
internal class NetworkBackend
{
    public static readonly NetworkBackend System = new();

    /// <summary>Whether guests may have sockets of the system, which do not go through this.</summary>
    public virtual bool HasSockets => true;

    /// <summary>The addresses of a name.</summary>
    /// <exception cref="SocketException">There are none.</exception>
    public virtual Task<IPAddress[]> FindAsync(string host, CancellationToken cancellation) => Dns.GetHostAddressesAsync(host, cancellation);

    /// <summary>What name servers say about a name.</summary>
    /// <exception cref="PlatformFailure">They say that there is no such name, or nothing.</exception>
    public virtual Task<DnsAnswer[]> QueryAsync(string name, RecordKind kind, CancellationToken cancellation) => DnsClient.System.QueryAsync(name, kind, cancellation);

    /// <summary>What sends requests of HTTP.</summary>
    public virtual HttpMessageInvoker MakeInvoker(NetworkPolicy policy) => OutgoingHttp.MakeInvoker(policy);

    /// <summary>Connects, and closes the connection again.</summary>
    /// <exception cref="HttpFailure">It cannot be done, or is not granted.</exception>
    public virtual async Task<ConnectionFacts> ProbeAsync(NetworkPolicy policy, string host, int port, CancellationToken cancellation)
    {
        (Socket socket, ConnectionFacts facts) = await OpenAsync(policy, host, port, cancellation).ConfigureAwait(false);
        socket.Dispose();
        return facts;
    }

    /// <summary>Connects, makes a handshake of TLS, and closes the connection again.</summary>
    /// <exception cref="HttpFailure">It cannot be done, or is not granted.</exception>
    public virtual async Task<SessionFacts> ProbeTlsAsync(NetworkPolicy policy, string host, int port, string serverName, CancellationToken cancellation)
    {
        (Socket socket, ConnectionFacts facts) = await OpenAsync(policy, host, port, cancellation).ConfigureAwait(false);
        using NetworkStream stream = new(socket, ownsSocket: true);
        return await TlsProbe.RunAsync(stream, facts, serverName, cancellation).ConfigureAwait(false);
    }

    private static async Task<(Socket Socket, ConnectionFacts Facts)> OpenAsync(NetworkPolicy policy, string host, int port, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        IPAddress[] addresses = await policy.FindAsync(host, port, cancellation).ConfigureAwait(false);
        TimeSpan lookup = IPAddress.TryParse(host, out _) ? TimeSpan.Zero : Stopwatch.GetElapsedTime(began);
        long found = Stopwatch.GetTimestamp();
        Socket socket = await NetworkPolicy.ConnectAsync(addresses, port, cancellation).ConfigureAwait(false);
        TimeSpan connect = Stopwatch.GetElapsedTime(found);
        IPAddress peer = ((IPEndPoint)socket.RemoteEndPoint!).Address;
        return (socket, new ConnectionFacts(peer.ToString(), (ushort)port, Nanoseconds(lookup), Nanoseconds(connect)));
    }

    public static ulong Nanoseconds(TimeSpan time) => (ulong)Math.Max(0, time.Ticks) * 100;
}
