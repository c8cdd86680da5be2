using System.Collections.Concurrent;
using System.Collections.Immutable;
using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasi.Network;
using Atoll.Wasi.Platform;
using Atoll.Wasi.Preview2.KeyValue;
using Atoll.Wasm;

namespace Atoll.Testing;

/// <summary>
/// A host for tests of components: the interfaces are those of the real host, with what a test says behind them. It writes down what the guest calls and can let calls
/// fail. Nothing is open that was not set up, except standard output and error, which are kept. Nothing reaches the network.
/// </summary>
/// <remarks>Set it up, then load components from it. One test uses it, one thread at a time; the instances that it made end with it.</remarks>
public sealed partial class MockHost : IDisposable
{
    /// <summary>Bytes of standard output, and of standard error, after which a guest is stopped.</summary>
    private const long MaximumOutput = 16 << 20;

    private static readonly WasmEngine SharedEngine = new();

    private readonly ConcurrentQueue<MockCall> _calls = new();
    private readonly ConcurrentQueue<AccessDecision> _decisions = new();
    private readonly List<Fault> _faults = [];
    private readonly Dictionary<string, IKeyValueBucket> _buckets = new(StringComparer.Ordinal);
    private readonly List<Expectation> _expectations = [];
    private readonly List<Action<ComponentLinker>> _imports = [];
    private readonly List<MockInstance> _instances = [];
    private readonly Capture _written = new(null);
    private readonly Capture _output;
    private readonly Capture _errors;
    private readonly MockNetwork _network;
    private StoreOptions _limits = new() { Timeout = TimeSpan.FromSeconds(30) };
    private Grants _grants = Grants.None;
    private ImmutableArray<string>? _hosts;
    private bool _hasNetwork;

    private MockHost()
    {
        _network = new MockNetwork(Record);
        _output = new Capture(_written);
        _errors = new Capture(_written);
    }

    /// <summary>Makes a host.</summary>
    /// <param name="settings">What is set up from the beginning; null for nothing.</param>
    /// <exception cref="ArgumentException">A setting is wrong; the message says which.</exception>
    public static MockHost Create(MockHostSettings? settings = null)
    {
        MockHost host = new();
        return settings is null ? host : host.WithSettings(settings);
    }

    /// <summary>What the guests called of <c>atoll:platform</c>, and their requests of HTTP, in order.</summary>
    public IReadOnlyList<MockCall> Calls => [.. _calls];

    /// <summary>What the guests logged, in order; without what they were not granted to log and what is below the level.</summary>
    public IReadOnlyList<GuestLogEntry> Logs => [.. _calls.OfType<MockLogCall>().Where(call => call.Injected is null).Select(call => call.Entry)];

    /// <summary>Capabilities that guests asked for and were not granted, in order.</summary>
    public IReadOnlyList<Capability> Denied => [.. _decisions.Where(decision => !decision.Allowed).Select(decision => decision.Capability)];

    /// <summary>What the guests wrote to standard output.</summary>
    public string Stdout => _output.Text;

    /// <summary>What the guests wrote to standard error.</summary>
    public string Stderr => _errors.Text;

    /// <summary>What they wrote to both, in order.</summary>
    public string Written => _written.Text;

    /// <summary>A bucket that was set up, to look into it.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public IKeyValueBucket Bucket(string name) =>
        _buckets.TryGetValue(name, out IKeyValueBucket? bucket) ? bucket : throw new KeyNotFoundException($"no bucket `{name}` was set up; call WithKeyValue(\"{name}\")");

    /// <summary>Compares the calls with what was expected by <see cref="Expect"/>.</summary>
    /// <returns>Null when all is as expected; else what is not, a line for each expectation, and the calls that there were.</returns>
    public string? Verify()
    {
        string[] calls = [.. _calls.Select(call => call.ToString())];
        string[] problems = [.. _expectations.Select(expectation => expectation.Problem(calls)).OfType<string>()];
        return problems.Length == 0 ? null : string.Join('\n', [.. problems, calls.Length == 0 ? "there were no calls" : "the calls were:", .. calls.Select(call => $"  {call}")]);
    }

    /// <summary>Loads a component and makes an instance of it.</summary>
    /// <param name="path">Its file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="WasmException">It is no component, or cannot be instantiated.</exception>
    public MockInstance Load(string path) => Load(File.ReadAllBytes(path));

    /// <summary>Loads a component and makes an instance of it.</summary>
    /// <param name="component">The component in the binary format.</param>
    /// <exception cref="WasmException">It is no component, or cannot be instantiated.</exception>
    public MockInstance Load(ReadOnlyMemory<byte> component) => Load(Component.Load(SharedEngine, component));

