using System.Collections.Immutable;
using System.Globalization;
using Atoll.Wasi.Platform;

namespace Atoll.Testing;

/// <summary>A call that a guest made of the host.</summary>
/// <param name="Function">Interface and function: <c>key-value.set</c>. Requests of HTTP are <c>http.fetch</c>, also those that came through <c>wasi:http</c>.</param>
public abstract record MockCall(string Function)
{
    /// <summary>The failure that was injected; null for none.</summary>
    public MockError? Injected { get; init; }

    /// <summary>What it was called with, in a line.</summary>
    private protected abstract string Text { get; }

    /// <summary>The call in a line: <c>http.fetch GET https://example.org/</c>, <c>key-value.set cache greeting</c>.</summary>
    public sealed override string ToString() => $"{Function} {Text}".TrimEnd();
}

/// <summary>A log entry that somebody reads.</summary>
/// <param name="Entry">The entry.</param>
public sealed record MockLogCall(GuestLogEntry Entry) : MockCall("logging.log")
{
    private protected override string Text => Entry.ToString();
}

/// <summary>A question about the call or the component.</summary>
/// <param name="Function"><c>context.current</c> or <c>metadata.component</c>.</param>
public sealed record MockReadCall(string Function) : MockCall(Function)
{
    private protected override string Text => "";
}

/// <summary>A guest that sleeps.</summary>
/// <param name="Length">How long; at most what a <see cref="TimeSpan"/> holds.</param>
public sealed record MockSleepCall(TimeSpan Length) : MockCall("timers.sleep")
{
    private protected override string Text => Length.ToString("c", CultureInfo.InvariantCulture);
}

/// <summary>A call of a bucket.</summary>
/// <param name="Function"><c>key-value.open</c>, <c>get</c>, <c>has</c>, <c>set</c>, <c>delete</c>, <c>scan</c>, <c>batch</c>, <c>compare-and-set</c>, <c>increment</c>.</param>
/// <param name="Bucket">The bucket.</param>
/// <param name="Key">The key; for <c>scan</c> the prefix, for <c>batch</c> the number of changes, for <c>open</c> empty.</param>
/// <param name="Value">The value that was written; null for none.</param>
public sealed record MockKeyValueCall(string Function, string Bucket, string Key, ImmutableArray<byte>? Value) : MockCall(Function)
{
    private protected override string Text => $"{Bucket} {Key}".TrimEnd();
}

/// <summary>A request of HTTP. Each redirect that is followed is a request of its own.</summary>
/// <param name="Request">The request.</param>
public sealed record MockHttpCall(MockHttpRequest Request) : MockCall("http.fetch")
{
    private protected override string Text => $"{Request.Method} {Request.Url}";
}

/// <summary>A question to name servers.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">The kind of records, as WIT has it: <c>a</c>, <c>mx</c> and so on.</param>
public sealed record MockDnsCall(string Name, string Kind) : MockCall("dns.resolve")
{
    private protected override string Text => $"{Name} {Kind}";
}

/// <summary>A connection.</summary>
/// <param name="Function"><c>tcp.probe</c> or <c>tls.probe</c>.</param>
/// <param name="Host">Name or address.</param>
/// <param name="Port">The port.</param>
public sealed record MockConnectCall(string Function, string Host, int Port) : MockCall(Function)
{
    private protected override string Text => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
