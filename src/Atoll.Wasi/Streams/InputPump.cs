namespace Atoll.Wasi.Streams;

/// <summary>
/// Reads a stream ahead by one block on a thread of its own, so that a guest that waits for input can be stopped, and can wait with a time limit.
/// Belongs to the grant, not to one run: what a stopped guest did not take is there for the next one.
/// </summary>
/// <remarks>Thread-safe. The thread ends when nobody has asked for input for a while, and begins again when somebody does.</remarks>
internal sealed class InputPump(Stream stream)
{
    private const int IdleMilliseconds = 2000;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly HashSet<Bell> _waiting = [];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _count;
    private bool _reading;
    private bool _running;
    private bool _ended;
    private bool _hadMoment;
    private Exception? _failure;

    /// <summary>Whether a read would not wait; if it would, reading ahead begins, and the bell rings when it has brought something.</summary>
    public bool IsReady(Bell bell)
    {
        lock (_lock)
        {
            if (_start < _count || _ended)
            {
                return true;
            }

            _waiting.Add(bell);
            if (!_reading)
            {
                _reading = true;
                Wake();
            }

            return false;
        }
    }

    /// <summary>True once, when reading ahead has begun: what was piped in is there already, and only has to be fetched by another thread.</summary>
    public bool TakeFirstMoment()
    {
        lock (_lock)
        {
            bool isFirst = _running && !_hadMoment;
            _hadMoment |= isFirst;
            return isFirst;
        }
    }

    /// <summary>Takes what is there, or nothing; 0 at the end.</summary>
    /// <exception cref="IOException">The stream failed.</exception>
    public int Take(Span<byte> buffer)
    {
        lock (_lock)
        {
            if (_start == _count && _failure is not null)
            {
                throw new IOException("standard input cannot be read", _failure);
            }

            int count = Math.Min(buffer.Length, _count - _start);
            _buffer.AsSpan(_start, count).CopyTo(buffer);
            _start += count;
            return count;
        }
    }

    /// <summary>The bell need not be rung any more.</summary>
    public void Forget(Bell bell)
    {
        lock (_lock)
        {
            _waiting.Remove(bell);
        }
    }

    /// <summary>Called under the lock.</summary>
    private void Wake()
    {
        if (_running)
        {
            _wanted.Release();
            return;
        }

        _running = true;
        new Thread(Run, 256 * 1024) { IsBackground = true, Name = "Atoll standard input" }.Start();
    }

    private void Run()
    {
        while (ReadBlock())
        {
            if (_wanted.Wait(IdleMilliseconds))
            {
                continue;
            }

            lock (_lock)
            {
                // Somebody may have asked just now.
                if (!_wanted.Wait(0))
                {
                    _running = false;
                    return;
                }
            }
        }
    }

    private bool ReadBlock()
    {
        int count = 0;
        Exception? failure = null;
        try
        {
            count = stream.Read(_buffer);
        }
        catch (Exception exception)
        {
            // Whatever it is: it belongs to the guest's thread, which throws it on.
            failure = exception;
        }

        lock (_lock)
        {
            _start = 0;
            _count = count;
            _failure = failure;
            _ended = count == 0;
            _reading = false;
            _running = !_ended;
            foreach (Bell bell in _waiting)
            {
                bell.Ring();
            }

            _waiting.Clear();
            return !_ended;
        }
    }
}