    /// <summary>Makes an instance of a component.</summary>
    /// <param name="component">The component.</param>
    /// <exception cref="UnlinkableException">Imports are missing; the exception lists them all. <see cref="WithImports"/> defines them.</exception>
    /// <exception cref="TrapException">It trapped while it was made.</exception>
    public MockInstance Load(Component component)
    {
        ArgumentNullException.ThrowIfNull(component);
        WasiContext context = new(Granted());
        Store store = new(component.Engine, _limits with { State = context, MayBlock = true });
        try
        {
            MockInstance instance = new(Linker().Instantiate(store, component), context);
            _instances.Add(instance);
            return instance;
        }
        catch
        {
            store.Dispose();
            context.Dispose();
            throw;
        }
    }

    /// <summary>Runs a component that exports <c>wasi:cli/run</c> once.</summary>
    /// <param name="component">The component.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="UnlinkableException">Imports are missing, or it is no program.</exception>
    /// <exception cref="WasmException">It trapped or was stopped.</exception>
    public int Run(Component component)
    {
        ArgumentNullException.ThrowIfNull(component);
        return WasiCommand.Run(Linker(), component, Granted(), _limits);
    }

    /// <summary>Runs a component that exports <c>wasi:cli/run</c> once.</summary>
    /// <param name="path">Its file.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="WasmException">It is no component, is no program, trapped or was stopped.</exception>
    public int Run(string path) => Run(Component.Load(SharedEngine, File.ReadAllBytes(path)));

    /// <summary>Ends the instances.</summary>
    public void Dispose()
    {
        _instances.ForEach(instance => instance.Dispose());
        _instances.Clear();
    }

    private Grants Granted()
    {
        Grants grants = _grants
            .AllowStdout(_output, MaximumOutput, neverWaits: true)
            .AllowStderr(_errors, MaximumOutput, neverWaits: true)
            .With(new ObserverGrant(Observe))
            .OnDecision(_decisions.Enqueue);
        foreach ((string name, IKeyValueBucket store) in _buckets)
        {
            grants = grants.AllowKeyValue(name, store, readOnly: _readOnly.Contains(name));
        }

        if (_hosts is { } hosts)
        {
            return grants.AllowNetwork(hosts).AllowPrivateNetwork().WithNetwork(_network);
        }

        return _hasNetwork ? grants.AllowNetwork("**:*").AllowPrivateNetwork().WithNetwork(_network) : grants;
    }

    private ComponentLinker Linker()
    {
        ComponentLinker linker = new ComponentLinker().AddWasi().AddPlatform();
        _imports.ForEach(define => define(linker));
        return linker;
    }

    private void Record(MockCall call) => _calls.Enqueue(call);

    private PlatformError? Observe(string function, object argument)
    {
        MockError? error = null;
        lock (_faults)
        {
            error = _faults.FirstOrDefault(fault => fault.Function == function && fault.Strikes())?.Error;
        }

        // Requests are written down where they are sent, unless they never are.
        if (argument is not FetchRequest || error is not null)
        {
            Record(Describe(function, argument) with { Injected = error });
        }

        return error?.ToPlatform();
    }

    private static MockCall Describe(string function, object argument) => argument switch
    {
        GuestLogEntry entry => new MockLogCall(entry),
        BucketCall call => new MockKeyValueCall(function, call.Bucket, call.Key, call.Value is { } value ? [.. value.Span] : null),
        DnsCall call => new MockDnsCall(call.Name, call.Kind.ToString().ToLowerInvariant()),
        ConnectCall call => new MockConnectCall(function, call.Host, call.Port),
        SleepCall call => new MockSleepCall(TimeSpan.FromTicks((long)Math.Min(call.Nanoseconds / 100, long.MaxValue))),
        FetchRequest request => new MockHttpCall(new MockHttpRequest(
            request.Method, new Uri(request.Url), [.. request.Headers.Select(header => KeyValuePair.Create(header.Name, header.Value))], [.. request.Body ?? []])),
        _ => new MockReadCall(function),
    };

    /// <summary>Calls that should be made.</summary>
    private sealed record Expectation(string Function, int Times, string Contains)
    {
        public string? Problem(string[] calls)
        {
            int found = calls.Count(call => call.Split(' ')[0] == Function && call.Contains(Contains, StringComparison.Ordinal));
            string with = Contains.Length == 0 ? "" : $" with `{Contains}`";
            return found == Times ? null : $"{Function}{with} should be called {Count(Times)}, and was called {Count(found)}";
        }

        private static string Count(int times) => times == 1 ? "once" : $"{times} times";
    }

    /// <summary>A failure that waits for its call.</summary>
    private sealed class Fault(string function, MockError error, int times, int after)
    {
        private int _after = after;
        private int _times = times;

        public string Function { get; } = function;

        public MockError Error { get; } = error;

        /// <summary>Whether it is this call's turn to fail.</summary>
        public bool Strikes()
        {
            if (_after > 0)
            {
                _after--;
                return false;
            }

            return _times > 0 && _times-- > 0;
        }
    }
}
