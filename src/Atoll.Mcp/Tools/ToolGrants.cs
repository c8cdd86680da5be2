using System.Collections.Concurrent;
using System.Diagnostics;
using Atoll.Components;
using Atoll.Host.Security;
using Atoll.Wasi;
using Atoll.Wasi.Preview2.KeyValue;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Tools;

/// <summary>What a tool may reach, as the policy decided, in terms of WASI. Thread-safe.</summary>
internal sealed partial class ToolGrants(string tool, ILogger logger)
{
    // Directories are opened once for many calls. A folder that was removed and made again is a new one, so they are not kept for long.
    private static readonly TimeSpan GrantLifetime = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<EffectiveAccess, (long Made, Grants Grants)> _grants = new(ReferenceEqualityComparer.Instance);

    public Grants For(EffectiveAccess access)
    {
        if (_grants.TryGetValue(access, out var kept) && Stopwatch.GetElapsedTime(kept.Made) < GrantLifetime)
        {
            return kept.Grants;
        }

        // Clocks and random bytes tell a tool nothing about this machine's data; every tool gets them.
        var grants = Grants.None.AllowArguments(tool).AllowClock().AllowRandom();
        foreach (var folder in access.Folders)
        {
            try
            {
                grants = grants.AllowDirectory(
                    HostPath.ToGuest(folder.Path, HostPath.Current), folder.Path, folder.Access == FolderAccess.Write ? FileAccessGrant.ReadWrite : FileAccessGrant.ReadOnly);
            }
            catch (DirectoryNotFoundException)
            {
                // One granted folder that is gone for the moment must not take the others away.
                LogFolderGone(logger, folder.Path);
            }
        }

        grants = access.Network?.AddTo(grants) ?? grants;
        grants = access.Buckets.Aggregate(grants, (all, bucket) => all.AllowKeyValue(bucket.Name, bucket.Store, readOnly: !bucket.CanWrite));
        foreach (var (old, entry) in _grants)
        {
            if (Stopwatch.GetElapsedTime(entry.Made) >= GrantLifetime)
            {
                _grants.TryRemove(new(old, entry));
            }
        }

        _grants[access] = (Stopwatch.GetTimestamp(), grants);
        return grants;
    }

    [LoggerMessage(EventId = 302, Level = LogLevel.Warning, Message = "the granted folder {Folder} does not exist at the moment")]
    private static partial void LogFolderGone(ILogger logger, string folder);
}
