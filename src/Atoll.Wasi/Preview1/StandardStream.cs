using Atoll.Wasm;

namespace Atoll.Wasi.Preview1;

/// <summary>A standard stream of a guest.</summary>
internal sealed class StandardStream(StdioGrant grant)
{
    private InputPump? _pump;
    private long _written;

    public bool IsInput => grant.Descriptor == 0;

    /// <summary>The streams of a console are files of no known kind as far as a guest can tell: it need not know that somebody watches.</summary>
    public bool IsTerminal => false;

    public int Read(Caller caller, Span<byte> buffer)
    {
        if (grant.Stream is MemoryStream memory)
        {
            return memory.Read(buffer);
        }

        // Another thread reads, so that a deadline can stop a guest that waits for input.
        _pump ??= new InputPump(grant.Stream);
        int count = _pump.Read(buffer, caller.Interruption);
        caller.ThrowIfInterrupted();
        return count;
    }

    public void Write(ReadOnlySpan<byte> buffer)
    {
        if (_written + buffer.Length > grant.LimitBytes)
        {
            throw new TrapException(TrapKind.Host, $"the program wrote more than its output limit of {grant.LimitBytes} bytes");
        }

        _written += buffer.Length;
        grant.Stream.Write(buffer);
    }

    public void Flush() => grant.Stream.Flush();

    /// <summary>Reads a stream ahead by one block on a thread of its own.</summary>
    private sealed class InputPump
    {
        private readonly Stream _stream;
        private readonly SemaphoreSlim _wanted = new(0);
        private readonly SemaphoreSlim _ready = new(0);
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _start;
        private int _count;
        private bool _pending;
        private bool _ended;
        private Exception? _failure;

        public InputPump(Stream stream)
        {
            _stream = stream;
            new Thread(Run, 256 * 1024) { IsBackground = true, Name = "Atoll standard input" }.Start();
        }

        public int Read(Span<byte> buffer, CancellationToken interruption)
        {
            if (_start == _count && !_ended)
            {
                if (!_pending)
                {
                    _pending = true;
                    _wanted.Release();
                }

                try
                {
                    _ready.Wait(interruption);
                }
                catch (OperationCanceledException)
                {
                    // The caller finds out why from the store; the block stays pending for a later read.
                    return 0;
                }

                _pending = false;
                if (_failure is not null)
                {
                    throw new IOException("standard input cannot be read", _failure);
                }
            }

            int count = Math.Min(buffer.Length, _count - _start);
            _buffer.AsSpan(_start, count).CopyTo(buffer);
            _start += count;
            return count;
        }

        private void Run()
        {
            while (!_ended)
            {
                _wanted.Wait();
                try
                {
                    int count = _stream.Read(_buffer);
                    _start = 0;
                    _count = count;
                    _ended = count == 0;
                }
                catch (Exception exception) when (exception is IOException or ObjectDisposedException)
                {
                    _failure = exception;
                    _ended = true;
                }

                _ready.Release();
            }
        }
    }
}
