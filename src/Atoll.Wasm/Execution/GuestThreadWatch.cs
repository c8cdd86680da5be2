namespace Atoll.Wasm.Execution;

/// <summary>One thread that looks, every millisecond, at pools where work waits: whether it waits behind guests that take long.</summary>
internal sealed class GuestThreadWatch
{
    private readonly object _lock = new();
    private readonly List<GuestThreadPool> _pools = [];

    private GuestThreadWatch() => new Thread(Run, 256 * 1024) { IsBackground = true, Name = "Atoll guest watch", Priority = ThreadPriority.AboveNormal }.Start();

    public static GuestThreadWatch Shared { get; } = new();

    /// <summary>Looks at a pool until it says that it needs that no longer. The pool is not among those that are looked at.</summary>
    public void Add(GuestThreadPool pool)
    {
        lock (_lock)
        {
            _pools.Add(pool);
            Monitor.Pulse(_lock);
        }
    }

    private void Run()
    {
        while (true)
        {
            GuestThreadPool[] pools;
            lock (_lock)
            {
                while (_pools.Count == 0)
                {
                    Monitor.Wait(_lock);
                }

                pools = [.. _pools];
            }

            Thread.Sleep(1);
            foreach (GuestThreadPool pool in pools)
            {
                if (!pool.Widen())
                {
                    lock (_lock)
                    {
                        _pools.Remove(pool);
                    }
                }
            }
        }
    }
}
