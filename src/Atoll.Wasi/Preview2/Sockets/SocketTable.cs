using System.Net;
using System.Net.Sockets;
using Atoll.Components;
using Atoll.Wasi.Network;

namespace Atoll.Wasi.Preview2.Sockets;

/// <summary>What one run has of sockets: how many, what names stand for, and whom it may reach with them.</summary>
/// <param name="context">The run.</param>
internal sealed class SocketTable(WasiContext context)
{
    /// <summary>Most sockets that a run may have open.</summary>
    public const int MaximumSockets = 256;

    /// <summary>Most names that a run may look up at a time.</summary>
    public const int MaximumLookups = 16;

    /// <summary>Most pairs of a name and an address that a run remembers.</summary>
    public const int MaximumAddresses = 4096;

    private readonly Dictionary<IPAddress, HashSet<string>> _names = [];
    private int _sockets;
    private int _lookups;
    private int _addresses;

    /// <summary>Opens a socket, unless there are too many.</summary>
    /// <returns>Null, or why not.</returns>
    public ErrorCode? Open(Func<Socket> open, out Socket? socket)
    {
        socket = null;
        if (!Enter(ref _sockets, MaximumSockets))
        {
            return ErrorCode.NewSocketLimit;
        }

        try
        {
            socket = open();
            return null;
        }
        catch (SocketException exception)
        {
            Interlocked.Decrement(ref _sockets);
            return Addresses.ErrorOf(exception);
        }
    }

    /// <summary>Whether one more socket could be had.</summary>
    public bool HasRoom => Volatile.Read(ref _sockets) < MaximumSockets;

    /// <summary>Closes a socket. On any thread.</summary>
    public void Close(Socket socket)
    {
        socket.Dispose();
        Interlocked.Decrement(ref _sockets);
    }

    /// <summary>Begins to look up a name, unless too many are being looked up: one that nobody waits for any more still is, because the system's way cannot be ended.</summary>
    public Task<IPAddress[]>? LookUp(NetworkPolicy policy, string name, CancellationToken cancellation)
    {
        if (!Enter(ref _lookups, MaximumLookups))
        {
            return null;
        }

        // Its beginning may take time, too.
        Task<IPAddress[]> found = Task.Run(() => policy.ResolveAsync(name, cancellation), CancellationToken.None);
        found.ContinueWith(
            (task, _) =>
            {
                _ = task.Exception;
                Interlocked.Decrement(ref _lookups);
            },
            null, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return found;
    }

    /// <summary>Remembers that a granted name stands for an address.</summary>
    /// <returns>Whether there was room for it.</returns>
    public bool Remember(string name, IPAddress address)
    {
        address = Addresses.Unscoped(address);
        if (!_names.TryGetValue(address, out HashSet<string>? names))
        {
            _names.Add(address, names = new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        }

        if (names.Contains(name))
        {
            return true;
        }

        if (_addresses == MaximumAddresses)
        {
            return false;
        }

        _addresses++;
        return names.Add(name);
    }

    /// <summary>Whether the guest may send to an address: it was granted itself, or a name that the guest has looked up stands for it; and such addresses may be reached.</summary>
    public bool MayReach(IPEndPoint peer) => Reaches(peer, out _);

    /// <summary>The same, told to the audit.</summary>
    public bool AllowConnect(IPEndPoint peer)
    {
        bool allowed = Reaches(peer, out string host);
        Tell(NetworkPolicy.CapabilityOf(host, peer.Port), allowed);
        return allowed;
    }

    /// <summary>Whether the guest may wait for others at an address; told to the audit.</summary>
    public bool AllowListen(IPEndPoint local)
    {
        bool allowed = context.Network is { } policy && policy.AllowsListen(Addresses.Unscoped(local.Address), local.Port);
        Tell(Capability.Of("net", "listen", $"{Text(local.Address)}:{local.Port}"), allowed);
        return allowed;
    }

    /// <summary>
    /// Whether to take part in the network at an address that the system chooses, as who connects does anyway: for guests that may reach somebody. It opens nothing.
    /// </summary>
    public bool MayTakeAnyPort(IPEndPoint local) => local.Port == 0 && Addresses.IsAny(local.Address) && context.Network is { AllowsSome: true };

    private bool Reaches(IPEndPoint peer, out string host)
    {
        IPAddress address = Addresses.Unscoped(peer.Address);
        host = Text(address);
        if (context.Network is not { Backend.HasSockets: true } policy || !policy.AllowsAddress(address, peer.Port))
        {
            return false;
        }

        if (policy.AllowsHost(host, peer.Port))
        {
            return true;
        }

        if (_names.TryGetValue(address, out HashSet<string>? names) && names.FirstOrDefault(name => policy.AllowsHost(name, peer.Port)) is { } granted)
        {
            host = granted;
            return true;
        }

        return false;
    }

    private void Tell(Capability capability, bool allowed)
    {
        if (allowed)
        {
            context.Allow(capability);
        }
        else
        {
            context.Deny(capability);
        }
    }

    private static bool Enter(ref int count, int maximum)
    {
        if (Interlocked.Increment(ref count) <= maximum)
        {
            return true;
        }

        Interlocked.Decrement(ref count);
        return false;
    }

    private static string Text(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Addresses.Unscoped(address)}]" : address.ToString();
}
