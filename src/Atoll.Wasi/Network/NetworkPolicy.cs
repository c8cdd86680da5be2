using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Atoll.Components;
using Atoll.Wasi.Preview2.Http;

namespace Atoll.Wasi.Network;

/// <summary>Which hosts guests may connect to, and which addresses these may have. Thread-safe.</summary>
internal sealed class NetworkPolicy
{
    private readonly ImmutableArray<NetworkPattern> _patterns;
    private readonly ImmutableArray<NetworkPattern> _listens;
    private readonly ImmutableArray<Capability> _names;
    private readonly ImmutableArray<ImmutableArray<NetworkPattern>> _limits;
    private readonly bool _allowsPrivate;
    private readonly Lazy<HttpMessageInvoker> _http;

    /// <param name="granted">What was granted.</param>
    public NetworkPolicy(NetworkShare granted)
    {
        _patterns = granted.Patterns;
        _listens = granted.Listens;
        _names = granted.Names;
        _limits = granted.Limits;
        _allowsPrivate = granted.AllowsPrivate;
        Backend = granted.Backend ?? NetworkBackend.System;
        _http = new Lazy<HttpMessageInvoker>(() => Backend.MakeInvoker(this));
    }

    /// <summary>The network itself.</summary>
    public NetworkBackend Backend { get; }

    /// <summary>What sends requests of guests with these grants; connections are kept and shared among them.</summary>
    public HttpMessageInvoker Http => _http.Value;

    /// <summary>The permission to connect to a host.</summary>
    public static Capability CapabilityOf(string host, int port) => Capability.Of("net", "connect", $"{host.TrimEnd('.')}:{port}");

    /// <summary>The permission to look up a name; whoever may connect to it has it.</summary>
    public static Capability ResolveCapabilityOf(string name) => Capability.Of("net", "resolve", name.TrimEnd('.'));

    /// <summary>Whether connections to anybody were granted.</summary>
    public bool AllowsSome => _patterns.Length != 0;

    /// <summary>Whether a name was granted, itself or with any port.</summary>
    public bool AllowsName(string name)
    {
        Capability asked = ResolveCapabilityOf(name);
        return (_patterns.Any(pattern => pattern.CoversName(asked)) || _names.Any(granted => granted.Covers(asked)))
            && _limits.All(limit => limit.Any(pattern => pattern.CoversName(asked)));
    }

    /// <summary>Whether others may be waited for at this address of the host; port 0, for one that the system chooses, where every port is granted.</summary>
    public bool AllowsListen(IPAddress address, int port) => _listens.Any(pattern => pattern.CoversAddress(address, port));

    /// <summary>Whether a host was granted, whatever its addresses.</summary>
    /// <param name="host">Name or address, IPv6 in brackets.</param>
    /// <param name="port">Port.</param>
    public bool AllowsHost(string host, int port)
    {
        Capability asked = CapabilityOf(host, port);
        IPAddress.TryParse(host, out IPAddress? address);
        return NamesHost(_patterns) && _limits.All(NamesHost);

        bool NamesHost(ImmutableArray<NetworkPattern> patterns) =>
            patterns.Any(pattern => pattern.CoversHost(asked) || (address is not null && pattern.CoversAddress(address, port)));
    }

    /// <summary>Whether this very address may be connected to, for a host that was granted.</summary>
    /// <param name="address">The address.</param>
    /// <param name="port">Port; null for any that was granted.</param>
    public bool AllowsAddress(IPAddress address, int? port) =>
        _allowsPrivate || PublicAddresses.Contains(address) || _patterns.Any(pattern => pattern.CoversAddress(address, port));

    /// <summary>Connects to a host that was granted. The address that is connected to is the one that was checked, so no answer of a name server gets around it.</summary>
    /// <exception cref="HttpFailure">It cannot be done, or is not granted.</exception>
    public async Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken) =>
        await ConnectAsync(await FindAsync(host, port, cancellationToken).ConfigureAwait(false), port, cancellationToken).ConfigureAwait(false);

    /// <summary>The addresses of a host that was granted which may be connected to.</summary>
    /// <exception cref="HttpFailure">There are none, or they are not granted.</exception>
    public async Task<IPAddress[]> FindAsync(string host, int port, CancellationToken cancellationToken)
    {
        IPAddress[] found = await FindAsync(host, cancellationToken).ConfigureAwait(false);
        IPAddress[] addresses = [.. found.Where(address => AllowsAddress(address, port))];
        return addresses.Length > 0 ? addresses
            : throw new HttpFailure(new ErrorCode.DestinationIpProhibited(), CapabilityOf(Uri.CheckHostName(host) == UriHostNameType.IPv6 ? $"[{host}]" : host, port));
    }

    /// <summary>Connects to the first of several addresses that answers.</summary>
    /// <param name="addresses">What <see cref="FindAsync(string, int, CancellationToken)"/> gave.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HttpFailure">None answers.</exception>
    public static async Task<Socket> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        SocketException? failure = null;
        foreach (IPAddress address in addresses)
        {
            Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException exception)
            {
                socket.Dispose();
                failure = exception;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw new HttpFailure(HttpErrors.Of(failure!), inner: failure);
    }

    /// <summary>The addresses of a name or address.</summary>
    /// <exception cref="SocketException">There are none.</exception>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out IPAddress? literal))
        {
            return [literal];
        }

        // RFC 6761, section 6.3: this name is never asked of a name server.
        return NetworkPattern.IsLocalhost(host)
            ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
            : await Backend.FindAsync(host, cancellationToken).ConfigureAwait(false);
    }

    private async Task<IPAddress[]> FindAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            return await ResolveAsync(host, cancellationToken).ConfigureAwait(false) is { Length: > 0 } found
                ? found
                : throw new HttpFailure(new ErrorCode.DnsError(new DnsErrorPayload(null, null)));
        }
        catch (SocketException exception)
        {
            throw new HttpFailure(HttpErrors.Of(exception), inner: exception);
        }
    }
}

