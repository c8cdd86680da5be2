namespace Atoll.Fuzz.Running;

/// <summary>Ends the process when a case takes far too long: nothing else would notice a decoder that hangs.</summary>
internal sealed class Watch : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly Timer _timer;
    private readonly Action _onHang;
    private long _since = Environment.TickCount64;

    /// <param name="onHang">Called on another thread; says what hangs and ends the process.</param>
    public Watch(Action onHang)
    {
        _onHang = onHang;
        _timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
    }

    /// <summary>The next case begins.</summary>
    public void Restart() => Volatile.Write(ref _since, Environment.TickCount64);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (Environment.TickCount64 - Volatile.Read(ref _since) > Limit.TotalMilliseconds)
        {
            _onHang();
        }
    }
}
