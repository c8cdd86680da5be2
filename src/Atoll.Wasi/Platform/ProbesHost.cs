using System.Net;
using Atoll.Components;
using Atoll.Wasi.Network;
using Atoll.Wasi.Preview2.Clocks;
using Atoll.Wasi.Preview2.Sockets;

namespace Atoll.Wasi.Platform;

/// <summary>The functions of <c>atoll:platform/dns</c>, <c>tcp</c> and <c>tls</c>.</summary>
internal static class ProbesHost
{
    private static readonly TimeSpan DnsTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestTime = TimeSpan.FromMinutes(1);

    public static void AddTo(ComponentLinker linker)
    {
        linker.Instance(PlatformHost.Name("dns")).DefineFunction(
            "resolve", (ComponentCaller caller, string name, RecordKind kind, ulong? timeout) => Resolve(caller, name, kind, timeout));
        linker.Instance(PlatformHost.Name("tcp")).DefineFunction(
            "probe", (ComponentCaller caller, string host, ushort port, ulong? timeout) => Connect(caller, host, port, timeout));
        linker.Instance(PlatformHost.Name("tls")).DefineFunction(
            "probe", (ComponentCaller caller, string host, ushort port, string? name, ulong? timeout) => Handshake(caller, host, port, name, timeout));
    }

    private static Result<DnsAnswers, PlatformError> Resolve(ComponentCaller caller, string name, RecordKind kind, ulong? timeout)
    {
        WasiContext context = PlatformHost.Context(caller);
        TimeSpan time = Waiting.Limit(timeout, DnsTime, LongestTime, out PlatformError? error);
        string? ascii = QueryName(name);
        if (ascii is null || error is not null)
        {
            return PlatformResult.Fail<DnsAnswers>(error ?? new PlatformError.Invalid("the name is none that name servers know: labels of 1 to 63 characters with dots between them"));
        }

        Capability asked = NetworkPolicy.ResolveCapabilityOf(ascii);
        if (context.Network is not { } policy || !policy.AllowsName(ascii))
        {
            return Refuse<DnsAnswers>(context, asked);
        }

        if (context.Observer?.Invoke("dns.resolve", new DnsCall(name, kind)) is { } fault)
        {
            return PlatformResult.Fail<DnsAnswers>(fault);
        }

        context.Allow(asked);
        ulong began = ClocksHost.Now(context.Time);
        Result<DnsAnswer[], PlatformError> found = Waiting.Run(caller, context, time, cancellation => policy.Backend.QueryAsync(ascii, kind, cancellation));
        if (found.IsError)
        {
            return PlatformResult.Fail<DnsAnswers>(found.Error);
        }

        // Which addresses a network of one's own has is nothing to tell a guest that cannot reach them.
        DnsAnswer[] records = [.. found.Value.Where(record => IsToBeSeen(policy, record))];
        return records.Length == 0 && found.Value.Length > 0
            ? Refuse<DnsAnswers>(context, asked)
            : PlatformResult.Ok(new DnsAnswers(records, Elapsed(context, began)));
    }

    private static Result<ConnectionFacts, PlatformError> Connect(ComponentCaller caller, string host, ushort port, ulong? timeout)
    {
        WasiContext context = PlatformHost.Context(caller);
        string name = "";
        TimeSpan time = Waiting.Limit(timeout, ConnectTime, LongestTime, out PlatformError? error);
        error ??= Check(context, "tcp.probe", host, port, out name);
        if (error is not null)
        {
            return PlatformResult.Fail<ConnectionFacts>(error);
        }

        NetworkPolicy policy = context.Network!;
        Result<ConnectionFacts, PlatformError> found = Waiting.Run(caller, context, time, cancellation => policy.Backend.ProbeAsync(policy, name, port, cancellation));
        return found.IsError || context.Clock is not null ? found : PlatformResult.Ok(Timeless(found.Value));
    }

    private static Result<SessionFacts, PlatformError> Handshake(ComponentCaller caller, string host, ushort port, string? serverName, ulong? timeout)
    {
        WasiContext context = PlatformHost.Context(caller);
        string name = "";
        TimeSpan time = Waiting.Limit(timeout, ConnectTime, LongestTime, out PlatformError? error);
        if (error is null && serverName is not null && NameLookup.Ascii(serverName) is null)
        {
            error = new PlatformError.Invalid("the server's name is none");
        }

        error ??= Check(context, "tls.probe", host, port, out name);
        if (error is not null)
        {
            return PlatformResult.Fail<SessionFacts>(error);
        }

        NetworkPolicy policy = context.Network!;
        string asked = serverName is null ? name : NameLookup.Ascii(serverName)!;
        Result<SessionFacts, PlatformError> found = Waiting.Run(
            caller, context, time, cancellation => policy.Backend.ProbeTlsAsync(policy, name, port, asked, cancellation));
        return found.IsError || context.Clock is not null ? found
            : PlatformResult.Ok(found.Value with { Handshake = 0, Connection = Timeless(found.Value.Connection) });
    }

    /// <summary>Whether a connection can be made and is granted.</summary>
    /// <param name="context">The run.</param>
    /// <param name="function">What is called.</param>
    /// <param name="host">Name or address; IPv6 in brackets or without.</param>
    /// <param name="port">The port.</param>
    /// <param name="name">The host as the network knows it: a name in ASCII, or an address without brackets.</param>
    /// <returns>Null, or why not.</returns>
    private static PlatformError? Check(WasiContext context, string function, string host, ushort port, out string name)
    {
        bool isAddress = IPAddress.TryParse(host, out IPAddress? address) && (host.Contains(':') || host.Split('.').Length == 4);
        name = (isAddress ? address!.ToString() : NameLookup.Ascii(host)) ?? "";
        if (name.Length == 0 || port == 0)
        {
            return new PlatformError.Invalid(port == 0 ? "the port is 0" : "the host is neither a name nor an address");
        }

        string asked = isAddress && name.Contains(':') ? $"[{name}]" : name;
        Capability capability = NetworkPolicy.CapabilityOf(asked, port);
        if (context.Network?.AllowsHost(asked, port) != true)
        {
            context.Deny(capability);
            return new PlatformError.Denied(capability.ToString());
        }

        if (context.Observer?.Invoke(function, new ConnectCall(host, port)) is { } fault)
        {
            return fault;
        }

        context.Allow(capability);
        return null;
    }

    /// <summary>A name in the form that name servers know. Underscores begin labels of services, which no host's name has.</summary>
    private static string? QueryName(string name)
    {
        string? ascii = name.All(c => c < 0x80) ? name.TrimEnd('.').ToLowerInvariant() : NameLookup.Ascii(name);
        return ascii is not null && DnsMessage.IsName(ascii) && !ascii.Contains('*') ? ascii : null;
    }

    private static bool IsToBeSeen(NetworkPolicy policy, DnsAnswer record) =>
        record.Kind is not (RecordKind.A or RecordKind.Aaaa) || !IPAddress.TryParse(record.Value, out IPAddress? address) || policy.AllowsAddress(address, port: null);

    private static ConnectionFacts Timeless(ConnectionFacts facts) => facts with { Lookup = 0, Connect = 0 };

    /// <summary>Nanoseconds since then; 0 where the guest has no clock.</summary>
    public static ulong Elapsed(WasiContext context, ulong began) => context.Clock is null ? 0 : ClocksHost.Now(context.Time) - began;

    private static Result<T, PlatformError> Refuse<T>(WasiContext context, Capability asked)
    {
        context.Deny(asked);
        return PlatformResult.Fail<T>(new PlatformError.Denied(asked.ToString()));
    }
}
