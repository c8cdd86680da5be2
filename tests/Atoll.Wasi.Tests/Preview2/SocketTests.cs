using System.Net;
using System.Net.Sockets;
using System.Text;
using Atoll.Components;
using Atoll.Wasi.Network;
using Atoll.Wasi.Preview2.Io;
using Atoll.Wasi.Preview2.Sockets;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary><c>wasi:sockets</c>: names, connections and datagrams, with grants and without.</summary>
public sealed class SocketTests
{
    private const string Tcp = "sockets/tcp#[method]tcp-socket.";

    [Fact]
    public void Without_a_grant_nothing_is_reached()
    {
        using WasiProbe probe = new();
        Assert.Equal(ErrorCode.AccessDenied, MakeTcp(probe).StartConnect(Point(IPAddress.Loopback, 80)).Error);
        Assert.Equal(ErrorCode.AccessDenied, MakeTcp(probe).StartBind(Point(IPAddress.Any, 0)).Error);
        Assert.Equal(ErrorCode.AccessDenied, NameLookup.Resolve(probe.Context, "example.org").Error);
        Assert.Equal(
            ["net:connect:127.0.0.1:80", "net:listen:0.0.0.0:0", "net:resolve:example.org"],
            probe.Decisions.Select(decision => decision.Allowed ? "allowed" : decision.Capability.ToString()));
    }

    [Theory]
    [InlineData("**:*", "127.0.0.1", 80)]
    [InlineData("**:*", "169.254.169.254", 80)]
    [InlineData("127.0.0.1:81", "127.0.0.1", 80)]
    [InlineData("**:*", "64:ff9b::7f00:1", 80)]
    [InlineData("**:*", "fe80::1", 80)]
    public void A_grant_reaches_no_further_than_it_says(string grant, string address, int port)
    {
        using WasiProbe probe = new(Grants.None.AllowNetwork(grant));
        IPAddress peer = IPAddress.Parse(address);
        IpAddressFamily family = peer.AddressFamily == AddressFamily.InterNetwork ? IpAddressFamily.Ipv4 : IpAddressFamily.Ipv6;
        Assert.Equal(ErrorCode.AccessDenied, TcpSocket.Create(probe.Context, family).Value!.StartConnect(Point(peer, port)).Error);
    }

    [Fact]
    public void A_grant_to_listen_is_none_to_connect()
    {
        using WasiProbe probe = new(Grants.None.AllowListen("*:*"));
        Assert.Equal(ErrorCode.AccessDenied, MakeTcp(probe).StartConnect(Point(IPAddress.Loopback, 80)).Error);
        Assert.Equal(["net:listen:*:*"], Grants.None.AllowListen("*:*").Capabilities.Select(capability => capability.ToString()));
        Assert.Throws<FormatException>(() => Grants.None.AllowListen("example.org:80"));
        Assert.Throws<FormatException>(() => Grants.None.AllowListen("127.0.0.1"));
    }

    [Fact]
    public void A_guest_connects_to_itself_and_talks()
    {
        using WasiProbe probe = new(Grants.None.AllowListen("127.0.0.1:*").AllowNetwork("127.0.0.1:*"));
        TcpSocket server = Listen(probe, out IpSocketAddress address);
        Assert.True(server.IsListening);
        Assert.Equal(ErrorCode.WouldBlock, server.Accept().Error);
        TcpSocket client = MakeTcp(probe);
        (InputStream input, OutputStream output) = Connect(probe, client, address);
        Block(probe, Subscribe(probe, server));
        (TcpSocket accepted, InputStream heard, OutputStream said) = probe.Get<Func<TcpSocket, Result<(TcpSocket, InputStream, OutputStream), ErrorCode>>>(Tcp + "accept")(server).Value;
        Assert.Equal(client.LocalAddress().Value!.ToEndPoint(), accepted.RemoteAddress().Value!.ToEndPoint());
        Assert.Equal(address.ToEndPoint(), client.RemoteAddress().Value!.ToEndPoint());

        var write = probe.Get<Func<OutputStream, byte[], Result<Unit, StreamError>>>("io/streams#[method]output-stream.blocking-write-and-flush");
        Assert.False(write(output, "hello"u8.ToArray()).IsError);
        Assert.Equal("hello", Read(probe, heard));
        Assert.False(write(said, "you"u8.ToArray()).IsError);
        Assert.Equal("you", Read(probe, input));
        Assert.False(client.Shutdown(ShutdownType.Send).IsError);
        Assert.True(write(output, "more"u8.ToArray()).IsError);
        Assert.Null(Read(probe, heard));
        Assert.False(accepted.Shutdown(ShutdownType.Receive).IsError);
        probe.Get<Action<OutputStream>>("io/streams#drop output-stream")(said);
        Assert.Null(Read(probe, input));
        Assert.Throws<TrapException>(client.Drop);
    }

