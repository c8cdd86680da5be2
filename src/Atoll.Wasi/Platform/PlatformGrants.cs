using Atoll.Components;

namespace Atoll.Wasi.Platform;

/// <summary>
/// Opens the platform's own interfaces for guests. Keys and values are opened by <see cref="Preview2.KeyValue.KeyValueGrants"/>, the network (<c>http</c>, <c>dns</c>, <c>tcp</c>,
/// <c>tls</c>) by <see cref="Network.NetworkGrants"/>, time by <see cref="WasiGrants.AllowClock"/>.
/// </summary>
public static class PlatformGrants
{
    /// <summary>Most that a run may log unless another limit is given: 16 MiB.</summary>
    public const long DefaultLogLimit = 16 * 1024 * 1024;

    /// <summary>Lets guests write log entries (<c>atoll:platform/logging</c>); replaces an earlier log.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="sink">Gets the entries, on the thread that runs the guest: what waits there cannot be stopped. Several threads may call it at a time.</param>
    /// <param name="minimum">The least level that anybody reads; entries below it are dropped.</param>
    /// <param name="limitBytes">Characters after which the entries of a run are dropped, which the last entry says.</param>
    public static Grants AllowLogging(
        this Grants grants, Action<GuestLogEntry> sink, GuestLogLevel minimum = GuestLogLevel.Trace, long limitBytes = DefaultLogLimit)
    {
        ArgumentNullException.ThrowIfNull(grants);
        ArgumentNullException.ThrowIfNull(sink);
        return grants.With(new LogGrant(sink, minimum, limitBytes));
    }

    /// <summary>Tells guests about the call that they run for (<c>atoll:platform/context</c>); replaces an earlier one. See <see cref="WasiContext.CallContext"/>.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="context">The call.</param>
    public static Grants AllowContext(this Grants grants, CallContext context)
    {
        ArgumentNullException.ThrowIfNull(grants);
        ArgumentNullException.ThrowIfNull(context);
        return grants.With(new ContextGrant(context));
    }

    /// <summary>Tells guests who they are to the host (<c>atoll:platform/metadata</c>); replaces an earlier one.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="metadata">Who they are.</param>
    public static Grants AllowMetadata(this Grants grants, ComponentMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(grants);
        ArgumentNullException.ThrowIfNull(metadata);
        return grants.With(new MetadataGrant(metadata));
    }
}
