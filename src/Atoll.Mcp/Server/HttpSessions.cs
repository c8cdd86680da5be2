using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Server;

namespace Atoll.Mcp.Server;

/// <summary>One client of a protocol revision that has sessions.</summary>
internal sealed class HttpSession : IAsyncDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private readonly Task _run;
    private int _disposed;
    private int _streams;

    public HttpSession(McpServerOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        Transport = new StreamableHttpServerTransport(loggers) { SessionId = Id };
        Server = McpServer.Create(Transport, options, loggers, null);
        LastUsed = time.GetTimestamp();
        _run = Server.RunAsync(_closed.Token);
    }

    public string Id { get; }

    public StreamableHttpServerTransport Transport { get; }

    public McpServer Server { get; }

    public long LastUsed { get; set; }

    /// <summary>Requests that are being answered; such a session is in use.</summary>
    public int Active;

    /// <summary>Takes the right to the session's one GET stream.</summary>
    public bool TryStartStream() => Interlocked.Exchange(ref _streams, 1) == 0;

    public void EndStream() => Volatile.Write(ref _streams, 0);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _closed.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Server.DisposeAsync().ConfigureAwait(false);
        await Transport.DisposeAsync().ConfigureAwait(false);
        _closed.Dispose();
    }
}

/// <summary>The sessions of the HTTP server: bounded; the one that idles longest makes room. Thread-safe.</summary>
internal sealed class HttpSessions(McpServerOptions options, ILoggerFactory loggers, TimeProvider time, Action<string>? ended = null, int maxSessions = 128) : IAsyncDisposable
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan MinimumIdleTime = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, HttpSession> _sessions = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _creating = new(1);

    public int Count => _sessions.Count;

    public HttpSession? Find(string id) => _sessions.GetValueOrDefault(id);

    /// <summary>Makes a session.</summary>
    /// <returns>Null when there are too many and all of them are in use.</returns>
    public async Task<HttpSession?> CreateAsync()
    {
        await _creating.WaitAsync().ConfigureAwait(false);
        try
        {
            await RemoveIdleAsync().ConfigureAwait(false);
            if (_sessions.Count >= maxSessions)
            {
                return null;
            }

            var session = new HttpSession(options, loggers, time);
            _sessions[session.Id] = session;
            return session;
        }
        finally
        {
            _creating.Release();
        }
    }

    public async Task<bool> RemoveAsync(string id)
    {
        if (!_sessions.TryRemove(id, out var session))
        {
            return false;
        }

        await session.DisposeAsync().ConfigureAwait(false);
        ended?.Invoke(id);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _sessions.Keys)
        {
            await RemoveAsync(id).ConfigureAwait(false);
        }

        _creating.Dispose();
    }

    private async Task RemoveIdleAsync()
    {
        var idle = _sessions.Values.Where(s => Volatile.Read(ref s.Active) == 0).OrderBy(s => s.LastUsed).ToList();
        foreach (var session in idle)
        {
            var age = time.GetElapsedTime(session.LastUsed);
            if (age > IdleTime || (_sessions.Count >= maxSessions && age > MinimumIdleTime))
            {
                await RemoveAsync(session.Id).ConfigureAwait(false);
            }
        }
    }
}
