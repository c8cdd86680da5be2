using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Atoll.Wasi.Platform;

namespace Atoll.Testing;

/// <summary>The set-up of a <see cref="MockHost"/> as data, for tests that are written down in files. Everything is optional. In JSON names are in kebab case: <c>key-value</c>.</summary>
public sealed record MockHostSettings
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    /// <summary>The least level that is logged; null for no log.</summary>
    public GuestLogLevel? Logging { get; init; }

    /// <summary>The call.</summary>
    public CallContext? Context { get; init; }

    /// <summary>Who the guest is.</summary>
    public ComponentMetadata? Metadata { get; init; }

    /// <summary>Buckets with their keys and values.</summary>
    public ImmutableDictionary<string, ImmutableDictionary<string, string>> KeyValue { get; init; } = ImmutableDictionary<string, ImmutableDictionary<string, string>>.Empty;

    /// <summary>Answers to requests.</summary>
    public ImmutableArray<MockHttpSettings> Http { get; init; } = [];

    /// <summary>Names with their records.</summary>
    public ImmutableDictionary<string, ImmutableArray<MockDnsRecord>> Dns { get; init; } = ImmutableDictionary<string, ImmutableArray<MockDnsRecord>>.Empty;

    /// <summary>Who listens: <c>host:port</c>.</summary>
    public ImmutableArray<string> Tcp { get; init; } = [];

    /// <summary>Who speaks TLS, by <c>host:port</c>.</summary>
    public ImmutableDictionary<string, MockTlsSession> Tls { get; init; } = ImmutableDictionary<string, MockTlsSession>.Empty;

    /// <summary>Hosts that may be reached; null for all that are set up.</summary>
    public ImmutableArray<string>? Network { get; init; }

    /// <summary>When time begins; null for no clock.</summary>
    public DateTimeOffset? Clock { get; init; }

    /// <summary>Where random bytes begin; null for none.</summary>
    public int? Random { get; init; }

    /// <summary>Standard input; null for none.</summary>
    public string? Stdin { get; init; }

    /// <summary>The arguments, the program's name first.</summary>
    public ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>Environment variables.</summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Values of the configuration.</summary>
    public ImmutableDictionary<string, string> Config { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Calls that fail.</summary>
    public ImmutableArray<MockFaultSettings> Fail { get; init; } = [];

    /// <summary>Calls that are expected.</summary>
    public ImmutableArray<MockExpectationSettings> Expect { get; init; } = [];

    /// <summary>Reads settings.</summary>
    /// <param name="json">A JSON object; comments and commas at ends are allowed.</param>
    /// <exception cref="FormatException">It is none, or has a member that there is not; the message says where.</exception>
    public static MockHostSettings Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<MockHostSettings>(json, Form) ?? throw new FormatException("the settings of the mock host are null; write a JSON object");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"the settings of the mock host are wrong: {exception.Message}", exception);
        }
    }

    internal void ApplyTo(MockHost host)
    {
        _ = Logging is { } level ? host.WithLogging(level) : host;
        _ = Context is { } call ? host.WithContext(call) : host;
        _ = Metadata is { } metadata ? host.WithMetadata(metadata) : host;
        _ = Clock is { } start ? host.WithClock(start) : host;
        _ = Random is { } seed ? host.WithRandom(seed) : host;
        _ = Stdin is { } input ? host.WithStdin(input) : host;
        _ = Network is { IsDefault: false } patterns ? host.WithNetwork(patterns) : host;
        _ = Arguments.IsDefaultOrEmpty ? host : host.WithArguments(Arguments);
        ForEach(KeyValue, (bucket, content) => host.WithKeyValue(bucket, content.Select(pair => (pair.Key, pair.Value))));
        ForEach(Dns, (name, records) => host.WithDns(name, records));
        ForEach(Tls, (end, session) => host.WithTls(Split(end).Host, Split(end).Port, session));
        ForEach(Environment, (name, value) => host.WithEnvironment(name, value));
        ForEach(Config, (name, value) => host.WithConfig(name, value));
        foreach (string end in Tcp.IsDefault ? [] : Tcp)
        {
            host.WithTcp(Split(end).Host, Split(end).Port);
        }

        foreach (MockHttpSettings answer in Http.IsDefault ? [] : Http)
        {
            host.WithHttp(answer.Method, answer.Url, new MockHttpResponse(answer.Status) { Headers = answer.Headers, Body = System.Text.Encoding.UTF8.GetBytes(answer.Body) });
        }

        foreach (MockFaultSettings fault in Fail.IsDefault ? [] : Fail)
        {
            host.Fail(fault.Function, new MockError(fault.Error, fault.Message), fault.Times, fault.After);
        }

        foreach (MockExpectationSettings expected in Expect.IsDefault ? [] : Expect)
        {
            host.Expect(expected.Function, expected.Times, expected.Contains);
        }
    }

    private static void ForEach<T>(ImmutableDictionary<string, T> items, Action<string, T> action)
    {
        foreach ((string name, T value) in items)
        {
            action(name, value);
        }
    }

    private static (string Host, int Port) Split(string end)
    {
        int colon = end.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(end.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out ushort port) && port > 0
            ? (end[..colon].Trim('[', ']'), port)
            : throw new ArgumentException($"`{end}` is not HOST:PORT");
    }
}

/// <summary>An answer to a request of HTTP, as data.</summary>
public sealed record MockHttpSettings
{
    /// <summary>Method of the request.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>Its whole address.</summary>
    public required string Url { get; init; }

    /// <summary>Status of the answer.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Its headers.</summary>
    public ImmutableDictionary<string, string> Headers { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Its body, as text.</summary>
    public string Body { get; init; } = "";
}

/// <summary>Calls that are expected, as data; see <see cref="MockHost.Expect"/>.</summary>
public sealed record MockExpectationSettings
{
    /// <summary>Interface and function.</summary>
    public required string Function { get; init; }

    /// <summary>How many calls.</summary>
    public int Times { get; init; } = 1;

    /// <summary>A text within the call's own text; empty for every call.</summary>
    public string Contains { get; init; } = "";
}

/// <summary>Calls that fail, as data; see <see cref="MockHost.Fail"/>.</summary>
public sealed record MockFaultSettings
{
    /// <summary>Interface and function.</summary>
    public required string Function { get; init; }

    /// <summary>How they fail.</summary>
    public required MockErrorKind Error { get; init; }

    /// <summary>The text, where the failure has one.</summary>
    public string Message { get; init; } = "injected";

    /// <summary>How many calls fail.</summary>
    public int Times { get; init; } = 1;

    /// <summary>How many calls go well before.</summary>
    public int After { get; init; }
}
