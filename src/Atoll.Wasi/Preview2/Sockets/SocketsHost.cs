using System.Net.Sockets;
using Atoll.Components;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Sockets;

/// <summary>The functions of the package <c>wasi:sockets</c>.</summary>
internal static class SocketsHost
{
    public static void AddTo(ComponentLinker linker)
    {
        linker.Instance(WasiHost.Name("sockets/network")).DefineResource<NetworkHandle>("network", resource => resource.Drop());
        linker.Instance(WasiHost.Name("sockets/instance-network")).DefineFunction(
            "instance-network", (ComponentCaller caller) => new NetworkHandle(WasiHost.Context(caller)));

        ComponentLinkerInstance names = linker.Instance(WasiHost.Name("sockets/ip-name-lookup"));
        names.DefineResource<ResolveAddressStream>("resolve-address-stream", resource => resource.Drop());
        names.DefineFunction("resolve-addresses", (NetworkHandle network, string name) => NameLookup.Resolve(network.Context, name));
        names.DefineFunction("[method]resolve-address-stream.resolve-next-address", (ResolveAddressStream self) => self.Next());
        names.DefineFunction("[method]resolve-address-stream.subscribe", (ResolveAddressStream self) => new Pollable(self.Context, self, self));

        linker.Instance(WasiHost.Name("sockets/tcp-create-socket")).DefineFunction(
            "create-tcp-socket", (ComponentCaller caller, IpAddressFamily family) => TcpSocket.Create(WasiHost.Context(caller), family));
        linker.Instance(WasiHost.Name("sockets/udp-create-socket")).DefineFunction(
            "create-udp-socket", (ComponentCaller caller, IpAddressFamily family) => UdpSocket.Create(WasiHost.Context(caller), family));
        AddTcp(linker.Instance(WasiHost.Name("sockets/tcp")));
        AddUdp(linker.Instance(WasiHost.Name("sockets/udp")));
    }

    private static void AddTcp(ComponentLinkerInstance tcp)
    {
        void Add(string name, Delegate function) => tcp.DefineFunction($"[method]tcp-socket.{name}", function);

        tcp.DefineResource<TcpSocket>("tcp-socket", resource => resource.Drop());
        Add("start-bind", (TcpSocket self, NetworkHandle network, IpSocketAddress address) => self.StartBind(address));
        Add("finish-bind", (TcpSocket self) => self.FinishBind());
        Add("start-connect", (TcpSocket self, NetworkHandle network, IpSocketAddress address) => self.StartConnect(address));
        Add("finish-connect", (TcpSocket self) => self.FinishConnect());
        Add("start-listen", (TcpSocket self) => self.StartListen());
        Add("finish-listen", (TcpSocket self) => self.FinishListen());
        Add("accept", (TcpSocket self) => self.Accept());
        Add("local-address", (TcpSocket self) => self.LocalAddress());
        Add("remote-address", (TcpSocket self) => self.RemoteAddress());
        Add("is-listening", (TcpSocket self) => self.IsListening);
        Add("address-family", (TcpSocket self) => self.Family);
        Add("set-listen-backlog-size", (TcpSocket self, ulong value) => self.SetBacklog(value));
        Add("keep-alive-enabled", (TcpSocket self) => self.KeepAlive());
        Add("set-keep-alive-enabled", (TcpSocket self, bool value) => self.SetKeepAlive(value));
        Add("keep-alive-idle-time", (TcpSocket self) => self.KeepAliveTime(SocketOptionName.TcpKeepAliveTime));
        Add("set-keep-alive-idle-time", (TcpSocket self, ulong value) => self.SetKeepAliveTime(SocketOptionName.TcpKeepAliveTime, value));
        Add("keep-alive-interval", (TcpSocket self) => self.KeepAliveTime(SocketOptionName.TcpKeepAliveInterval));
        Add("set-keep-alive-interval", (TcpSocket self, ulong value) => self.SetKeepAliveTime(SocketOptionName.TcpKeepAliveInterval, value));
        Add("keep-alive-count", (TcpSocket self) => self.KeepAliveCount());
        Add("set-keep-alive-count", (TcpSocket self, uint value) => self.SetKeepAliveCount(value));
        Add("hop-limit", (TcpSocket self) => self.HopLimit());
        Add("set-hop-limit", (TcpSocket self, byte value) => self.SetHopLimit(value));
        AddBuffers<TcpSocket>(Add);
        Add("subscribe", (TcpSocket self) => new Pollable(self.Context, self, self));
        Add("shutdown", (TcpSocket self, ShutdownType type) => self.Shutdown(type));
    }

    private static void AddUdp(ComponentLinkerInstance udp)
    {
        void Add(string name, Delegate function) => udp.DefineFunction($"[method]udp-socket.{name}", function);

        udp.DefineResource<UdpSocket>("udp-socket", resource => resource.Drop());
        Add("start-bind", (UdpSocket self, NetworkHandle network, IpSocketAddress address) => self.StartBind(address));
        Add("finish-bind", (UdpSocket self) => self.FinishBind());
        Add("stream", (UdpSocket self, IpSocketAddress? remote) => self.Stream(remote));
        Add("local-address", (UdpSocket self) => self.LocalAddress());
        Add("remote-address", (UdpSocket self) => self.RemoteAddress());
        Add("address-family", (UdpSocket self) => self.Family);
        Add("unicast-hop-limit", (UdpSocket self) => self.HopLimit());
        Add("set-unicast-hop-limit", (UdpSocket self, byte value) => self.SetHopLimit(value));
        AddBuffers<UdpSocket>(Add);
        Add("subscribe", (UdpSocket self) => new Pollable(self.Context, self, self));

        udp.DefineResource<IncomingDatagramStream>("incoming-datagram-stream", resource => resource.Drop());
        udp.DefineFunction("[method]incoming-datagram-stream.receive", (IncomingDatagramStream self, ulong maximum) => self.Receive(maximum));
        udp.DefineFunction("[method]incoming-datagram-stream.subscribe", (IncomingDatagramStream self) => new Pollable(self.Context, self, self));

        udp.DefineResource<OutgoingDatagramStream>("outgoing-datagram-stream", resource => resource.Drop());
        udp.DefineFunction("[method]outgoing-datagram-stream.check-send", (OutgoingDatagramStream self) => self.CheckSend());
        udp.DefineFunction("[method]outgoing-datagram-stream.send", (OutgoingDatagramStream self, OutgoingDatagram[] datagrams) => self.Send(datagrams));
        udp.DefineFunction("[method]outgoing-datagram-stream.subscribe", (OutgoingDatagramStream self) => new Pollable(self.Context, self, self));
    }

    private static void AddBuffers<TSocket>(Action<string, Delegate> add)
        where TSocket : IpSocket
    {
        add("receive-buffer-size", (TSocket self) => self.ReceiveBufferSize());
        add("set-receive-buffer-size", (TSocket self, ulong value) => self.SetReceiveBufferSize(value));
        add("send-buffer-size", (TSocket self) => self.SendBufferSize());
        add("set-send-buffer-size", (TSocket self, ulong value) => self.SetSendBufferSize(value));
    }
}
