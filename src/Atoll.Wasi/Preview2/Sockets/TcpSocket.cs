using System.Net;
using System.Net.Sockets;
using Atoll.Components;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Sockets;

/// <summary><c>wasi:sockets/tcp.tcp-socket</c></summary>
/// <remarks>
/// States and their changes are those of "Operational semantics of WASI TCP sockets" (TcpSocketOperationalSemantics.md): what does not fit the state is <c>invalid-state</c>
/// and changes nothing; a connect or listen that is refused leaves a socket that can only be dropped.
/// </remarks>
internal sealed class TcpSocket : IpSocket
{
    private const int DefaultBacklog = 128;
    private const int MaximumBacklog = 4096;

    // Most that systems take.
    private const ulong MaximumKeepAliveSeconds = 32_767;
    private const uint MaximumKeepAliveCount = 127;

    private readonly TcpConnection _connection;
    private State _state;
    private int _backlog = DefaultBacklog;
    private ErrorCode? _listenError;
    private Task? _connecting;
    private Task<Socket>? _accepting;
    private ErrorCode? _acceptError;

    public TcpSocket(WasiContext context, IpAddressFamily family, Socket socket)
        : base(context, family, socket) => _connection = new TcpConnection(context, socket);

    private enum State
    {
        Idle, Connecting, Connected, ListenStarted, Listening, Over,
    }

    /// <summary><c>is-listening</c></summary>
    public bool IsListening => _state == State.Listening;

    protected override bool IsBusy => base.IsBusy || _state is State.Connecting or State.ListenStarted;

    protected override bool HasLocalAddress => IsBound || _state == State.Connecting;

    protected override bool IsOver => _state == State.Over;

    /// <summary><c>create-tcp-socket</c></summary>
    public static Result<TcpSocket, ErrorCode> Create(WasiContext context, IpAddressFamily family) =>
        context.Sockets.Open(() => Make(family, SocketType.Stream), out Socket? socket) is { } error
            ? Result<TcpSocket, ErrorCode>.Fail(error)
            : Result<TcpSocket, ErrorCode>.Ok(new TcpSocket(context, family, socket!));

    /// <inheritdoc/>
    public override bool IsReady()
    {
        switch (_state)
        {
            case State.Connecting:
                return _connecting!.IsCompleted;
            case State.Listening when Context.Sockets.HasRoom || _accepting is not null:
                return _acceptError is not null || Begin().IsCompleted;
            default:
                return true;
        }
    }

    /// <summary><c>start-connect</c></summary>
    public Result<Unit, ErrorCode> StartConnect(IpSocketAddress address)
    {
        IPEndPoint peer = address.ToEndPoint();
        if (IsBusy || _state is not (State.Idle or State.Over))
        {
            return Fail(ErrorCode.InvalidState);
        }

        ErrorCode? refused = !IsPeer(peer) ? ErrorCode.InvalidArgument
            : _state == State.Over ? ErrorCode.InvalidState
            : Context.Sockets.AllowConnect(peer) ? null : ErrorCode.AccessDenied;
        if (refused is { } error)
        {
            _state = State.Over;
            return Fail(error);
        }

        _state = State.Connecting;
        _connecting = Socket.ConnectAsync(peer);
        Context.RingAfter(_connecting);
        return Ok;
    }

    /// <summary><c>finish-connect</c></summary>
    public Result<(InputStream, OutputStream), ErrorCode> FinishConnect()
    {
        if (_state != State.Connecting)
        {
            return Result<(InputStream, OutputStream), ErrorCode>.Fail(ErrorCode.NotInProgress);
        }

        if (!_connecting!.IsCompleted)
        {
            return Result<(InputStream, OutputStream), ErrorCode>.Fail(ErrorCode.WouldBlock);
        }

        // A local address that the system cannot give is one that nobody chose.
        ErrorCode? error = Attempt(_connecting.GetAwaiter().GetResult) is { } failure ? failure == ErrorCode.AddressNotBindable ? ErrorCode.AddressInUse : failure : null;
        _connecting = null;
        _state = error is null ? State.Connected : State.Over;
        IsBound = true;
        return error is { } failed
            ? Result<(InputStream, OutputStream), ErrorCode>.Fail(failed)
            : Result<(InputStream, OutputStream), ErrorCode>.Ok(_connection.Streams(this));
    }

    /// <summary><c>start-listen</c></summary>
    public Result<Unit, ErrorCode> StartListen()
    {
        if (IsBusy || _state != State.Idle || !IsBound)
        {
            return Fail(ErrorCode.InvalidState);
        }

        if (!MayListen && !(Socket.LocalEndPoint is IPEndPoint local && Context.Sockets.AllowListen(local)))
        {
            _state = State.Over;
            return Fail(ErrorCode.AccessDenied);
        }

        _state = State.ListenStarted;
        _listenError = Attempt(() => Socket.Listen(_backlog));
        return Ok;
    }

    /// <summary><c>finish-listen</c></summary>
    public Result<Unit, ErrorCode> FinishListen()
    {
        if (_state != State.ListenStarted)
        {
            return Fail(ErrorCode.NotInProgress);
        }

        _state = _listenError is null ? State.Listening : State.Over;
        return _listenError is { } error ? Fail(error) : Ok;
    }

