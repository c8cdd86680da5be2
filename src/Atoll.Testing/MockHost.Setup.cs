using System.Text;
using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasi.Network;
using Atoll.Wasi.Platform;
using Atoll.Wasi.Preview2.Config;
using Atoll.Wasi.Preview2.KeyValue;
using Atoll.Wasm;

namespace Atoll.Testing;

/// <content>What a test sets up. Each method gives the same host back.</content>
public sealed partial class MockHost
{
    private static readonly string[] Functions =
    [
        "logging.log", "context.current", "metadata.component", "timers.sleep", "http.fetch", "dns.resolve", "tcp.probe", "tls.probe",
        "key-value.open", "key-value.get", "key-value.has", "key-value.set", "key-value.delete", "key-value.scan", "key-value.batch", "key-value.compare-and-set",
        "key-value.increment",
    ];

    private readonly HashSet<string> _readOnly = new(StringComparer.Ordinal);

    /// <summary>Sets up what settings say; what they leave out stays as it is.</summary>
    /// <param name="settings">The settings.</param>
    /// <exception cref="ArgumentException">A setting is wrong; the message says which.</exception>
    public MockHost WithSettings(MockHostSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.ApplyTo(this);
        return this;
    }

    /// <summary>Lets guests log; <see cref="Logs"/> has what they do.</summary>
    /// <param name="minimum">The least level that is kept.</param>
    public MockHost WithLogging(GuestLogLevel minimum = GuestLogLevel.Trace) => WithGrants(grants => grants.AllowLogging(static _ => { }, minimum, long.MaxValue));

    /// <summary>Tells guests about the call.</summary>
    /// <param name="context">The call.</param>
    public MockHost WithContext(CallContext context) => WithGrants(grants => grants.AllowContext(context));

    /// <summary>Tells guests who they are.</summary>
    /// <param name="metadata">Who they are.</param>
    public MockHost WithMetadata(ComponentMetadata metadata) => WithGrants(grants => grants.AllowMetadata(metadata));

    /// <summary>Opens a bucket in memory, for <c>atoll:platform/key-value</c> and for <c>wasi:keyvalue</c>.</summary>
    /// <param name="bucket">Its name.</param>
    /// <param name="content">Keys and values in it; values are texts in UTF-8.</param>
    /// <exception cref="ArgumentException">No bucket can have the name.</exception>
    public MockHost WithKeyValue(string bucket, params IEnumerable<(string Key, string Value)> content)
    {
        ArgumentNullException.ThrowIfNull(content);
        MemoryBucket store = new();
        foreach ((string key, string value) in content)
        {
            store.Set(key, Encoding.UTF8.GetBytes(value));
        }

        return WithKeyValue(bucket, store);
    }

    /// <summary>Opens a bucket.</summary>
    /// <param name="bucket">Its name.</param>
    /// <param name="store">What keeps the values.</param>
    /// <param name="readOnly">Guests may read it only.</param>
    /// <exception cref="ArgumentException">No bucket can have the name.</exception>
    public MockHost WithKeyValue(string bucket, IKeyValueBucket store, bool readOnly = false)
    {
        ArgumentNullException.ThrowIfNull(store);
        _ = Grants.None.AllowKeyValue(bucket, store);
        _buckets[bucket] = store;
        _ = readOnly ? _readOnly.Add(bucket) : _readOnly.Remove(bucket);
        return this;
    }

    /// <summary>Answers requests of HTTP, for <c>atoll:platform/http</c> and for <c>wasi:http</c>. What is set up later is asked first.</summary>
    /// <param name="answer">Gives the answer; null for a request that is another's to answer. A request that nobody answers is refused like a closed port.</param>
    public MockHost WithHttp(Func<MockHttpRequest, MockHttpResponse?> answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        _network.Routes.Push(answer);
        _hasNetwork = true;
        return this;
    }

    /// <summary>Answers one request of HTTP, as often as it is sent.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="url">Its whole address.</param>
    /// <param name="response">The answer.</param>
    public MockHost WithHttp(string method, string url, MockHttpResponse response)
    {
        Uri address = new(url);
        return WithHttp(request => request.Method == method && request.Url == address ? response : null);
    }

    /// <summary>Lets a name have records, for <c>atoll:platform/dns</c> and for <c>wasi:sockets/ip-name-lookup</c>. Other names do not exist.</summary>
    /// <param name="name">The name.</param>
    /// <param name="records">Its records.</param>
    /// <exception cref="ArgumentException">A record is wrong.</exception>
    public MockHost WithDns(string name, params IEnumerable<MockDnsRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        _network.Names[name] = [.. records.Select(record => record.ToAnswer(name))];
        _hasNetwork = true;
        return this;
    }

    /// <summary>Lets somebody listen, for <c>atoll:platform/tcp</c>. Other ports are closed. There are no sockets of <c>wasi:sockets</c>.</summary>
    /// <param name="host">The host.</param>
    /// <param name="port">The port.</param>
    /// <param name="connect">How long connecting is said to take.</param>
    public MockHost WithTcp(string host, int port, TimeSpan connect = default)
    {
        _network.Connections[(host, port)] = new ConnectionFacts("192.0.2.1", (ushort)port, 0, (ulong)connect.Ticks * 100);
        _hasNetwork = true;
        return this;
    }

