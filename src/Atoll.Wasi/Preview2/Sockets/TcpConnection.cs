using System.Net.Sockets;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Sockets;

/// <summary>The two ways of a TCP connection. What the guest wrote is sent on after it has dropped everything, for a while.</summary>
internal sealed class TcpConnection(WasiContext context, Socket socket)
{
    /// <summary>Most bytes of a write that the system has not taken yet.</summary>
    public const int MaximumWaiting = 64 * 1024;

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(10);

    private Task _sending = Task.CompletedTask;
    private bool _isEndOfSending;
    private ErrorCode? _sendError;

    /// <summary>Whether the guest wants nothing more from the other side.</summary>
    public bool IsReceivingOver { get; private set; }

    public Socket Socket => socket;

    /// <summary>What the guest reads and writes.</summary>
    public (InputStream, OutputStream) Streams(TcpSocket parent) =>
        (new TcpInputStream(context, this, parent), new TcpOutputStream(context, this, parent));

    /// <summary>Whether bytes could be sent now.</summary>
    /// <returns>Null, or that sending has ended or failed.</returns>
    public StreamError? Room(out int count)
    {
        count = 0;
        if (_sending.IsFaulted)
        {
            _sendError ??= Addresses.ErrorOf(_sending.Exception.InnerException!);
        }

        if (_sendError is { } error)
        {
            return Failure(error);
        }

        if (_isEndOfSending)
        {
            return StreamError.End;
        }

        count = _sending.IsCompleted ? MaximumWaiting : 0;
        return null;
    }

    /// <summary>Sends bytes for which there is room.</summary>
    public StreamError? Send(ReadOnlySpan<byte> bytes)
    {
        if (_isEndOfSending)
        {
            return StreamError.End;
        }

        if (!bytes.IsEmpty)
        {
            // A guest may write a piece at a time while the last check-write lasts, so one may come while another is on its way.
            _sending = SendAsync(_sending, bytes.ToArray());
            if (!_sending.IsCompleted)
            {
                context.RingAfter(_sending);
            }
        }

        return _sending.IsFaulted ? Room(out _) : null;
    }

    /// <summary>The failure of a stream.</summary>
    public StreamError Failure(ErrorCode error) => new StreamError.LastOperationFailed(new IoError(context, $"the connection failed: {error}", error));

    /// <summary>What comes in from now on is of no interest.</summary>
    public void EndReceiving()
    {
        IsReceivingOver = true;
        ShutDown(SocketShutdown.Receive);
    }

    /// <summary>The other side is told that nothing more will come, after what was written.</summary>
    public void EndSending()
    {
        if (!_isEndOfSending)
        {
            _isEndOfSending = true;
            _sending = FinishAsync(_sending);
        }
    }

    /// <summary>The guest has no more use for it.</summary>
    public void Close() => _ = CloseAsync();

    private async Task SendAsync(Task before, ReadOnlyMemory<byte> bytes)
    {
        await before.ConfigureAwait(false);
        while (!bytes.IsEmpty)
        {
            int count = await socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false);
            bytes = bytes[count..];
        }
    }

    private async Task FinishAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ShutDown(SocketShutdown.Send);
    }

    private async Task CloseAsync()
    {
        await _sending.WaitAsync(Linger).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Sockets.Close(socket);
    }

    private void ShutDown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception exception) when (Addresses.IsExpected(exception))
        {
            // There is no connection any more: the streams say so.
        }
    }
}

/// <summary>What comes in, read when the guest looks for it and not before.</summary>
internal sealed class TcpInputStream(WasiContext context, TcpConnection connection, TcpSocket parent) : InputStream(context, parent)
{
    private const int BufferSize = 16 * 1024;

    private byte[]? _buffer;
    private ReadOnlyMemory<byte> _bytes;
    private Task<int>? _receiving;
    private StreamError? _end;

    public override bool IsReady()
    {
        if (connection.IsReceivingOver || _end is not null || !_bytes.IsEmpty)
        {
            return true;
        }

        try
        {
            if (_receiving is null)
            {
                _receiving = connection.Socket.ReceiveAsync(_buffer ??= new byte[BufferSize], SocketFlags.None);
                if (!_receiving.IsCompleted)
                {
                    Context.RingAfter(_receiving);
                }
            }

            if (!_receiving.IsCompleted)
            {
                return false;
            }

            Task<int> done = _receiving;
            _receiving = null;
            int count = done.GetAwaiter().GetResult();
            _bytes = _buffer.AsMemory(0, count);
            _end = count == 0 ? StreamError.End : null;
        }
        catch (Exception exception) when (Addresses.IsExpected(exception))
        {
            _end = connection.Failure(Addresses.ErrorOf(exception));
        }

        return true;
    }

    public override StreamError? Take(Span<byte> buffer, out int count)
    {
        count = 0;
        if (!IsReady())
        {
            return null;
        }

        if (connection.IsReceivingOver || _bytes.IsEmpty)
        {
            return connection.IsReceivingOver ? StreamError.End : _end;
        }

        count = Math.Min(buffer.Length, _bytes.Length);
        _bytes.Span[..count].CopyTo(buffer);
        _bytes = _bytes[count..];
        return null;
    }

    protected override void Release() => _receiving?.ContinueWith(static receiving => _ = receiving.Exception, TaskScheduler.Default);
}

/// <summary>What goes out. There is room when the system has taken all that was written before.</summary>
internal sealed class TcpOutputStream(WasiContext context, TcpConnection connection, TcpSocket parent) : OutputStream(context, parent)
{
    public override StreamError? Room(out int count) => connection.Room(out count);

    public override StreamError? Put(ReadOnlySpan<byte> bytes) => connection.Send(bytes);

    /// <summary>As in POSIX, whoever can write no more has nothing more to say.</summary>
    protected override void Release() => connection.EndSending();
}
