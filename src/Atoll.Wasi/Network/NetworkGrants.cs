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
        return Add(grants, new NetworkShare { Patterns = [.. patterns.Select(NetworkPattern.Parse)] });
    }

    /// <summary>Lets guests ask name servers about names. Whoever may connect to a name may do so without it.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="names">Names, in which <c>*</c> stands for one label and <c>**</c> for any number.</param>
    /// <exception cref="FormatException">One is no name; the message says what to write.</exception>
    public static Grants AllowResolve(this Grants grants, params IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return Add(grants, new NetworkShare { Names = [.. names.Select(NetworkPattern.ParseName)] });
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
        return Add(grants, new NetworkShare { Listens = [.. patterns.Select(NetworkPattern.ParseListen)] });
    }

    /// <summary>Lets names that are granted with <c>AllowNetwork</c> stand for addresses that are not public, for a network that one trusts.</summary>
    /// <param name="grants">The grants so far.</param>
    public static Grants AllowPrivateNetwork(this Grants grants) => Add(grants, new NetworkShare { AllowsPrivate = true });

    /// <summary>The same with another way to find the addresses of names.</summary>
    internal static Grants AllowNetwork(this Grants grants, Func<string, CancellationToken, Task<IPAddress[]>> resolve, params IEnumerable<string> patterns) =>
        Add(grants, new NetworkShare { Patterns = [.. patterns.Select(NetworkPattern.Parse)], Backend = new ResolvingBackend(resolve) });

    /// <summary>Puts another network in the place of the system's.</summary>
    internal static Grants WithNetwork(this Grants grants, NetworkBackend backend) => Add(grants, new NetworkShare { Backend = backend });

    /// <summary>Takes away every host that none of the patterns names, whatever was granted. It opens nothing, so private addresses stay as they were granted.</summary>
    /// <exception cref="FormatException">A pattern is none; the message says what to write.</exception>
    internal static Grants LimitNetwork(this Grants grants, params IEnumerable<string> patterns) =>
        Add(grants, new NetworkShare { Limits = [[.. patterns.Select(NetworkPattern.Parse)]] });

    private static Grants Add(Grants grants, NetworkShare share)
    {
        ArgumentNullException.ThrowIfNull(grants);
        return grants.With(new NetworkGrant(share, grants.Items.OfType<NetworkGrant>().LastOrDefault()));
    }

    private sealed class ResolvingBackend(Func<string, CancellationToken, Task<IPAddress[]>> resolve) : NetworkBackend
    {
        public override Task<IPAddress[]> FindAsync(string host, CancellationToken cancellation) => resolve(host, cancellation);
    }
}

/// <summary>What one call of <see cref="NetworkGrants"/> opens, or all before it together.</summary>
internal sealed record NetworkShare
{
    /// <summary>Where guests may connect to.</summary>
    public ImmutableArray<NetworkPattern> Patterns { get; init; } = [];

    /// <summary>Where they may listen.</summary>
    public ImmutableArray<NetworkPattern> Listens { get; init; } = [];

    /// <summary>Names that they may look up beside those that they may connect to.</summary>
    public ImmutableArray<Capability> Names { get; init; } = [];

    /// <summary>Whether names may stand for addresses that are not public.</summary>
    public bool AllowsPrivate { get; init; }

    /// <summary>What is left of all that: each list has to name a host, too.</summary>
    public ImmutableArray<ImmutableArray<NetworkPattern>> Limits { get; init; } = [];

    /// <summary>The network; null for the system's.</summary>
    public NetworkBackend? Backend { get; init; }

    public NetworkShare And(NetworkShare more) => new()
    {
        Patterns = Patterns.AddRange(more.Patterns),
        Listens = Listens.AddRange(more.Listens),
        Names = Names.AddRange(more.Names),
        AllowsPrivate = AllowsPrivate || more.AllowsPrivate,
        Limits = Limits.AddRange(more.Limits),
        Backend = more.Backend ?? Backend,
    };
}

/// <summary>Hosts and addresses that were granted; the last one in a list of grants has those of all before it.</summary>
internal sealed record NetworkGrant : IGrant
{
    private readonly NetworkShare _own;
    private readonly NetworkShare _all;

    public NetworkGrant(NetworkShare own, NetworkGrant? before)
    {
        _own = own;
        _all = before?._all.And(own) ?? own;
        Policy = new NetworkPolicy(_all);
    }

    /// <summary>Shared by all runs with this grant.</summary>
    public NetworkPolicy Policy { get; }

    public IEnumerable<Capability> Capabilities => [.. _own.Patterns.Concat(_own.Listens).Select(pattern => pattern.Capability), .. _own.Names];
}
