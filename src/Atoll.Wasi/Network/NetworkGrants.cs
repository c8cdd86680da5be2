using System.Collections.Immutable;
using System.Net;
using Atoll.Components;

namespace Atoll.Wasi.Network;

/// <summary>Opens the network for WASI guests.</summary>
public static class NetworkGrants
{
    /// <summary>
    /// Lets guests connect to hosts. Addresses that are not public (loopback, private, link-local, shared, multicast and the like) are refused all the same, also
    /// when a name stands for one, unless a pattern names the address or a range with it.
    /// </summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="patterns">
    /// <c>HOST:PORT</c>: the host is a name in which <c>*</c> stands for one label and <c>**</c> for any number, <c>localhost</c>, an address (IPv6 in brackets)
    /// or a range of addresses (<c>10.0.0.0/8</c>); the port is a number, or <c>*</c> for every port.
    /// </param>
    /// <exception cref="FormatException">A pattern is none; the message says what to write.</exception>
    public static Grants AllowNetwork(this Grants grants, params IEnumerable<string> patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        return Add(grants, [.. patterns.Select(NetworkPattern.Parse)], [], allowsPrivate: false, resolve: null);
    }

    /// <summary>Lets guests wait for others at addresses of this host: TCP connections, and UDP datagrams from anybody.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="patterns">
    /// <c>ADDRESS:PORT</c>: an address (IPv6 in brackets), a range of addresses, <c>localhost</c>, or <c>*</c> for every address; the port is a number, or
    /// <c>*</c> for every port and for one that the system chooses. <c>0.0.0.0</c> and <c>[::]</c> are addresses like others: with them, all of the host's.
    /// </param>
    /// <exception cref="FormatException">A pattern is none; the message says what to write.</exception>
    public static Grants AllowListen(this Grants grants, params IEnumerable<string> patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        return Add(grants, [], [.. patterns.Select(NetworkPattern.ParseListen)], allowsPrivate: false, resolve: null);
    }

    /// <summary>Lets names that are granted with <c>AllowNetwork</c> stand for addresses that are not public, for a network that one trusts.</summary>
    /// <param name="grants">The grants so far.</param>
    public static Grants AllowPrivateNetwork(this Grants grants) => Add(grants, [], [], allowsPrivate: true, resolve: null);

    /// <summary>The same with another way to find the addresses of names.</summary>
    internal static Grants AllowNetwork(this Grants grants, Func<string, CancellationToken, Task<IPAddress[]>> resolve, params IEnumerable<string> patterns) =>
        Add(grants, [.. patterns.Select(NetworkPattern.Parse)], [], allowsPrivate: false, resolve);

    /// <summary>Takes away every host that none of the patterns names, whatever was granted. It opens nothing, so private addresses stay as they were granted.</summary>
    /// <exception cref="FormatException">A pattern is none; the message says what to write.</exception>
    internal static Grants LimitNetwork(this Grants grants, params IEnumerable<string> patterns)
    {
        NetworkGrant? before = grants.Items.OfType<NetworkGrant>().LastOrDefault();
        return before is null ? grants : grants.With(before.LimitedTo([.. patterns.Select(NetworkPattern.Parse)]));
    }

    private static Grants Add(
        Grants grants,
        ImmutableArray<NetworkPattern> patterns,
        ImmutableArray<NetworkPattern> listens,
        bool allowsPrivate,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve)
    {
        ArgumentNullException.ThrowIfNull(grants);
        NetworkGrant? before = grants.Items.OfType<NetworkGrant>().LastOrDefault();
        return grants.With(new NetworkGrant(patterns, listens, allowsPrivate, resolve, before));
    }
}

/// <summary>Hosts and addresses that were granted; the last one in a list of grants has those of all before it.</summary>
internal sealed record NetworkGrant : IGrant
{
    private readonly ImmutableArray<NetworkPattern> _own;
    private readonly ImmutableArray<NetworkPattern> _all;
    private readonly ImmutableArray<NetworkPattern> _ownListens;
    private readonly ImmutableArray<NetworkPattern> _allListens;
    private readonly bool _allowsPrivate;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>>? _resolve;
    private readonly ImmutableArray<ImmutableArray<NetworkPattern>> _limits;

    public NetworkGrant(
        ImmutableArray<NetworkPattern> own,
        ImmutableArray<NetworkPattern> ownListens,
        bool allowsPrivate,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve,
        NetworkGrant? before)
    {
        _own = own;
        _all = before is null ? own : before._all.AddRange(own);
        _ownListens = ownListens;
        _allListens = before is null ? ownListens : before._allListens.AddRange(ownListens);
        _allowsPrivate = allowsPrivate || before is { _allowsPrivate: true };
        _resolve = resolve ?? before?._resolve;
        _limits = before?._limits ?? [];
        Policy = new NetworkPolicy(_all, _allListens, _allowsPrivate, _resolve) { Limits = _limits };
    }

    private NetworkGrant(NetworkGrant before, ImmutableArray<NetworkPattern> limit)
    {
        (_own, _ownListens, _all, _allListens, _allowsPrivate, _resolve) = ([], [], before._all, before._allListens, before._allowsPrivate, before._resolve);
        _limits = before._limits.Add(limit);
        Policy = new NetworkPolicy(_all, _allListens, _allowsPrivate, _resolve) { Limits = _limits };
    }

    /// <summary>Shared by all runs with this grant.</summary>
    public NetworkPolicy Policy { get; }

    public NetworkGrant LimitedTo(ImmutableArray<NetworkPattern> limit) => new(this, limit);

    public IEnumerable<Capability> Capabilities => _own.Concat(_ownListens).Select(pattern => pattern.Capability);
}
