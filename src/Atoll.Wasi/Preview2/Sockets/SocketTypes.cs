using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Atoll.Wasi.Preview2.Sockets;

/// <summary><c>wasi:sockets/network.error-code</c></summary>
internal enum ErrorCode
{
    Unknown,
    AccessDenied,
    NotSupported,
    InvalidArgument,
    OutOfMemory,
    Timeout,
    ConcurrencyConflict,
    NotInProgress,
    WouldBlock,
    InvalidState,
    NewSocketLimit,
    AddressNotBindable,
    AddressInUse,
    RemoteUnreachable,
    ConnectionRefused,
    ConnectionReset,
    ConnectionAborted,
    DatagramTooLarge,
    NameUnresolvable,
    TemporaryResolverFailure,
    PermanentResolverFailure,
}

/// <summary><c>wasi:sockets/network.ip-address-family</c></summary>
internal enum IpAddressFamily
{
    Ipv4, Ipv6,
}

/// <summary><c>wasi:sockets/tcp.shutdown-type</c></summary>
internal enum ShutdownType
{
    Receive, Send, Both,
}

/// <summary><c>wasi:sockets/network.network</c>: the network, or the part of it that was granted. There is one.</summary>
internal sealed class NetworkHandle(WasiContext context) : WasiResource(context);

/// <summary><c>wasi:sockets/network.ip-address</c></summary>
internal abstract class IpAddress
{
    public static IpAddress Of(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? new Ipv4(Addresses.Parts4(address))
        : new Ipv6(Addresses.Parts6(address));

    public sealed class Ipv4((byte, byte, byte, byte) value) : IpAddress
    {
        public (byte, byte, byte, byte) Value { get; } = value;
    }

    public sealed class Ipv6((ushort, ushort, ushort, ushort, ushort, ushort, ushort, ushort) value) : IpAddress
    {
        public (ushort, ushort, ushort, ushort, ushort, ushort, ushort, ushort) Value { get; } = value;
    }
}

/// <summary><c>wasi:sockets/network.ipv4-socket-address</c></summary>
internal readonly record struct Ipv4SocketAddress(ushort Port, (byte, byte, byte, byte) Address);

/// <summary><c>wasi:sockets/network.ipv6-socket-address</c></summary>
internal readonly record struct Ipv6SocketAddress(
    ushort Port, uint FlowInfo, (ushort, ushort, ushort, ushort, ushort, ushort, ushort, ushort) Address, uint ScopeId);

/// <summary><c>wasi:sockets/network.ip-socket-address</c></summary>
internal abstract class IpSocketAddress
{
    public static IpSocketAddress Of(IPEndPoint point) => point.AddressFamily == AddressFamily.InterNetwork
        ? new Ipv4(new Ipv4SocketAddress((ushort)point.Port, Addresses.Parts4(point.Address)))
        : new Ipv6(new Ipv6SocketAddress((ushort)point.Port, 0, Addresses.Parts6(point.Address), (uint)point.Address.ScopeId));

    /// <summary>As .NET has it; flow information is not used.</summary>
    public abstract IPEndPoint ToEndPoint();

    public sealed class Ipv4(Ipv4SocketAddress value) : IpSocketAddress
    {
        public Ipv4SocketAddress Value { get; } = value;

        public override IPEndPoint ToEndPoint()
        {
            (byte a, byte b, byte c, byte d) = Value.Address;
            return new IPEndPoint(new IPAddress([a, b, c, d]), Value.Port);
        }
    }

    public sealed class Ipv6(Ipv6SocketAddress value) : IpSocketAddress
    {
        public Ipv6SocketAddress Value { get; } = value;