/// <summary>One granted <c>HOST:PORT</c>: a name with stars, an address, or a range of addresses.</summary>
internal sealed class NetworkPattern
{
    private static readonly ImmutableArray<IPNetwork> Everywhere = [IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")];

    private readonly Capability _name;
    private readonly ImmutableArray<IPNetwork> _networks;
    private readonly int? _port;

    private NetworkPattern(Capability capability, Capability name, ImmutableArray<IPNetwork> networks, int? port)
    {
        Capability = capability;
        _name = name;
        _networks = networks;
        _port = port;
    }

    /// <summary>As a permission.</summary>
    public Capability Capability { get; }

    /// <exception cref="FormatException">It is none; the message says what to write.</exception>
    public static NetworkPattern Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? text : text[..colon];
        string portText = text[(colon + 1)..];
        ushort port = 0;
        if (colon <= 0 || (portText != "*" && (!ushort.TryParse(portText, System.Globalization.NumberStyles.None, null, out port) || port == 0)))
        {
            throw new FormatException($"'{text}' does not end with a port; write HOST:PORT, for example api.example.org:443, or HOST:* for every port");
        }

        if (host.Contains(':') && !host.StartsWith('['))
        {
            throw new FormatException($"'{text}': write an IPv6 address in brackets, for example [2001:db8::1]:443");
        }

        string address = host.Trim('[', ']');
        ImmutableArray<IPNetwork> networks = [];
        if (IPNetwork.TryParse(address, out IPNetwork range))
        {
            networks = [range];
        }
        else if (IPAddress.TryParse(address, out IPAddress? single) && (single.AddressFamily == AddressFamily.InterNetworkV6 || address.Split('.').Length == 4))
        {
            networks = [new IPNetwork(single, single.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)];
        }
        else if (IsLocalhost(host))
        {
            networks = [new IPNetwork(IPAddress.Loopback, 32), new IPNetwork(IPAddress.IPv6Loopback, 128)];
        }
        else if (host.AsSpan().ContainsAny("/\\?#@[]%") || host.Any(char.IsWhiteSpace))
        {
            throw new FormatException($"'{text}' has no host before the port; write a name (with * for one label, ** for any), an address, or a range such as 10.0.0.0/8");
        }

        return new NetworkPattern(Capability.Of("net", "connect", text), NetworkPolicy.ResolveCapabilityOf(host), networks, portText == "*" ? null : port);
    }

    /// <summary>One that names addresses of this host, where <c>*</c> stands for all of them.</summary>
    /// <exception cref="FormatException">It is none; the message says what to write.</exception>
    public static NetworkPattern ParseListen(string text)
    {
        NetworkPattern pattern = Parse(text);
        ImmutableArray<IPNetwork> networks = text.StartsWith("*:", StringComparison.Ordinal) ? Everywhere : pattern._networks;
        return networks.IsEmpty
            ? throw new FormatException($"'{text}' names no address to listen at; write ADDRESS:PORT, for example 127.0.0.1:8080, localhost:* or *:8080")
            : new NetworkPattern(Capability.Of("net", "listen", text), pattern._name, networks, pattern._port);
    }

    /// <summary>A name that may be looked up.</summary>
    /// <exception cref="FormatException">It is none; the message says what to write.</exception>
    public static Capability ParseName(string text) =>
        text.Length == 0 || text.AsSpan().ContainsAny("/\\?#@[]%:") || text.Any(char.IsWhiteSpace)
            ? throw new FormatException($"'{text}' is no name; write a name without a port, for example example.org, *.example.org or **")
            : NetworkPolicy.ResolveCapabilityOf(text);

    public static bool IsLocalhost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    public bool CoversHost(Capability asked) => Capability.Covers(asked);

    /// <summary>Whether it is of this name, whatever the port.</summary>
    public bool CoversName(Capability asked) => _name.Covers(asked);

    /// <summary>Whether it names this address, itself or a range with it. A star names none.</summary>
    public bool CoversAddress(IPAddress address, int? port) =>
        (_port is null || port is null || _port == port) && _networks.Any(network => network.Contains(PublicAddresses.Unwrap(address)) || network.Contains(address));
}

/// <summary>Addresses that anybody can reach, as opposed to those of a network of one's own (IANA's registries of special-purpose addresses).</summary>
internal static class PublicAddresses
{
    private static readonly IPNetwork[] Special4 = Networks(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");

    // Everything public in IPv6 lies in this network, except for what has another purpose: Teredo and others, documentation, 6to4.
    private static readonly IPNetwork Unicast6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] Special6 = Networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    // RFC 6052: IPv4 within IPv6, translated on the way.
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    public static bool Contains(IPAddress address)
    {
        address = Unwrap(address);
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !Special4.Any(network => network.Contains(address)),
            AddressFamily.InterNetworkV6 => Unicast6.Contains(address) && !Special6.Any(network => network.Contains(address)),
            _ => false,
        };
    }

    /// <summary>The IPv4 address within an IPv6 address, if that is where it leads.</summary>
    public static IPAddress Unwrap(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
            : Translated.Contains(address) ? new IPAddress(address.GetAddressBytes().AsSpan(12))
            : address;
    }

    private static IPNetwork[] Networks(params string[] texts) => [.. texts.Select(text => IPNetwork.Parse(text))];
}