    /// <summary><c>accept</c></summary>
    public Result<(TcpSocket, InputStream, OutputStream), ErrorCode> Accept()
    {
        if (_state != State.Listening)
        {
            return Result<(TcpSocket, InputStream, OutputStream), ErrorCode>.Fail(ErrorCode.InvalidState);
        }

        if (!IsReady())
        {
            return Result<(TcpSocket, InputStream, OutputStream), ErrorCode>.Fail(ErrorCode.WouldBlock);
        }

        ErrorCode? error = _acceptError ?? (_accepting is null ? ErrorCode.NewSocketLimit : null);
        _acceptError = null;
        Socket? accepted = null;
        if (error is null)
        {
            Task<Socket> done = _accepting!;
            _accepting = null;
            error = Context.Sockets.Open(() => done.GetAwaiter().GetResult(), out accepted);
            if (accepted is null && done.IsCompletedSuccessfully)
            {
                done.Result.Dispose();
            }
        }

        if (error is { } failed)
        {
            return Result<(TcpSocket, InputStream, OutputStream), ErrorCode>.Fail(failed);
        }

        TcpSocket socket = new(Context, Family, accepted!) { IsBound = true, _state = State.Connected };
        (InputStream input, OutputStream output) = socket._connection.Streams(socket);
        return Result<(TcpSocket, InputStream, OutputStream), ErrorCode>.Ok((socket, input, output));
    }

    /// <summary><c>remote-address</c></summary>
    public Result<IpSocketAddress, ErrorCode> RemoteAddress() => _state != State.Connected
        ? Result<IpSocketAddress, ErrorCode>.Fail(ErrorCode.InvalidState)
        : Get(() => IpSocketAddress.Of((IPEndPoint)Socket.RemoteEndPoint!));

    /// <summary><c>set-listen-backlog-size</c></summary>
    public Result<Unit, ErrorCode> SetBacklog(ulong value)
    {
        if (value == 0)
        {
            return Fail(ErrorCode.InvalidArgument);
        }

        if (_state is State.Connecting or State.Connected or State.Over)
        {
            return Fail(ErrorCode.InvalidState);
        }

        _backlog = (int)Math.Min(value, MaximumBacklog);
        return _state == State.Listening ? Set(() => Socket.Listen(_backlog)) : Ok;
    }

    /// <summary><c>keep-alive-enabled</c></summary>
    public Result<bool, ErrorCode> KeepAlive() => Get(() => (int)Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)! != 0);

    /// <summary><c>set-keep-alive-enabled</c></summary>
    public Result<Unit, ErrorCode> SetKeepAlive(bool value) => Set(() => Socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, value));

    /// <summary>A time of keeping alive, in nanoseconds.</summary>
    public Result<ulong, ErrorCode> KeepAliveTime(SocketOptionName name) =>
        Get(() => (ulong)(int)Socket.GetSocketOption(SocketOptionLevel.Tcp, name)! * 1_000_000_000);

    /// <summary>Sets a time of keeping alive, in nanoseconds; systems know whole seconds.</summary>
    public Result<Unit, ErrorCode> SetKeepAliveTime(SocketOptionName name, ulong value) => value == 0
        ? Fail(ErrorCode.InvalidArgument)
        : Set(() => Socket.SetSocketOption(SocketOptionLevel.Tcp, name, (int)Math.Clamp(value / 1_000_000_000, 1, MaximumKeepAliveSeconds)));

    /// <summary><c>keep-alive-count</c></summary>
    public Result<uint, ErrorCode> KeepAliveCount() =>
        Get(() => (uint)(int)Socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount)!);

    /// <summary><c>set-keep-alive-count</c></summary>
    public Result<Unit, ErrorCode> SetKeepAliveCount(uint value) => value == 0
        ? Fail(ErrorCode.InvalidArgument)
        : Set(() => Socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, (int)Math.Min(value, MaximumKeepAliveCount)));

    /// <summary><c>shutdown</c></summary>
    public Result<Unit, ErrorCode> Shutdown(ShutdownType type)
    {
        if (_state != State.Connected)
        {
            return Fail(ErrorCode.InvalidState);
        }

        if (type != ShutdownType.Send)
        {
            _connection.EndReceiving();
        }

        if (type != ShutdownType.Receive)
        {
            _connection.EndSending();
        }

        return Ok;
    }

    protected override void Release()
    {
        // One that came in and that nobody has taken.
        _accepting?.ContinueWith(
            static accepting =>
            {
                if (accepting.IsCompletedSuccessfully)
                {
                    accepting.Result.Dispose();
                }
                else
                {
                    _ = accepting.Exception;
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _connecting?.ContinueWith(static connecting => _ = connecting.Exception, TaskScheduler.Default);
        _connection.Close();
    }

    private Task Begin()
    {
        if (_accepting is null)
        {
            if (Attempt(() => _accepting = Socket.AcceptAsync()) is { } error)
            {
                _acceptError = error;
                return Task.CompletedTask;
            }

            Context.RingAfter(_accepting!);
        }

        return _accepting!;
    }
}
