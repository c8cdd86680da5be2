using System.Net;
using System.Net.Sockets;
using Atoll.Components;
using Atoll.Wasi.Preview2.Io;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview2.Sockets;

/// <summary><c>wasi:sockets/udp.incoming-datagram</c></summary>
internal readonly record struct IncomingDatagram(byte[] Data, IpSocketAddress RemoteAddress);

/// <summary><c>wasi:sockets/udp.outgoing-datagram</c></summary>
internal readonly record struct OutgoingDatagram(byte[] Data, IpSocketAddress? RemoteAddress);

/// <summary><c>wasi:sockets/udp.udp-socket</c></summary>
/// <remarks>
/// Which peer it is connected to is held here and not by the system, which could not take it back. A socket without a grant to listen gets datagrams from those
/// alone that it may send to.
/// </remarks>
internal sealed class UdpSocket(WasiContext context, IpAddressFamily family, Socket socket) : IpSocket(context, family, socket)
{
    private IPEndPoint? _peer;

    // The last one that was asked for, so that the audit is told once of many datagrams to one peer.
    private IPEndPoint? _allowed;

    /// <summary>The system's socket.</summary>
    public Socket Datagrams => Socket;

    /// <summary>How many streams of it the guest has.</summary>
    public int Streams { get; set; }

    /// <summary><c>create-udp-socket</c></summary>
    public static Result<UdpSocket, ErrorCode> Create(WasiContext context, IpAddressFamily family) =>
        context.Sockets.Open(() => Make(family, SocketType.Dgram), out Socket? socket) is { } error
            ? Result<UdpSocket, ErrorCode>.Fail(error)
            : Result<UdpSocket, ErrorCode>.Ok(new UdpSocket(context, family, socket!));

    /// <inheritdoc/>
    public override bool IsReady() => true;

    /// <summary><c>stream</c></summary>
    /// <exception cref="TrapException">The streams of an earlier call are still there.</exception>
    public Result<(IncomingDatagramStream, OutgoingDatagramStream), ErrorCode> Stream(IpSocketAddress? remote)
    {
        if (Streams != 0)
        {
            throw new TrapException(TrapKind.Host, "stream was called on a UDP socket while streams of an earlier call exist");
        }

        IPEndPoint? peer = remote?.ToEndPoint();
        ErrorCode? error = !IsBound ? ErrorCode.InvalidState : peer is null ? null : Check(peer);
        if (error is { } failed)
        {
            return Result<(IncomingDatagramStream, OutgoingDatagramStream), ErrorCode>.Fail(failed);
        }

        _peer = peer;
        Streams = 2;
        return Result<(IncomingDatagramStream, OutgoingDatagramStream), ErrorCode>.Ok(
            (new IncomingDatagramStream(Context, this), new OutgoingDatagramStream(Context, this)));
    }

    /// <summary><c>remote-address</c></summary>
    public Result<IpSocketAddress, ErrorCode> RemoteAddress() => _peer is null
        ? Result<IpSocketAddress, ErrorCode>.Fail(ErrorCode.InvalidState)
        : Result<IpSocketAddress, ErrorCode>.Ok(IpSocketAddress.Of(_peer));

    /// <summary>Whether the guest gets what this one sent.</summary>
    public bool Hears(IPEndPoint sender) => _peer is { } peer ? Same(peer, sender) : MayListen || Context.Sockets.MayReach(sender);

    /// <summary>Where a datagram goes.</summary>
    public ErrorCode? Target(IpSocketAddress? remote, out IPEndPoint? target)
    {
        target = remote?.ToEndPoint() ?? _peer;
        return target is null || (_peer is { } peer && !Same(peer, target)) ? ErrorCode.InvalidArgument : Check(target);
    }

    /// <summary>What failures are to a guest: that a port was closed comes as a reset.</summary>
    public static ErrorCode ErrorOf(Exception exception) => Addresses.ErrorOf(exception) is var error && error == ErrorCode.ConnectionReset ? ErrorCode.RemoteUnreachable : error;

    protected override void Release() => Context.Sockets.Close(Socket);

    private ErrorCode? Check(IPEndPoint peer)
    {
        if (!IsPeer(peer))
        {
            return ErrorCode.InvalidArgument;
        }

        if (peer.Equals(_allowed))
        {
            return null;
        }

        if (!Context.Sockets.AllowConnect(peer))
        {
            return ErrorCode.AccessDenied;
        }

        _allowed = peer;
        return null;
    }

    private static bool Same(IPEndPoint one, IPEndPoint other) =>
        one.Port == other.Port && Addresses.Unscoped(one.Address).Equals(Addresses.Unscoped(other.Address));
}

/// <summary><c>wasi:sockets/udp.incoming-datagram-stream</c>: takes datagrams from the system when the guest looks for them and not before.</summary>
internal sealed class IncomingDatagramStream(WasiContext context, UdpSocket socket) : WasiResource(context, socket), IWaitable
{
    /// <summary>Most datagrams that one call gives, or looks at.</summary>
    private const int MaximumDatagrams = 32;

    private readonly CancellationTokenSource _cancellation = new();
    private byte[]? _buffer;
    private Task<SocketReceiveFromResult>? _receiving;
    private IncomingDatagram? _next;
    private ErrorCode? _error;