    [Fact]
    public void Who_does_not_read_holds_the_writer_up()
    {
        using WasiProbe probe = new(Grants.None.AllowListen("127.0.0.1:*").AllowNetwork("127.0.0.1:*"));
        TcpSocket server = Listen(probe, out IpSocketAddress address);
        (_, OutputStream output) = Connect(probe, MakeTcp(probe), address);
        Block(probe, Subscribe(probe, server));
        (_, InputStream heard, _) = server.Accept().Value;
        int written = 0;
        for (ulong room = output.CheckWrite().Value; room > 0; room = output.CheckWrite().Value)
        {
            Assert.Null(output.Write(new byte[room]));
            written += (int)room;
            Assert.InRange(written, 0, 64 * 1024 * 1024);
        }

        output.Drop();
        int read = 0;
        for (string? text = Read(probe, heard); text is not null; text = Read(probe, heard))
        {
            read += text.Length;
        }

        Assert.Equal(written, read);
    }

    [Fact]
    public void A_connect_that_is_refused_closes_the_socket()
    {
        using WasiProbe probe = new(Grants.None.AllowListen("127.0.0.1:*"));
        TcpSocket invalid = MakeTcp(probe);
        Assert.Equal(ErrorCode.InvalidArgument, invalid.StartConnect(Point(IPAddress.Loopback, 0)).Error);
        Assert.Equal(ErrorCode.InvalidArgument, invalid.StartConnect(Point(IPAddress.Any, 80)).Error);
        Assert.Equal(ErrorCode.InvalidState, invalid.StartConnect(Point(IPAddress.Loopback, 80)).Error);
        Assert.Equal(ErrorCode.InvalidState, invalid.StartBind(Point(IPAddress.Loopback, 0)).Error);

        TcpSocket denied = MakeTcp(probe);
        Assert.False(denied.StartBind(Point(IPAddress.Loopback, 0)).IsError);
        Assert.False(denied.FinishBind().IsError);
        Assert.Equal(ErrorCode.AccessDenied, denied.StartConnect(Point(IPAddress.Loopback, 80)).Error);
        Assert.Equal(ErrorCode.InvalidState, denied.StartListen().Error);
        Assert.Equal(ErrorCode.InvalidState, denied.LocalAddress().Error);

        using WasiProbe connects = new(Grants.None.AllowNetwork("127.0.0.1:*"));
        TcpSocket mute = MakeTcp(connects);
        Assert.False(mute.StartBind(Point(IPAddress.Any, 0)).IsError);
        Assert.False(mute.FinishBind().IsError);
        Assert.Equal(ErrorCode.AccessDenied, mute.StartListen().Error);
        Assert.Equal(ErrorCode.InvalidState, mute.StartListen().Error);
    }