    /// <summary>Lets somebody speak TLS, for <c>atoll:platform/tls</c> and <c>tcp</c>.</summary>
    /// <param name="host">The host.</param>
    /// <param name="port">The port.</param>
    /// <param name="session">What it shows; null for a good certificate.</param>
    /// <exception cref="ArgumentException">A problem is none.</exception>
    public MockHost WithTls(string host, int port = 443, MockTlsSession? session = null)
    {
        _network.Sessions[(host, port)] = (session ?? new MockTlsSession()).ToFacts(host, port);
        _hasNetwork = true;
        return this;
    }

    /// <summary>Grants the network to some hosts only. Without it everybody that was set up can be reached.</summary>
    /// <param name="patterns">As for <see cref="NetworkGrants.AllowNetwork(Grants, IEnumerable{string})"/>; none for nobody.</param>
    public MockHost WithNetwork(params IEnumerable<string> patterns)
    {
        _hosts = [.. patterns];
        return this;
    }

    /// <summary>Opens the clocks. Time moves by a microsecond when it is looked at, and by the whole time when a guest sleeps, which therefore takes none.</summary>
    /// <param name="start">When it begins; null for 2000-01-01.</param>
    public MockHost WithClock(DateTimeOffset? start = null) => WithClock(new VirtualClock(start ?? new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    /// <summary>Opens the clocks.</summary>
    /// <param name="time">The time.</param>
    public MockHost WithClock(TimeProvider time) => WithGrants(grants => grants.AllowClock(time));

    /// <summary>Opens the source of random bytes, which are the same in each run.</summary>
    /// <param name="seed">Where they begin.</param>
    public MockHost WithRandom(int seed = 0)
    {
        Random random = new(seed);
        return WithGrants(grants => grants.AllowRandom(buffer =>
        {
            lock (random)
            {
                random.NextBytes(buffer);
            }
        }));
    }

    /// <summary>Connects standard input.</summary>
    /// <param name="text">What guests read, in UTF-8.</param>
    public MockHost WithStdin(string text) => WithGrants(grants => grants.AllowStdin(new MemoryStream(Encoding.UTF8.GetBytes(text)), neverWaits: true));

    /// <summary>Sets the arguments, the program's name first.</summary>
    /// <param name="arguments">The arguments.</param>
    public MockHost WithArguments(params IEnumerable<string> arguments) => WithGrants(grants => grants.AllowArguments(arguments));

    /// <summary>Sets an environment variable.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public MockHost WithEnvironment(string name, string value) => WithGrants(grants => grants.AllowEnvironment(name, value));

    /// <summary>Sets a value of the configuration (<c>wasi:config</c>).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public MockHost WithConfig(string name, string value) => WithGrants(grants => grants.AllowConfig(name, value));

    /// <summary>Grants something that has no method of its own, such as a directory. It is the real one.</summary>
    /// <param name="add">Adds to grants.</param>
    public MockHost WithGrants(Func<Grants, Grants> add)
    {
        ArgumentNullException.ThrowIfNull(add);
        _grants = add(_grants);
        return this;
    }

    /// <summary>Defines imports beside WASI and the platform's.</summary>
    /// <param name="define">Gets the linker of each instance that is made from now on.</param>
    public MockHost WithImports(Action<ComponentLinker> define)
    {
        ArgumentNullException.ThrowIfNull(define);
        _imports.Add(define);
        return this;
    }

    /// <summary>Sets limits; 30 seconds unless they say otherwise.</summary>
    /// <param name="limits">The limits; <see cref="StoreOptions.State"/> is not used.</param>
    public MockHost WithLimits(StoreOptions limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _limits = limits;
        return this;
    }

    /// <summary>Lets calls of a function fail. Functions that cannot fail do nothing then: an entry is not logged, a sleep takes no time, a question is answered with none.</summary>
    /// <param name="function">Interface and function: <c>key-value.set</c>, <c>http.fetch</c>, <c>tcp.probe</c>.</param>
    /// <param name="error">How they fail.</param>
    /// <param name="times">How many calls fail.</param>
    /// <param name="after">How many calls go well before.</param>
    /// <exception cref="ArgumentException">There is no such function, or a number is negative.</exception>
    public MockHost Fail(string function, MockError error, int times = 1, int after = 0)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentOutOfRangeException.ThrowIfNegative(times);
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        CheckFunction(function);

        lock (_faults)
        {
            _faults.Add(new Fault(function, error, times, after));
        }

        return this;
    }

    /// <summary>Expects calls of a function, which <see cref="Verify"/> looks at.</summary>
    /// <param name="function">Interface and function: <c>http.fetch</c>.</param>
    /// <param name="times">How many calls; 0 for none.</param>
    /// <param name="contains">A text within the call's own text (<see cref="MockCall.ToString"/>); others do not count. Empty for every call.</param>
    /// <exception cref="ArgumentException">There is no such function, or the number is negative.</exception>
    public MockHost Expect(string function, int times = 1, string contains = "")
    {
        ArgumentNullException.ThrowIfNull(contains);
        ArgumentOutOfRangeException.ThrowIfNegative(times);
        CheckFunction(function);
        _expectations.Add(new Expectation(function, times, contains));
        return this;
    }

    private static void CheckFunction(string function)
    {
        if (!Functions.Contains(function))
        {
            throw new ArgumentException($"`{function}` is no function of the mock host; there are {string.Join(", ", Functions)}", nameof(function));
        }
    }
}