    /// <inheritdoc/>
    public bool IsReady()
    {
        for (int i = 0; i < MaximumDatagrams; i++)
        {
            if (_next is not null || _error is not null)
            {
                return true;
            }

            _receiving ??= Begin();
            if (!_receiving.IsCompleted)
            {
                return false;
            }

            Accept();
        }

        // Many that are not for the guest: it is asked again, so that it can be stopped meanwhile.
        Context.Bell.Ring();
        return false;
    }

    /// <summary><c>receive</c></summary>
    public Result<IncomingDatagram[], ErrorCode> Receive(ulong maximum)
    {
        List<IncomingDatagram> datagrams = [];
        while ((ulong)datagrams.Count < Math.Min(maximum, MaximumDatagrams) && IsReady())
        {
            if (_next is not { } next)
            {
                break;
            }

            datagrams.Add(next);
            _next = null;
        }

        if (datagrams.Count == 0 && maximum != 0 && _error is { } error)
        {
            _error = null;
            return Result<IncomingDatagram[], ErrorCode>.Fail(error);
        }

        return Result<IncomingDatagram[], ErrorCode>.Ok([.. datagrams]);
    }

    protected override void Release()
    {
        _receiving?.ContinueWith(static receiving => _ = receiving.Exception, TaskScheduler.Default);
        _cancellation.Cancel();
        _cancellation.Dispose();
        socket.Streams--;
    }

    private Task<SocketReceiveFromResult> Begin()
    {
        IPEndPoint any = new(socket.Family == IpAddressFamily.Ipv4 ? IPAddress.Any : IPAddress.IPv6Any, 0);
        Task<SocketReceiveFromResult> receiving =
            socket.Datagrams.ReceiveFromAsync(_buffer ??= new byte[ushort.MaxValue + 1], SocketFlags.None, any, _cancellation.Token).AsTask();
        if (!receiving.IsCompleted)
        {
            Context.RingAfter(receiving);
        }

        return receiving;
    }

    private void Accept()
    {
        Task<SocketReceiveFromResult> done = _receiving!;
        _receiving = null;
        try
        {
            SocketReceiveFromResult result = done.GetAwaiter().GetResult();
            IPEndPoint sender = (IPEndPoint)result.RemoteEndPoint;
            if (socket.Hears(sender))
            {
                _next = new IncomingDatagram(_buffer.AsSpan(0, result.ReceivedBytes).ToArray(), IpSocketAddress.Of(sender));
            }
        }
        catch (Exception exception) when (Addresses.IsExpected(exception))
        {
            _error = UdpSocket.ErrorOf(exception);
        }
    }
}

/// <summary><c>wasi:sockets/udp.outgoing-datagram-stream</c></summary>
internal sealed class OutgoingDatagramStream(WasiContext context, UdpSocket socket) : WasiResource(context, socket), IWaitable
{
    /// <summary>Most datagrams that one send is permitted.</summary>
    private const ulong MaximumPermit = 32;

    /// <summary>Most bytes of a datagram: what IPv4 has room for.</summary>
    private const int MaximumBytes = 65_507;

    private Task<int>? _sending;
    private ErrorCode? _error;
    private ulong _permit;

    /// <inheritdoc/>
    public bool IsReady()
    {
        if (_sending is { IsCompleted: true } done)
        {
            _sending = null;
            Accept(done);
        }

        return _sending is null;
    }

    /// <summary><c>check-send</c></summary>
    public Result<ulong, ErrorCode> CheckSend()
    {
        _permit = IsReady() ? MaximumPermit : 0;
        if (_error is { } error)
        {
            _error = null;
            return Result<ulong, ErrorCode>.Fail(error);
        }

        return Result<ulong, ErrorCode>.Ok(_permit);
    }

    /// <summary><c>send</c></summary>
    /// <returns>How many were sent; after the first the rest may have to wait, or to be told why not.</returns>
    /// <exception cref="TrapException">There are more than the last check-send permitted.</exception>
    public Result<ulong, ErrorCode> Send(OutgoingDatagram[] datagrams)
    {
        if ((ulong)datagrams.Length > _permit)
        {
            throw new TrapException(TrapKind.Host, $"{datagrams.Length} datagrams were sent to a stream whose last check-send permitted {_permit}");
        }

        _permit = 0;
        ulong sent = 0;
        while (sent < (ulong)datagrams.Length && IsReady() && _error is null)
        {
            OutgoingDatagram datagram = datagrams[sent];
            _error = socket.Target(datagram.RemoteAddress, out IPEndPoint? target) ?? (datagram.Data.Length > MaximumBytes ? ErrorCode.DatagramTooLarge : null);
            if (_error is null)
            {
                _sending = socket.Datagrams.SendToAsync(datagram.Data, SocketFlags.None, target!);
                _ = IsReady();
            }

            sent += _error is null ? 1u : 0u;
        }

        if (_sending is not null)
        {
            Context.RingAfter(_sending);
        }

        if (sent == 0 && datagrams.Length != 0 && _error is { } error)
        {
            _error = null;
            return Result<ulong, ErrorCode>.Fail(error);
        }

        return Result<ulong, ErrorCode>.Ok(sent);
    }

    protected override void Release()
    {
        _sending?.ContinueWith(static sending => _ = sending.Exception, TaskScheduler.Default);
        socket.Streams--;
    }

    private void Accept(Task<int> done)
    {
        try
        {
            done.GetAwaiter().GetResult();
        }
        catch (Exception exception) when (Addresses.IsExpected(exception))
        {
            _error = UdpSocket.ErrorOf(exception);
        }
    }
}
