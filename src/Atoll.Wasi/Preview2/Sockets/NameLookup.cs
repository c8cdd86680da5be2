using System.Globalization;
using System.Net;
using Atoll.Components;
using Atoll.Wasi.Network;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Sockets;

/// <summary><c>wasi:sockets/ip-name-lookup</c></summary>
internal static class NameLookup
{
    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = false };

    /// <summary><c>resolve-addresses</c>: for names that were granted, with whatever port.</summary>
    public static Result<ResolveAddressStream, ErrorCode> Resolve(WasiContext context, string name)
    {
        if (IPAddress.TryParse(name, out IPAddress? literal))
        {
            // Nobody is asked, so nothing need be granted; to connect is another matter.
            return Result<ResolveAddressStream, ErrorCode>.Ok(new ResolveAddressStream(context, literal));
        }

        if (Ascii(name) is not { } ascii)
        {
            return Result<ResolveAddressStream, ErrorCode>.Fail(ErrorCode.InvalidArgument);
        }

        Capability asked = NetworkPolicy.ResolveCapabilityOf(ascii);
        if (context.Network is not { } policy || !policy.AllowsName(ascii))
        {
            context.Deny(asked);
            return Result<ResolveAddressStream, ErrorCode>.Fail(ErrorCode.AccessDenied);
        }

        context.Allow(asked);
        CancellationTokenSource cancellation = new();
        if (context.Sockets.LookUp(policy, ascii, cancellation.Token) is not { } found)
        {
            cancellation.Dispose();
            return Result<ResolveAddressStream, ErrorCode>.Fail(ErrorCode.TemporaryResolverFailure);
        }

        return Result<ResolveAddressStream, ErrorCode>.Ok(new ResolveAddressStream(context, ascii, found, cancellation));
    }

    /// <summary>The name of a host in ASCII (RFC 5890), without a dot at the end; null when it is none.</summary>
    public static string? Ascii(string name)
    {
        try
        {
            string ascii = name.Length <= 253 ? Idn.GetAscii(name).TrimEnd('.') : "";
            return Uri.CheckHostName(ascii) == UriHostNameType.Dns ? ascii : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

/// <summary><c>wasi:sockets/ip-name-lookup.resolve-address-stream</c></summary>
internal sealed class ResolveAddressStream : WasiResource, IWaitable
{
    /// <summary>Most addresses that are taken from one answer.</summary>
    private const int MaximumAddresses = 256;

    private readonly Queue<IPAddress> _addresses = new();
    private readonly string? _name;
    private readonly CancellationTokenSource? _cancellation;
    private readonly TaskWaitable? _waitable;
    private Task<IPAddress[]>? _found;
    private ErrorCode? _error;

    /// <summary>One for an address in the place of a name.</summary>
    public ResolveAddressStream(WasiContext context, IPAddress literal)
        : base(context) => _addresses.Enqueue(Plain(literal));

    public ResolveAddressStream(WasiContext context, string name, Task<IPAddress[]> found, CancellationTokenSource cancellation)
        : base(context)
    {
        _name = name;
        _found = found;
        _cancellation = cancellation;
        _waitable = new TaskWaitable(context, found);
    }

    /// <inheritdoc/>
    public bool IsReady() => _waitable is null || _waitable.IsReady();

    /// <summary><c>resolve-next-address</c></summary>
    public Result<IpAddress?, ErrorCode> Next()
    {
        if (!IsReady())
        {
            return Result<IpAddress?, ErrorCode>.Fail(ErrorCode.WouldBlock);
        }

        if (_found is { } found)
        {
            _found = null;
            _error = Accept(found);
        }

        return _error is { } error ? Result<IpAddress?, ErrorCode>.Fail(error)
            : Result<IpAddress?, ErrorCode>.Ok(_addresses.TryDequeue(out IPAddress? address) ? IpAddress.Of(address) : null);
    }

    protected override void Release()
    {
        _cancellation?.Cancel();
        _cancellation?.Dispose();
    }

    private ErrorCode? Accept(Task<IPAddress[]> found)
    {
        IPAddress[] all;
        try
        {
            all = found.GetAwaiter().GetResult();
        }
        catch (Exception exception) when (Addresses.IsExpected(exception))
        {
            return Addresses.ErrorOf(exception);
        }

        // Which addresses a network of one's own has is nothing to tell a guest that cannot reach them.
        NetworkPolicy policy = Context.Network!;
        foreach (IPAddress address in all.Take(MaximumAddresses).Select(Plain).Where(address => policy.AllowsAddress(address, port: null)))
        {
            if (!Context.Sockets.Remember(_name!, address))
            {
                return ErrorCode.OutOfMemory;
            }

            _addresses.Enqueue(address);
        }

        if (_addresses.Count == 0 && all.Length != 0)
        {
            Context.Deny(NetworkPolicy.ResolveCapabilityOf(_name!));
            return ErrorCode.AccessDenied;
        }

        return _addresses.Count == 0 ? ErrorCode.NameUnresolvable : null;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : Addresses.Unscoped(address);
}
