using System.Net.Sockets;
using Atoll.Wasi.FileSystem;
using Atoll.Wasm;

namespace Atoll.Wasi.Streams;

/// <summary>A standard stream of a guest.</summary>
internal sealed class StandardStream
{
    private readonly StdioGrant _grant;
    private readonly WasiContext _context;
    private long _written;

    public StandardStream(StdioGrant grant, WasiContext context)
    {
        _grant = grant;
        _context = context;
        Input = IsInput && grant.MayWait ? grant.Input : null;
    }

    public bool IsInput => _grant.Descriptor == 0;

    /// <summary>The streams of a console are files of no known kind as far as a guest can tell: it need not know that somebody watches.</summary>
    public bool IsTerminal => false;

    /// <summary>What reads ahead; null when a read never waits.</summary>
    public InputPump? Input { get; }

    /// <summary>Bytes that <see cref="Offer"/> would take now.</summary>
    public int Room => _grant.MayWait ? _context.Output.Room : int.MaxValue;

    /// <summary>Whether <see cref="Take"/> would give something; if not, the run's bell rings when it does.</summary>
    public bool IsReady() => Input is null || Input.IsReady(_context.Bell);

    /// <summary>Takes what is there; 0 at the end, or when nothing is ready.</summary>
    /// <exception cref="IOException">The stream failed.</exception>
    public int Take(Span<byte> buffer) => Input?.Take(buffer) ?? _grant.Stream.Read(buffer);

    /// <summary>Reads what is there; waits for the first byte.</summary>
    public int Read(Caller caller, Span<byte> buffer)
    {
        while (true)
        {
            _context.Bell.Reset();
            if (IsReady())
            {
                return Take(buffer);
            }

            _context.Wait(caller, ulong.MaxValue);
        }
    }

    /// <summary>Takes as many bytes as there is room for; if that is not all, the run's bell rings when there is more.</summary>
    /// <exception cref="TrapException">It is more than the program may write.</exception>
    public Errno Offer(ReadOnlySpan<byte> buffer, out int count)
    {
        count = 0;
        if (buffer.Length > _grant.LimitBytes - _written)
        {
            throw new TrapException(TrapKind.Host, $"the program wrote more than its output limit of {_grant.LimitBytes} bytes");
        }

        if (!_grant.MayWait)
        {
            _grant.Stream.Write(buffer);
            count = buffer.Length;
        }
        else
        {
            try
            {
                count = _context.Output.Offer(_grant.Stream, buffer);
            }
            catch (IOException exception) when (exception.InnerException is IOException inner)
            {
                return IsBrokenPipe(inner) ? Errno.Pipe : PortableErrors.From(inner);
            }
        }

        _written += count;
        return Errno.Success;
    }

    public Errno Write(Caller caller, ReadOnlySpan<byte> buffer)
    {
        while (true)
        {
            _context.Bell.Reset();
            Errno error = Offer(buffer, out int count);
            buffer = buffer[count..];
            if (error != Errno.Success || buffer.IsEmpty)
            {
                return error;
            }

            _context.Wait(caller, ulong.MaxValue);
        }
    }

    public void Flush()
    {
        // What waits in a queue is flushed by who empties the queue.
        if (!IsInput && !_grant.MayWait)
        {
            _grant.Stream.Flush();
        }
    }

    /// <summary>The run is over: nothing that arrives later is for it.</summary>
    public void Forget() => Input?.Forget(_context.Bell);

    /// <summary>EPIPE, as number of a file function or of the socket that .NET makes of a pipe; ERROR_BROKEN_PIPE and ERROR_NO_DATA of Windows.</summary>
    private static bool IsBrokenPipe(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xFFFF) is 109 or 232
        : exception.HResult == 32 || exception.InnerException is SocketException { NativeErrorCode: 32 };
}