    [Fact]
    public void States_are_kept()
    {
        using WasiProbe probe = new(Grants.None.AllowListen("127.0.0.1:*", "[::1]:*").AllowNetwork("127.0.0.1:*"));
        TcpSocket socket = MakeTcp(probe);
        Assert.Equal(ErrorCode.NotInProgress, socket.FinishBind().Error);
        Assert.Equal(ErrorCode.NotInProgress, socket.FinishConnect().Error);
        Assert.Equal(ErrorCode.NotInProgress, socket.FinishListen().Error);
        Assert.Equal(ErrorCode.InvalidState, socket.StartListen().Error);
        Assert.Equal(ErrorCode.InvalidState, socket.Accept().Error);
        Assert.Equal(ErrorCode.InvalidState, socket.LocalAddress().Error);
        Assert.Equal(ErrorCode.InvalidState, socket.RemoteAddress().Error);
        Assert.Equal(ErrorCode.InvalidState, socket.Shutdown(ShutdownType.Both).Error);
        Assert.Equal(ErrorCode.InvalidArgument, socket.StartBind(Point(IPAddress.IPv6Loopback, 0)).Error);
        Assert.Equal(ErrorCode.InvalidArgument, socket.StartBind(Point(IPAddress.Parse("224.0.0.1"), 0)).Error);
        Assert.False(socket.StartBind(Point(IPAddress.Loopback, 0)).IsError);
        Assert.Equal(ErrorCode.InvalidState, socket.StartBind(Point(IPAddress.Loopback, 0)).Error);
        Assert.Equal(ErrorCode.InvalidState, socket.StartListen().Error);
        Assert.Equal(ErrorCode.InvalidState, socket.StartConnect(Point(IPAddress.Loopback, 80)).Error);
        Assert.Equal(ErrorCode.InvalidState, socket.LocalAddress().Error);
        Assert.False(socket.FinishBind().IsError);
        Assert.Equal(ErrorCode.InvalidState, socket.StartBind(Point(IPAddress.Loopback, 0)).Error);

        // The port is taken, but nobody listens.
        TcpSocket other = MakeTcp(probe);
        Assert.False(other.StartConnect(socket.LocalAddress().Value!).IsError);
        Block(probe, Subscribe(probe, other));
        Assert.Equal(ErrorCode.ConnectionRefused, other.FinishConnect().Error);
        Assert.Equal(ErrorCode.InvalidState, other.StartConnect(socket.LocalAddress().Value!).Error);

        Assert.False(socket.StartListen().IsError);
        Assert.False(socket.FinishListen().IsError);
        Assert.Equal(ErrorCode.InvalidState, socket.StartConnect(Point(IPAddress.Loopback, 1)).Error);
        TcpSocket late = MakeTcp(probe);
        Assert.False(late.StartBind(socket.LocalAddress().Value!).IsError);
        Assert.Equal(ErrorCode.AddressInUse, late.FinishBind().Error);
    }

    [Fact]
    public void Options_are_set_and_read()
    {
        using WasiProbe probe = new();
        TcpSocket socket = MakeTcp(probe);
        Assert.Equal(IpAddressFamily.Ipv4, probe.Get<Func<TcpSocket, IpAddressFamily>>(Tcp + "address-family")(socket));
        var set = probe.Get<Func<TcpSocket, ulong, Result<Unit, ErrorCode>>>(Tcp + "set-keep-alive-idle-time");
        Assert.False(set(socket, 5_000_000_000).IsError);
        Assert.Equal(ErrorCode.InvalidArgument, set(socket, 0).Error);
        Assert.False(set(socket, ulong.MaxValue).IsError);
        Assert.False(socket.SetKeepAliveTime(SocketOptionName.TcpKeepAliveInterval, 7_000_000_000).IsError);
        Assert.Equal(7_000_000_000ul, socket.KeepAliveTime(SocketOptionName.TcpKeepAliveInterval).Value);
        Assert.False(socket.SetKeepAlive(true).IsError);
        Assert.True(socket.KeepAlive().Value);
        Assert.False(socket.SetKeepAliveCount(9).IsError);
        Assert.Equal(9u, socket.KeepAliveCount().Value);
        Assert.False(socket.SetHopLimit(42).IsError);
        Assert.Equal(42, socket.HopLimit().Value);
        Assert.Equal(ErrorCode.InvalidArgument, socket.SetHopLimit(0).Error);
        Assert.False(socket.SetReceiveBufferSize(64 * 1024).IsError);
        Assert.InRange(socket.ReceiveBufferSize().Value, 65_536ul, 1_048_576ul);
        Assert.False(socket.SetSendBufferSize(ulong.MaxValue).IsError);
        Assert.Equal(ErrorCode.InvalidArgument, socket.SetSendBufferSize(0).Error);
        Assert.Equal(ErrorCode.InvalidArgument, socket.SetBacklog(0).Error);
        Assert.False(socket.SetBacklog(ulong.MaxValue).IsError);
    }

