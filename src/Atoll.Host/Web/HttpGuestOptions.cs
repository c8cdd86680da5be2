using System.Net;

namespace Atoll.Host.Web;

/// <summary>How a <see cref="HttpGuestServer"/> serves.</summary>
public sealed record HttpGuestOptions
{
    /// <summary>Where to listen; port 0 takes a free one.</summary>
    /// <value>Default: 127.0.0.1:8080.</value>
    public IPEndPoint Address { get; init; } = new(IPAddress.Loopback, 8080);

    /// <summary>Time that the guest has for a request, the body that it sends included.</summary>
    /// <value>Default: 30 seconds.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests that the guest answers at the same time, each in an instance of its own. As many again wait; others are refused with 503.</summary>
    /// <value>Default: 64. At least 1.</value>
    public int MaxConcurrency { get; init; } = 64;

    /// <summary>Most bytes of a request's body; more is refused with 413.</summary>
    /// <value>Default: 32 MiB.</value>
    public long MaxBodyBytes { get; init; } = 32 << 20;

    /// <summary>Most bytes that the memories of an instance may have; null for the engine's limit alone.</summary>
    public ulong? MaxMemoryBytes { get; init; }

    /// <summary>How long requests that run may go on when the server is asked to end.</summary>
    /// <value>Default: 10 seconds.</value>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether each request gets a line in the log. Failures of the guest always get one.</summary>
    public bool LogRequests { get; init; }

    /// <summary>Whether lines of the log are JSON objects.</summary>
    public bool JsonLog { get; init; }
}
