using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using Atoll.Wasi.Platform;

namespace Atoll.Wasi.Network;

/// <summary>Asks name servers. .NET's own way gives addresses only, and not how long they hold.</summary>
/// <param name="servers">The servers, in the order in which they are asked.</param>
internal sealed class DnsClient(Func<IReadOnlyList<IPEndPoint>> servers)
{
    private const int Port = 53;
    private const int Rounds = 2;
    private const int NameError = 3;
    private const int MaximumServers = 4;

    // RFC 1035, section 4.2.1: a few seconds, so that a lost datagram is sent again before the guest's time is over.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    /// <summary>The one that asks the system's name servers.</summary>
    public static DnsClient System { get; } = new(SystemServers);

    /// <summary>Asks for the records of a name.</summary>
    /// <param name="name">The name, in ASCII, without a dot at the end.</param>
    /// <param name="kind">Which records.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="PlatformFailure">There is no such name, or no server answers.</exception>
    public async Task<DnsAnswer[]> QueryAsync(string name, RecordKind kind, CancellationToken cancellation)
    {
        IPEndPoint[] known = [.. servers().Take(MaximumServers)];
        for (int round = 0; round < Rounds; round++)
        {
            foreach (IPEndPoint server in known)
            {
                if (await TryAskAsync(server, name, kind, cancellation).ConfigureAwait(false) is not { } reply)
                {
                    continue;
                }

                if (reply.Code == NameError)
                {
                    throw new PlatformFailure(new PlatformError.Network(NetworkFailure.NameUnresolved));
                }

                if (reply.Code == 0)
                {
                    return [.. reply.Records];
                }
            }
        }

        throw new PlatformFailure(new PlatformError.Network(NetworkFailure.NameServer));
    }

    private static async Task<DnsReply?> TryAskAsync(IPEndPoint server, string name, RecordKind kind, CancellationToken cancellation)
    {
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(Patience);
        try
        {
            byte[] query = DnsMessage.WriteQuery((ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1), name, kind);
            DnsReply reply = await AskByDatagramAsync(server, query, kind, timer.Token).ConfigureAwait(false);
            return reply.IsCut ? await AskByStreamAsync(server, query, kind, timer.Token).ConfigureAwait(false) : reply;
        }
        catch (Exception exception) when (exception is SocketException or IOException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>The port is another one for each question, and what is no answer to it is passed over: so others cannot easily answer in the server's place.</summary>
    private static async Task<DnsReply> AskByDatagramAsync(IPEndPoint server, byte[] query, RecordKind kind, CancellationToken cancellation)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellation).ConfigureAwait(false);
        await socket.SendAsync(query, cancellation).ConfigureAwait(false);
        byte[] buffer = new byte[4096];
        while (true)
        {
            int length = await socket.ReceiveAsync(buffer, cancellation).ConfigureAwait(false);
            if (DnsMessage.Read(buffer.AsSpan(0, length), query, kind) is { } reply)
            {
                return reply;
            }
        }
    }

    /// <summary>RFC 1035, section 4.2.2: the same with its length before it.</summary>
    private static async Task<DnsReply?> AskByStreamAsync(IPEndPoint server, byte[] query, RecordKind kind, CancellationToken cancellation)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellation).ConfigureAwait(false);
        using NetworkStream stream = new(socket);
        byte[] framed = new byte[query.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Length);
        query.CopyTo(framed, 2);
        await stream.WriteAsync(framed, cancellation).ConfigureAwait(false);
        byte[] length = new byte[2];
        await stream.ReadExactlyAsync(length, cancellation).ConfigureAwait(false);
        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(message, cancellation).ConfigureAwait(false);
        return DnsMessage.Read(message, query, kind);
    }

    private static List<IPEndPoint> SystemServers()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces()
                .Where(item => item.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                .SelectMany(item => item.GetIPProperties().DnsAddresses)
                .Where(address => !address.IsIPv6SiteLocal)
                .Distinct()
                .Select(address => new IPEndPoint(address, Port))];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }
}
