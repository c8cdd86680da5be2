using System.Collections.ObjectModel;
using Atoll.Components;
using Atoll.Wasi.FileSystem;
using Atoll.Wasi.Platform;
using Atoll.Wasi.Preview1;
using Atoll.Wasi.Preview2;
using Atoll.Wasi.Preview2.Config;
using Atoll.Wasi.Preview2.KeyValue;
using Atoll.Wasi.Streams;
using Atoll.Wasm;

namespace Atoll.Wasi;

/// <summary>What the guests of one store see of the world: made from grants, and set as the store's <see cref="Wasm.Store.State"/>.</summary>
/// <remarks>
/// Used by one thread at a time, like its store. <see cref="WasiCommand"/> makes one for each program that it runs; who instantiates a component that imports
/// WASI makes one itself, and disposes of it after the store: then what guests left open is closed.
/// </remarks>
public sealed class WasiContext : IDisposable
{
    internal static readonly Capability ClockCapability = Capability.Of("clock", "read", "**");
    internal static readonly Capability RandomCapability = Capability.Of("random", "read", "**");

    private readonly Grants _grants;
    private readonly StandardStream?[] _streams = new StandardStream?[3];
    private OutputPump? _output;
    private DescriptorTable? _descriptors;
    private byte[]? _buffer;
    private TimeProvider? _standingClock;
    private Random? _predictable;
    private Preview2.Sockets.SocketTable? _sockets;
    private HashSet<Capability>? _told;

    /// <summary>Makes a view of the world.</summary>
    /// <param name="grants">What the guests may reach.</param>
    public WasiContext(Grants grants)
    {
        ArgumentNullException.ThrowIfNull(grants);
        _grants = grants;

        // Made when there is something to hold: a server makes a context for each call.
        List<DirectoryGrant>? directories = null;
        List<(string Name, string Value)>? environment = null;
        Dictionary<string, string>? config = null;
        Dictionary<string, KeyValueGrant>? buckets = null;
        foreach (IGrant grant in grants.Items)
        {
            switch (grant)
            {
                case ArgumentsGrant arguments: Arguments = arguments.Arguments; break;
                case EnvironmentGrant variable: (environment ??= []).Add((variable.Name, variable.Value)); break;
                case StdioGrant stream: _streams[stream.Descriptor] = new StandardStream(stream, this); break;
                case DirectoryGrant directory: (directories ??= []).Add(directory); break;
                case ClockGrant clock: Clock = clock.Time; break;
                case Network.NetworkGrant network: Network = network.Policy; break;
                case RandomGrant random: Random = random.Fill; break;
                case ConfigGrant value: (config ??= new Dictionary<string, string>(StringComparer.Ordinal))[value.Name] = value.Value; break;
                case KeyValueGrant bucket: (buckets ??= new Dictionary<string, KeyValueGrant>(StringComparer.Ordinal))[bucket.Bucket] = bucket; break;
                case LogGrant log: Log = new GuestLog(log); break;
                case ContextGrant frame: CallContext = frame.Context; break;
                case MetadataGrant metadata: Metadata = metadata.Metadata; break;
                case ObserverGrant observer: Observer = observer.Observer; break;
            }
        }

        Environment = environment is null ? [] : environment;
        Directories = directories is null ? [] : directories;
        Config = config is null ? ReadOnlyDictionary<string, string>.Empty : config;
        Buckets = buckets is null ? ReadOnlyDictionary<string, KeyValueGrant>.Empty : buckets;
    }

    internal IReadOnlyList<string> Arguments { get; } = [];

    internal IReadOnlyList<(string Name, string Value)> Environment { get; }

    internal IReadOnlyList<DirectoryGrant> Directories { get; }

    internal TimeProvider? Clock { get; }

    /// <summary>The time; for guests that were granted none, one that says nothing.</summary>
    internal TimeProvider Time => Clock ?? (_standingClock ??= new VirtualClock(DateTimeOffset.UnixEpoch));

    internal Action<Span<byte>>? Random { get; }

    /// <summary>Numbers for a guest that was granted none and does not need secret ones: the same in each run.</summary>
    internal void Predictable(Span<byte> buffer) => (_predictable ??= new Random(0)).NextBytes(buffer);

    /// <summary>Files and directories that guests of WASI 0.2 have open.</summary>
    internal int OpenFiles { get; set; }

    /// <summary>Entries of directories that their listings hold.</summary>
    internal int ListedEntries { get; set; }

    /// <summary>Which hosts may be connected to; null for none.</summary>
    internal Network.NetworkPolicy? Network { get; }

    /// <summary>Requests of HTTP that are under way.</summary>
    internal int HttpRequests { get; set; }

    /// <summary>Sockets that are open, and names that were looked up.</summary>
    internal Preview2.Sockets.SocketTable Sockets => _sockets ??= new Preview2.Sockets.SocketTable(this);

    /// <summary>Values of the configuration.</summary>
    internal IReadOnlyDictionary<string, string> Config { get; }

    /// <summary>Buckets of keys and values.</summary>
    internal IReadOnlyDictionary<string, KeyValueGrant> Buckets { get; }

