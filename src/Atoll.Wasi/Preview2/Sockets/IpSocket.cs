using System.Net;
using System.Net.Sockets;
using Atoll.Components;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Sockets;

/// <summary>What sockets of TCP and UDP have in common: a family, a local address, options.</summary>
/// <param name="context">The run.</param>
/// <param name="family">Kind of addresses.</param>
/// <param name="socket">The system's socket, one of <see cref="SocketTable.Open"/>.</param>
internal abstract class IpSocket(WasiContext context, IpAddressFamily family, Socket socket) : WasiResource(context), IWaitable
{
    // Above this the system caps sizes anyway.
    private const ulong MaximumBuffer = 4 * 1024 * 1024;

    private ErrorCode? _bindError;
    private bool _isBinding;

    /// <summary>Kind of addresses.</summary>
    public IpAddressFamily Family { get; } = family;

    /// <summary>The system's socket.</summary>
    protected Socket Socket { get; } = socket;

    /// <summary>Whether it has a local address.</summary>
    protected bool IsBound { get; set; }

    /// <summary>Whether it has one that can be asked for: also while what gives it one is under way.</summary>
    protected virtual bool HasLocalAddress => IsBound;

    /// <summary>Whether others may be waited for at the local address.</summary>
    protected bool MayListen { get; private set; }

    /// <summary>Whether an operation was started and not finished.</summary>
    protected virtual bool IsBusy => _isBinding;

    /// <summary>Whether there is no more to be done than to drop it.</summary>
    protected virtual bool IsOver => false;

    /// <summary>A socket of the system for the addresses of a family alone.</summary>
    public static Socket Make(IpAddressFamily family, SocketType type)
    {
        Socket socket = new(Addresses.Net(family), type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        if (family == IpAddressFamily.Ipv6)
        {
            socket.DualMode = false;
        }

        return socket;
    }

    /// <inheritdoc/>
    public abstract bool IsReady();

    /// <summary><c>start-bind</c></summary>
    public Result<Unit, ErrorCode> StartBind(IpSocketAddress address)
    {
        IPEndPoint local = address.ToEndPoint();
        if (IsBusy || IsBound || IsOver)
        {
            return Fail(ErrorCode.InvalidState);
        }

        if (!Addresses.IsUnicast(local.Address, Family))
        {
            return Fail(ErrorCode.InvalidArgument);
        }

        bool anyPort = Context.Sockets.MayTakeAnyPort(local);
        MayListen = anyPort && Context.Network is { } policy ? policy.AllowsListen(Addresses.Unscoped(local.Address), local.Port) : Context.Sockets.AllowListen(local);
        if (!MayListen && !anyPort)
        {
            return Fail(ErrorCode.AccessDenied);
        }

        _isBinding = true;
        _bindError = Attempt(() => Socket.Bind(local));
        return Ok;
    }

    /// <summary><c>finish-bind</c></summary>
    public Result<Unit, ErrorCode> FinishBind()
    {
        if (!_isBinding)
        {
            return Fail(ErrorCode.NotInProgress);
        }

        _isBinding = false;
        IsBound = _bindError is null;
        return _bindError is { } error ? Fail(error) : Ok;
    }

    /// <summary><c>local-address</c></summary>
    public Result<IpSocketAddress, ErrorCode> LocalAddress()
    {
        EndPoint? local = null;
        ErrorCode? error = HasLocalAddress && !IsOver ? Attempt(() => local = Socket.LocalEndPoint) : ErrorCode.InvalidState;
        return error is null && local is IPEndPoint found ? Result<IpSocketAddress, ErrorCode>.Ok(IpSocketAddress.Of(found))
            : Result<IpSocketAddress, ErrorCode>.Fail(error ?? ErrorCode.InvalidState);
    }

    /// <summary><c>hop-limit</c></summary>
    public Result<byte, ErrorCode> HopLimit() => Get(() => (byte)Socket.Ttl);

    /// <summary><c>set-hop-limit</c></summary>
    public Result<Unit, ErrorCode> SetHopLimit(byte value) => value == 0 ? Fail(ErrorCode.InvalidArgument) : Set(() => Socket.Ttl = value);

    /// <summary><c>receive-buffer-size</c></summary>
    public Result<ulong, ErrorCode> ReceiveBufferSize() => Get(() => (ulong)Socket.ReceiveBufferSize);

    /// <summary><c>set-receive-buffer-size</c></summary>
    public Result<Unit, ErrorCode> SetReceiveBufferSize(ulong value) =>
        value == 0 ? Fail(ErrorCode.InvalidArgument) : Set(() => Socket.ReceiveBufferSize = (int)Math.Min(value, MaximumBuffer));

    /// <summary><c>send-buffer-size</c></summary>
    public Result<ulong, ErrorCode> SendBufferSize() => Get(() => (ulong)Socket.SendBufferSize);

    /// <summary><c>set-send-buffer-size</c></summary>
    public Result<Unit, ErrorCode> SetSendBufferSize(ulong value) =>
        value == 0 ? Fail(ErrorCode.InvalidArgument) : Set(() => Socket.SendBufferSize = (int)Math.Min(value, MaximumBuffer));

    protected static Result<Unit, ErrorCode> Ok => Result<Unit, ErrorCode>.Ok(default);

    protected static Result<Unit, ErrorCode> Fail(ErrorCode error) => Result<Unit, ErrorCode>.Fail(error);

    /// <summary>Whether it can be sent to: one host's address of this family, and a port.</summary>
    protected bool IsPeer(IPEndPoint peer) => Addresses.IsUnicast(peer.Address, Family) && !Addresses.IsAny(peer.Address) && peer.Port != 0;

    protected static ErrorCode? Attempt(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception exception) when (Addresses.IsExpected(exception))
        {
            return Addresses.ErrorOf(exception);
        }
    }

    /// <summary>Reads an option.</summary>
    protected static Result<T, ErrorCode> Get<T>(Func<T> get)
    {
        T? value = default;
        return Attempt(() => value = get()) is { } error ? Result<T, ErrorCode>.Fail(error) : Result<T, ErrorCode>.Ok(value!);
    }

    /// <summary>Changes an option.</summary>
    protected Result<Unit, ErrorCode> Set(Action set) => IsOver ? Fail(ErrorCode.InvalidState) : Attempt(set) is { } error ? Fail(error) : Ok;
}
