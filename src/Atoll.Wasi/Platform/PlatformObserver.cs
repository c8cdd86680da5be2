namespace Atoll.Wasi.Platform;

/// <summary>Sees every call of the platform's functions before it is made, and may let it fail.</summary>
/// <param name="function">Interface and function: <c>key-value.set</c>.</param>
/// <param name="argument">What it was called with; its type depends on the function.</param>
/// <returns>How the call is to fail; null to let it be made. Functions without errors do nothing then.</returns>
internal delegate PlatformError? PlatformObserver(string function, object argument);

/// <summary>Somebody who sees every call.</summary>
internal sealed record ObserverGrant(PlatformObserver Observer) : Components.IGrant
{
    public IEnumerable<Components.Capability> Capabilities => [];
}

/// <summary>A call of <c>key-value</c>.</summary>
internal sealed record BucketCall(string Bucket, string Key, ReadOnlyMemory<byte>? Value);

/// <summary>A call of <c>dns</c>.</summary>
internal sealed record DnsCall(string Name, RecordKind Kind);

/// <summary>A call of <c>tcp</c> or <c>tls</c>.</summary>
internal sealed record ConnectCall(string Host, int Port);

/// <summary>A call of <c>timers</c>.</summary>
internal sealed record SleepCall(ulong Nanoseconds);