    [Fact]
    public void There_is_a_limit_to_sockets()
    {
        using WasiProbe probe = new();
        TcpSocket first = MakeTcp(probe);
        for (int i = 1; i < SocketTable.MaximumSockets; i++)
        {
            MakeTcp(probe);
        }

        Assert.Equal(ErrorCode.NewSocketLimit, TcpSocket.Create(probe.Context, IpAddressFamily.Ipv4).Error);
        first.Drop();
        MakeTcp(probe);
    }

    [Fact]
    public void A_name_opens_the_addresses_that_it_stood_for()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        IPEndPoint peer = (IPEndPoint)listener.LocalEndpoint;
        using WasiProbe probe = new(Grants.None
            .AllowNetwork((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), $"a.test:{peer.Port}", "b.test:1").AllowPrivateNetwork());
        Assert.Equal(ErrorCode.AccessDenied, MakeTcp(probe).StartConnect(IpSocketAddress.Of(peer)).Error);
        Assert.Equal("127.0.0.1", Assert.Single(Lookup(probe, "b.test")));
        Assert.Equal(ErrorCode.AccessDenied, MakeTcp(probe).StartConnect(IpSocketAddress.Of(peer)).Error);
        Assert.Equal("127.0.0.1", Assert.Single(Lookup(probe, "A.test")));
        Connect(probe, MakeTcp(probe), IpSocketAddress.Of(peer));
        Assert.Contains(probe.Decisions, decision => decision.Allowed && decision.Capability.ToString() == $"net:connect:a.test:{peer.Port}");
        Assert.Equal(ErrorCode.AccessDenied, NameLookup.Resolve(probe.Context, "c.test").Error);
    }

    [Fact]
    public void Addresses_that_cannot_be_reached_are_not_told()
    {
        using WasiProbe probe = new(Grants.None.AllowNetwork((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.1")]), "a.test:*"));
        ResolveAddressStream stream = NameLookup.Resolve(probe.Context, "a.test").Value!;
        Block(probe, new Pollable(probe.Context, stream, stream));
        Assert.Equal(ErrorCode.AccessDenied, stream.Next().Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a:80")]
    public void What_is_no_name_is_refused(string name)
    {
        using WasiProbe probe = new(Grants.None.AllowNetwork("**:*"));
        Assert.Equal(ErrorCode.InvalidArgument, NameLookup.Resolve(probe.Context, name).Error);
    }

    [Fact]
    public void An_address_is_its_own_name()
    {
        using WasiProbe probe = new();
        Assert.Equal(["1.2.3.4"], Lookup(probe, "1.2.3.4"));
        Assert.Equal(["2001:db8::1"], Lookup(probe, "2001:db8::1"));
        Assert.Equal(["1.2.3.4"], Lookup(probe, "::ffff:1.2.3.4"));
    }

    [Fact]
    public void Datagrams_come_and_go()
    {
        using UdpClient friend = new(new IPEndPoint(IPAddress.Loopback, 0));
        using UdpClient stranger = new(new IPEndPoint(IPAddress.Loopback, 0));
        IPEndPoint peer = (IPEndPoint)friend.Client.LocalEndPoint!;
        using WasiProbe probe = new(Grants.None.AllowNetwork($"127.0.0.1:{peer.Port}"));
        UdpSocket socket = probe.Get<Func<IpAddressFamily, Result<UdpSocket, ErrorCode>>>("sockets/udp-create-socket#create-udp-socket")(IpAddressFamily.Ipv4).Value!;
        Assert.Equal(ErrorCode.InvalidState, socket.Stream(null).Error);
        Assert.Equal(ErrorCode.AccessDenied, socket.StartBind(Point(IPAddress.Loopback, 0)).Error);
        Assert.False(socket.StartBind(Point(IPAddress.Any, 0)).IsError);
        Assert.False(socket.FinishBind().IsError);
        (IncomingDatagramStream input, OutgoingDatagramStream output) = socket.Stream(null).Value;
        Assert.Throws<TrapException>(() => socket.Stream(null));
        Assert.Empty(input.Receive(10).Value!);

        Assert.Throws<TrapException>(() => output.Send([new OutgoingDatagram([1], IpSocketAddress.Of(peer))]));
        Assert.NotEqual(0ul, output.CheckSend().Value);
        var send = probe.Get<Func<OutgoingDatagramStream, OutgoingDatagram[], Result<ulong, ErrorCode>>>("sockets/udp#[method]outgoing-datagram-stream.send");
        Assert.Equal(1ul, send(output, [new OutgoingDatagram([1, 2], IpSocketAddress.Of(peer)), new OutgoingDatagram([3], Point(IPAddress.Loopback, 1))]).Value);
        Assert.Equal(ErrorCode.AccessDenied, output.CheckSend().Error);
        output.CheckSend();
        Assert.Equal(ErrorCode.InvalidArgument, output.Send([new OutgoingDatagram([1], null)]).Error);
        output.CheckSend();
        Assert.Equal(ErrorCode.DatagramTooLarge, output.Send([new OutgoingDatagram(new byte[65_508], IpSocketAddress.Of(peer))]).Error);

        IPEndPoint? from = null;
        Assert.Equal([1, 2], friend.Receive(ref from));
        IPEndPoint guest = new(IPAddress.Loopback, from!.Port);
        stranger.Send([9], guest);
        friend.Send([4, 5, 6], guest);
        Block(probe, probe.Get<Func<IncomingDatagramStream, Pollable>>("sockets/udp#[method]incoming-datagram-stream.subscribe")(input));
        IncomingDatagram got = Assert.Single(
            probe.Get<Func<IncomingDatagramStream, ulong, Result<IncomingDatagram[], ErrorCode>>>("sockets/udp#[method]incoming-datagram-stream.receive")(input, 10).Value!);
        Assert.Equal([4, 5, 6], got.Data);
        Assert.Equal(peer, got.RemoteAddress.ToEndPoint());
    }

    [Fact]
    public void A_connected_udp_socket_knows_its_peer_alone()
    {
        using WasiProbe probe = new(Grants.None.AllowNetwork("127.0.0.1:*"));
        UdpSocket socket = UdpSocket.Create(probe.Context, IpAddressFamily.Ipv4).Value!;
        socket.StartBind(Point(IPAddress.Any, 0));
        socket.FinishBind();
        Assert.Equal(ErrorCode.InvalidState, socket.RemoteAddress().Error);
        (IncomingDatagramStream input, OutgoingDatagramStream output) = socket.Stream(Point(IPAddress.Loopback, 7)).Value;
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 7), socket.RemoteAddress().Value!.ToEndPoint());
        output.CheckSend();
        Assert.Equal(ErrorCode.InvalidArgument, output.Send([new OutgoingDatagram([1], Point(IPAddress.Loopback, 8))]).Error);
        Assert.False(socket.Hears(new IPEndPoint(IPAddress.Loopback, 8)));
        input.Drop();
        output.Drop();
        Assert.False(socket.Stream(null).IsError);
    }

    private static TcpSocket MakeTcp(WasiProbe probe) =>
        probe.Get<Func<IpAddressFamily, Result<TcpSocket, ErrorCode>>>("sockets/tcp-create-socket#create-tcp-socket")(IpAddressFamily.Ipv4).Value!;

    private static IpSocketAddress Point(IPAddress address, int port) => IpSocketAddress.Of(new IPEndPoint(address, port));

    private static TcpSocket Listen(WasiProbe probe, out IpSocketAddress address)
    {
        TcpSocket socket = MakeTcp(probe);
        NetworkHandle network = probe.Get<Func<NetworkHandle>>("sockets/instance-network#instance-network")();
        Assert.False(probe.Get<Func<TcpSocket, NetworkHandle, IpSocketAddress, Result<Unit, ErrorCode>>>(Tcp + "start-bind")(socket, network, Point(IPAddress.Loopback, 0)).IsError);
        Assert.False(socket.FinishBind().IsError);
        Assert.False(socket.StartListen().IsError);
        Assert.False(socket.FinishListen().IsError);
        address = probe.Get<Func<TcpSocket, Result<IpSocketAddress, ErrorCode>>>(Tcp + "local-address")(socket).Value!;
        return socket;
    }

    private static (InputStream, OutputStream) Connect(WasiProbe probe, TcpSocket socket, IpSocketAddress address)
    {
        Assert.False(socket.StartConnect(address).IsError);
        Block(probe, Subscribe(probe, socket));
        return probe.Get<Func<TcpSocket, Result<(InputStream, OutputStream), ErrorCode>>>(Tcp + "finish-connect")(socket).Value;
    }

    private static Pollable Subscribe(WasiProbe probe, TcpSocket socket) => probe.Get<Func<TcpSocket, Pollable>>(Tcp + "subscribe")(socket);

    private static void Block(WasiProbe probe, Pollable pollable)
    {
        probe.Get<Action<Pollable>>("io/poll#[method]pollable.block")(pollable);
        pollable.Drop();
    }

    private static string? Read(WasiProbe probe, InputStream stream)
    {
        Result<byte[], StreamError> read =
            probe.Get<Func<InputStream, ulong, Result<byte[], StreamError>>>("io/streams#[method]input-stream.blocking-read")(stream, 100_000);
        return read.IsError ? null : Encoding.Latin1.GetString(read.Value!);
    }

    private static string[] Lookup(WasiProbe probe, string name)
    {
        using ComponentLookup lookup = new(probe, name);
        return [.. lookup.All()];
    }

    /// <summary>Looks a name up as a guest does.</summary>
    private sealed class ComponentLookup(WasiProbe probe, string name) : IDisposable
    {
        private readonly ResolveAddressStream _stream = probe.Get<Func<NetworkHandle, string, Result<ResolveAddressStream, ErrorCode>>>(
            "sockets/ip-name-lookup#resolve-addresses")(new NetworkHandle(probe.Context), name).Value!;

        public IEnumerable<string> All()
        {
            Block(probe, new Pollable(probe.Context, _stream, _stream));
            var next = probe.Get<Func<ResolveAddressStream, Result<IpAddress?, ErrorCode>>>("sockets/ip-name-lookup#[method]resolve-address-stream.resolve-next-address");
            while (next(_stream).Value is { } address)
            {
                yield return address switch
                {
                    IpAddress.Ipv4 four => new IpSocketAddress.Ipv4(new Ipv4SocketAddress(1, four.Value)).ToEndPoint().Address.ToString(),
                    IpAddress.Ipv6 six => new IpSocketAddress.Ipv6(new Ipv6SocketAddress(1, 0, six.Value, 0)).ToEndPoint().Address.ToString(),
                    _ => "",
                };
            }
        }

        public void Dispose() => _stream.Drop();
    }
}