    /// <summary>
    /// What the guests are told about the call that runs; null for nothing. Set by a grant; for guests that live longer than a call it may be changed between calls,
    /// with which the limit of the log begins anew.
    /// </summary>
    public CallContext? CallContext
    {
        get;
        set
        {
            field = value;
            Log?.BeginCall();
        }
    }

    /// <summary>The log that guests may write to; null for none.</summary>
    internal GuestLog? Log { get; }

    /// <summary>Who the guest is to the host; null where it may not know.</summary>
    internal ComponentMetadata? Metadata { get; }

    /// <summary>Sees the calls of the platform's functions; null for nobody.</summary>
    internal PlatformObserver? Observer { get; }

    /// <summary>Tells the audit of a decision of which one is worth telling in a run.</summary>
    internal void TellOnce(Capability capability, bool allowed)
    {
        if (_grants.Decided is { } decided && (_told ??= []).Add(capability))
        {
            decided(new AccessDecision(capability, allowed));
        }
    }

    /// <summary>What the guests' thread waits on.</summary>
    internal Bell Bell { get; } = new();

    /// <summary>
    /// Waits until the <see cref="Bell"/> rings, for some time, or until the guest should stop. Here, and nowhere else, a guest holds up its thread.
    /// </summary>
    /// <param name="caller">Who waits.</param>
    /// <param name="nanoseconds">How long at most, in the guest's <see cref="Time"/>; <see cref="ulong.MaxValue"/> for as long as it takes.</param>
    /// <exception cref="TrapException">The thread may not be held up (<see cref="Store.MayBlock"/>).</exception>
    /// <exception cref="LimitExceededException">The deadline has passed.</exception>
    /// <exception cref="OperationCanceledException">Somebody cancelled.</exception>
    internal void Wait(Caller caller, ulong nanoseconds)
    {
        Wait(caller.Store, nanoseconds, caller.Interruption);
        caller.ThrowIfInterrupted();
    }

    /// <inheritdoc cref="Wait(Caller, ulong)"/>
    internal void Wait(ComponentCaller caller, ulong nanoseconds)
    {
        Wait(caller.Store, nanoseconds, caller.Interruption);
        caller.ThrowIfInterrupted();
    }

    private void Wait(Store store, ulong nanoseconds, CancellationToken interruption)
    {
        if (!Bell.Wait(Time, nanoseconds, store.MayBlock, interruption) && !(_streams[0]?.Input?.TakeFirstMoment() == true && Bell.WaitMoment(interruption)))
        {
            throw new TrapException(
                TrapKind.WouldBlock,
                $"the guest would have to wait, and its thread may not: call it on a thread for guests ({nameof(ComponentFunction.InvokeAsync)}, {nameof(GuestThreadPool)}), "
                    + $"or make its store with {nameof(StoreOptions)}.{nameof(StoreOptions.MayBlock)}");
        }
    }

    /// <summary>Has the bell rung when a task ends, however it ends.</summary>
    internal void RingAfter(Task task) => task.ContinueWith(
        static (_, bell) => ((Bell)bell!).Ring(), Bell, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>What writes to streams that may wait; made when it is needed.</summary>
    internal OutputPump Output => _output ??= new OutputPump(Bell);

    /// <summary>The descriptors of preview 1; made when it is needed.</summary>
    internal DescriptorTable Descriptors => _descriptors ??= new DescriptorTable(this);

    /// <summary>The resources of WASI 0.2.</summary>
    internal ResourceList Resources { get; } = new();

    /// <summary>Bytes on their way, for the length of one call.</summary>
    internal byte[] Buffer => _buffer ??= new byte[Preview2.Io.InputStream.MaximumRead];

    /// <summary>Standard input, output, error; null where none is granted.</summary>
    internal StandardStream? Stream(int number) => _streams[number];

    internal void Allow(string action, string path) => Tell(action, path, allowed: true);

    internal void Deny(string action, string path) => Tell(action, path, allowed: false);

    internal void Allow(Capability capability) => _grants.Decided?.Invoke(new AccessDecision(capability, Allowed: true));

    internal void Deny(Capability capability) => _grants.Decided?.Invoke(new AccessDecision(capability, Allowed: false));

    /// <summary>Sees to it that everything the guests wrote is where it should be.</summary>
    /// <param name="limit">How long to wait for slow streams; null for as long as it takes.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Whether everything is.</returns>
    /// <exception cref="IOException">A stream failed.</exception>
    public bool Flush(TimeSpan? limit = null, CancellationToken cancellation = default)
    {
        foreach (StandardStream? stream in _streams)
        {
            stream?.Flush();
        }

        return _output?.Drain(limit, cancellation) ?? true;
    }

    /// <summary>Closes what the guests left open. The streams and directories of the grants stay open.</summary>
    public void Dispose()
    {
        _output?.Close();
        _streams[0]?.Forget();
        _descriptors?.Dispose();
        Resources.Dispose();
    }

    private void Tell(string action, string path, bool allowed)
    {
        if (_grants.Decided is { } decided)
        {
            decided(new AccessDecision(Capability.Of("fs", action, GuestPaths.Normalize(path)), allowed));
        }
    }
}