        public override IPEndPoint ToEndPoint()
        {
            (ushort a, ushort b, ushort c, ushort d, ushort e, ushort f, ushort g, ushort h) = Value.Address;
            Span<byte> bytes = stackalloc byte[16];
            ReadOnlySpan<ushort> parts = [a, b, c, d, e, f, g, h];
            for (int i = 0; i < parts.Length; i++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(bytes[(2 * i)..], parts[i]);
            }

            return new IPEndPoint(new IPAddress(bytes, Value.ScopeId), Value.Port);
        }
    }
}

/// <summary>What addresses are made of, and which of them fit where.</summary>
internal static class Addresses
{
    public static AddressFamily Net(IpAddressFamily family) => family == IpAddressFamily.Ipv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    public static (byte, byte, byte, byte) Parts4(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return (bytes[0], bytes[1], bytes[2], bytes[3]);
    }

    public static (ushort, ushort, ushort, ushort, ushort, ushort, ushort, ushort) Parts6(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        ushort Part(int i) => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(2 * i));
        return (Part(0), Part(1), Part(2), Part(3), Part(4), Part(5), Part(6), Part(7));
    }

    /// <summary>The same without the interface that it is reached through, which is no part of what was granted or looked up.</summary>
    public static IPAddress Unscoped(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes()) : address;

    /// <summary>Whether it is one host's address in the notation of this family: not a group's, not IPv4 within IPv6.</summary>
    public static bool IsUnicast(IPAddress address, IpAddressFamily family) =>
        address.AddressFamily == Net(family) && !address.IsIPv4MappedToIPv6 && !address.IsIPv6Multicast
        && (address.AddressFamily != AddressFamily.InterNetwork || (address.GetAddressBytes()[0] & 0xF0) != 0xE0) && !address.Equals(IPAddress.Broadcast);

    /// <summary>Whether it is no address but the wish for any.</summary>
    public static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || Unscoped(address).Equals(IPAddress.IPv6Any);

    /// <summary>What failures of .NET's sockets are to a guest.</summary>
    public static ErrorCode ErrorOf(Exception exception) => exception is not SocketException socket ? ErrorCode.Unknown : socket.SocketErrorCode switch
    {
        SocketError.AccessDenied => ErrorCode.AccessDenied,
        SocketError.AddressAlreadyInUse => ErrorCode.AddressInUse,
        SocketError.AddressNotAvailable => ErrorCode.AddressNotBindable,
        SocketError.AddressFamilyNotSupported or SocketError.OperationNotSupported or SocketError.ProtocolOption => ErrorCode.NotSupported,
        SocketError.ConnectionRefused => ErrorCode.ConnectionRefused,
        SocketError.ConnectionReset or SocketError.NetworkReset => ErrorCode.ConnectionReset,
        SocketError.ConnectionAborted or SocketError.OperationAborted or SocketError.Shutdown => ErrorCode.ConnectionAborted,
        SocketError.HostUnreachable or SocketError.HostDown or SocketError.NetworkUnreachable or SocketError.NetworkDown => ErrorCode.RemoteUnreachable,
        SocketError.TimedOut => ErrorCode.Timeout,
        SocketError.TooManyOpenSockets => ErrorCode.NewSocketLimit,
        SocketError.NoBufferSpaceAvailable => ErrorCode.OutOfMemory,
        SocketError.MessageSize => ErrorCode.DatagramTooLarge,
        SocketError.InvalidArgument => ErrorCode.InvalidArgument,
        SocketError.IsConnected or SocketError.NotConnected => ErrorCode.InvalidState,
        SocketError.HostNotFound or SocketError.NoData => ErrorCode.NameUnresolvable,
        SocketError.TryAgain => ErrorCode.TemporaryResolverFailure,
        SocketError.NoRecovery => ErrorCode.PermanentResolverFailure,
        _ => ErrorCode.Unknown,
    };

    /// <summary>Whether an exception is a failure of the network, of who is at its other end, or of a socket that was closed meanwhile.</summary>
    public static bool IsExpected(Exception exception) => exception is SocketException or ObjectDisposedException or OperationCanceledException;
}
