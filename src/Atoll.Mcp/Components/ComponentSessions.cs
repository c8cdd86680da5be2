using System.Collections.Concurrent;
using Atoll.Components;
using Atoll.Mcp.Tools;
using Atoll.Wasm;

namespace Atoll.Mcp.Components;

/// <summary>Whose an instance is.</summary>
/// <param name="Component">The component.</param>
/// <param name="Session">The client's session.</param>
/// <param name="Access">What it was granted.</param>
internal readonly record struct SessionKey(Component Component, string Session, string Access);

/// <summary>
/// Instances that live as long as an MCP session: one for a session and component, used by one call at a time, never by another session. Bounded; those
/// that idle too long end, and the one that idles longest makes room. Thread-safe.
/// </summary>
internal sealed class ComponentSessions : IDisposable
{
    public static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<SessionKey, Kept> _kept = new();
    private readonly TimeProvider _time;
    private readonly int _max;
    private readonly ITimer _sweeper;

    public ComponentSessions(TimeProvider time, int max = 256)
    {
        _time = time;
        _max = max;
        _sweeper = time.CreateTimer(_ => Sweep(), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
    }

    public int Count => _kept.Count;

    /// <summary>Takes the instance of a session for one call; makes it when there is none.</summary>
    /// <param name="key">Whose it is.</param>
    /// <param name="current">The call; an instance that is there already is told of it.</param>
    /// <param name="make">Makes an instance, whose refusals are seen by what it is given.</param>
    /// <param name="cancellationToken">Ends waiting for another call of the same session.</param>
    public Kept Take(SessionKey key, CurrentCall current, Func<CurrentCall, ComponentInstance> make, CancellationToken cancellationToken)
    {
        while (true)
        {
            Kept kept = _kept.GetOrAdd(key, static made => new Kept(made));
            kept.Gate.Wait(cancellationToken);
            if (!kept.IsGone)
            {
                try
                {
                    kept.Current ??= current;
                    kept.Current.Next(current.Logger, current.Tool);
                    kept.Instance ??= make(kept.Current);
                    return kept;
                }
                catch
                {
                    Return(kept, isSound: false);
                    throw;
                }
            }

            kept.Gate.Release();
        }
    }

    /// <summary>Gives it back.</summary>
    /// <param name="kept">What was taken.</param>
    /// <param name="isSound">Whether it may be called again; otherwise the next call gets a fresh one.</param>
    public void Return(Kept kept, bool isSound)
    {
        kept.LastUsed = _time.GetTimestamp();
        if (!isSound)
        {
            kept.Forget();
        }

        if (kept.IsEnding)
        {
            End(kept);
        }

        kept.Gate.Release();
        while (_kept.Count > _max && _kept.Values.Where(other => other != kept).MinBy(other => other.LastUsed) is { } oldest && TryEnd(oldest))
        {
            // Room was made.
        }
    }

    /// <summary>Ends the instances of a session; a call that runs in one is left to end first.</summary>
    public void EndSession(string session)
    {
        foreach (Kept kept in _kept.Values.Where(kept => kept.Key.Session == session))
        {
            TryEnd(kept);
        }
    }

    public void Dispose()
    {
        _sweeper.Dispose();
        foreach (Kept kept in _kept.Values)
        {
            TryEnd(kept);
        }
    }

    /// <summary>Ends a store with the streams and folders that its guests had.</summary>
    public static void End(Store store)
    {
        store.Dispose();
        (store.State as IDisposable)?.Dispose();
    }

    internal void Sweep()
    {
        foreach (Kept kept in _kept.Values.Where(kept => kept.LastUsed != 0 && _time.GetElapsedTime(kept.LastUsed) > IdleTime))
        {
            TryEnd(kept);
        }
    }

    private bool TryEnd(Kept kept)
    {
        kept.IsEnding = true;
        if (!kept.Gate.Wait(0))
        {
            return false;
        }

        End(kept);
        kept.Gate.Release();
        return true;
    }

    private void End(Kept kept)
    {
        kept.IsGone = true;
        kept.Forget();
        _kept.TryRemove(new(kept.Key, kept));
    }

    /// <summary>An instance with what belongs to it; its gate is held while it is used.</summary>
    internal sealed class Kept(SessionKey key)
    {
        private volatile bool _isEnding;

        public SessionKey Key { get; } = key;

        public SemaphoreSlim Gate { get; } = new(1);

        public ComponentInstance? Instance { get; set; }

        /// <summary>What the instance knows of the call that it runs; set before the instance.</summary>
        public CurrentCall? Current { get; set; }

        public long LastUsed { get; set; }

        public bool IsGone { get; set; }

        public bool IsEnding { get => _isEnding; set => _isEnding = value; }

        public void Forget()
        {
            if (Instance is { Store: var store })
            {
                Instance = null;
                ComponentSessions.End(store);
            }
        }
    }
}
