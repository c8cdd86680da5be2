using System.Collections.Immutable;
using Atoll.Components;
using Atoll.Wasi.Network;

namespace Atoll.Host.Security;

/// <summary>Hosts that one call of a tool may connect to: those of the operator that every limit names too. Immutable; connections are pooled for each of these.</summary>
internal sealed class NetworkAccess
{
    private readonly Lazy<IGrant> _grant;

    /// <param name="hosts">Patterns <c>HOST:PORT</c> of the operator.</param>
    /// <param name="mayBePrivate">Whether names may stand for addresses that are not public.</param>
    /// <param name="limits">What manifest and rules leave of them, each a list of patterns.</param>
    public NetworkAccess(ImmutableArray<string> hosts, bool mayBePrivate, ImmutableArray<ImmutableArray<string>> limits)
    {
        Hosts = hosts;
        Text = $"net{(mayBePrivate ? "-private" : "")}:{string.Join(',', hosts)}{string.Concat(limits.Select(limit => " & " + string.Join(',', limit)))}";
        _grant = new Lazy<IGrant>(() =>
        {
            // Limits come after what they limit and stay with it, so the last grant has all of it.
            Grants grants = Grants.None.AllowNetwork(hosts);
            grants = mayBePrivate ? grants.AllowPrivateNetwork() : grants;
            return limits.Aggregate(grants, (all, limit) => all.LimitNetwork(limit)).Items[^1];
        });
    }

    /// <summary>The operator's hosts, before the limits.</summary>
    public ImmutableArray<string> Hosts { get; }

    /// <summary>It in words.</summary>
    public string Text { get; }

    /// <summary>Adds it to what a guest may reach.</summary>
    public Grants AddTo(Grants grants) => grants.With(_grant.Value);

    /// <summary>Why a pattern <c>HOST:PORT</c> is none and what to write; null when it is one.</summary>
    public static string? Check(string pattern)
    {
        try
        {
            NetworkPattern.Parse(pattern);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Whether some of the patterns name what was asked for: a host with a port, or a name that was looked up.</summary>
    public static bool Names(IEnumerable<string> patterns, Capability asked)
    {
        NetworkPolicy policy = new(new NetworkShare { Patterns = [.. patterns.Select(NetworkPattern.Parse)] });
        int colon = asked.Pattern.LastIndexOf(':');
        return asked.Action == "resolve" ? policy.AllowsName(asked.Pattern)
            : asked.Action == "connect" && colon > 0 && ushort.TryParse(asked.Pattern.AsSpan(colon + 1), out ushort port) && policy.AllowsHost(asked.Pattern[..colon], port);
    }
}
