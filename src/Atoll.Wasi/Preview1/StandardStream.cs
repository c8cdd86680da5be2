using System.Net.Sockets;
using Atoll.Wasi.FileSystem;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview1;

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

    /// <summary>Reads what is there; waits for the first byte.</summary>
    public int Read(Caller caller, Span<byte> buffer)
    {
        if (Input is not { } input)
        {
            return _grant.Stream.Read(buffer);
        }

        while (!input.IsReady())
        {
            WaitHandle.WaitAny([input.Ready, caller.Interruption.WaitHandle]);
            caller.ThrowIfInterrupted();
        }

        return input.Take(buffer);
    }

    public Errno Write(Caller caller, ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > _grant.LimitBytes - _written)
        {
            throw new TrapException(TrapKind.Host, $"the program wrote more than its output limit of {_grant.LimitBytes} bytes");
        }

        _written += buffer.Length;
        if (!_grant.MayWait)
        {
            _grant.Stream.Write(buffer);
            return Errno.Success;
        }

        try
        {
            OutputPump pump = _context.Output;
            while (true)
            {
                buffer = buffer[pump.Offer(_grant.Stream, buffer)..];
                if (buffer.IsEmpty)
                {
                    return Errno.Success;
                }

                pump.WaitForRoom(caller.Interruption);
                caller.ThrowIfInterrupted();
            }
        }
        catch (IOException exception) when (exception.InnerException is IOException inner)
        {
            return IsBrokenPipe(inner) ? Errno.Pipe : PortableErrors.From(inner);
        }
    }

    /// <summary>EPIPE, as number of a file function or of the socket that .NET makes of a pipe; ERROR_BROKEN_PIPE and ERROR_NO_DATA of Windows.</summary>
    private static bool IsBrokenPipe(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xFFFF) is 109 or 232
        : exception.HResult == 32 || exception.InnerException is SocketException { NativeErrorCode: 32 };

    public void Flush()
    {
        // What waits in a queue is flushed by who empties the queue.
        if (!IsInput && !_grant.MayWait)
        {
            _grant.Stream.Flush();
        }
    }
}
