using System.Diagnostics;

namespace Atoll.Wasi.Streams;

/// <summary>
/// Writes to streams that may have to wait (a pipe that nobody empties) on a thread of its own, so that the guest can be stopped meanwhile. All
/// output of one run goes through one queue, so what was written first arrives first, on whatever stream.
/// </summary>
/// <remarks>Used by one guest's thread. The thread ends with <see cref="Close"/>; one that hangs in a write ends after it.</remarks>
internal sealed class OutputPump
{
    private const int Capacity = 256 * 1024;

    // What an entry costs besides its bytes: a guest that writes single bytes must not fill the host's memory with entries.
    private const int EntryCost = 64;

    private readonly Queue<(Stream Stream, byte[] Bytes)> _queue = new();
    private readonly object _lock = new();
    private readonly Bell _progress;
    private int _queued;
    private bool _busy;
    private bool _closed;
    private Exception? _failure;

    /// <param name="progress">Rings when there is room again, and when everything is written.</param>
    public OutputPump(Bell progress)
    {
        _progress = progress;
        new Thread(Run, 256 * 1024) { IsBackground = true, Name = "Atoll standard output" }.Start();
    }

    /// <summary>Bytes that there is room for.</summary>
    public int Room
    {
        get
        {
            lock (_lock)
            {
                return Math.Max(0, Capacity - _queued - EntryCost);
            }
        }
    }

    /// <summary>Queues bytes, if there is room; they are copied. The stream is flushed when nothing else is queued.</summary>
    /// <returns>How many bytes were taken.</returns>
    /// <exception cref="IOException">An earlier write failed; told once.</exception>
    public int Offer(Stream stream, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            ThrowFailure();
            int count = Math.Clamp(Capacity - _queued - EntryCost, 0, bytes.Length);
            if (count > 0)
            {
                _queue.Enqueue((stream, bytes[..count].ToArray()));
                _queued += count + EntryCost;
                Monitor.Pulse(_lock);
            }

            return count;
        }
    }

    /// <summary>Waits until everything is written and flushed.</summary>
    /// <param name="limit">How long to wait at most; null for as long as it takes.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Whether everything is.</returns>
    /// <exception cref="IOException">A write failed; told once.</exception>
    public bool Drain(TimeSpan? limit, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            _progress.Reset();
            lock (_lock)
            {
                ThrowFailure();
                if (_queue.Count == 0 && !_busy)
                {
                    return true;
                }
            }

            TimeSpan left = limit is { } most ? most - Stopwatch.GetElapsedTime(start) : Timeout.InfiniteTimeSpan;
            if (cancellation.IsCancellationRequested || (limit is not null && left <= TimeSpan.Zero))
            {
                return false;
            }

            _progress.Wait(null, limit is null ? ulong.MaxValue : (ulong)left.Ticks * 100, mayBlock: true, cancellation);
        }
    }

    /// <summary>Ends the thread; what is still queued is dropped.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            _queue.Clear();
            Monitor.Pulse(_lock);
        }
    }

    private void ThrowFailure()
    {
        if (_failure is { } failure)
        {
            _failure = null;
            throw new IOException($"standard output cannot be written: {failure.Message}", failure);
        }
    }

    private void Run()
    {
        while (true)
        {
            Stream stream;
            byte[] bytes;
            bool isLast;
            lock (_lock)
            {
                while (_queue.Count == 0 && !_closed)
                {
                    Monitor.Wait(_lock);
                }

                if (_closed)
                {
                    return;
                }

                (stream, bytes) = _queue.Dequeue();
                isLast = _queue.Count == 0;
                _busy = true;
            }

            Exception? failure = null;
            try
            {
                stream.Write(bytes);
                if (isLast)
                {
                    stream.Flush();
                }
            }
            catch (Exception exception)
            {
                // Whatever it is: it belongs to the guest's thread, which throws it on.
                failure = exception;
            }

            lock (_lock)
            {
                _busy = false;
                _queued -= bytes.Length + EntryCost;
                if (failure is not null)
                {
                    _failure = failure;
                    _queue.Clear();
                    _queued = 0;
                }

                _progress.Ring();
            }
        }
    }
}
