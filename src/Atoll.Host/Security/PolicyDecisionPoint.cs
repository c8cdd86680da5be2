using System.Collections.Immutable;
using Atoll.Components;
using Atoll.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Atoll.Host.Security;

/// <summary>
/// The one place that decides what a tool may do. Effective access = operator's policy ∩ manifest ∩ context frame; the frame can only
/// take away. Decisions are logged. Thread-safe; holds nothing but the immutable policy.
/// </summary>
internal sealed partial class PolicyDecisionPoint(SecurityPolicy policy, ILogger<PolicyDecisionPoint> logger)
{
    public SecurityPolicy Policy { get; } = policy;

    /// <summary>Whether the operator lets the tool be offered at all.</summary>
    public bool IsEnabled(string tool) => !Policy.Tools.TryGetValue(tool, out var rule) || rule.Enabled;

    /// <summary>What the tool may use. Pure: depends on the policy and the arguments only, so callers may keep the answer.</summary>
    /// <param name="tool">Dotted name.</param>
    /// <param name="declared">What its manifest asks for.</param>
    /// <param name="frameReadOnly">Whether the call's context frame forbids writing.</param>
    /// <param name="frameOffline">Whether the call's context frame forbids the network.</param>
    /// <param name="granted">What the operator granted to the tool besides, while the server runs.</param>
    public EffectiveAccess Decide(string tool, ToolPermissions declared, bool frameReadOnly, bool frameOffline = false, params IEnumerable<GrantTarget> granted)
    {
        var readOnlyBecause = frameReadOnly && !Policy.ReadOnly
            ? "the call's context frame has flags.read_only set; send the call without it"
            : Policy.ReadOnly
                ? $"the server is read-only; start it with --write or set \"readOnly\": false in {Policy.ConfigurationFile}"
                : null;
        Policy.Tools.TryGetValue(tool, out var rule);
        var folders = new List<FolderGrant>();
        foreach (var wanted in declared.Folders)
        {
            foreach (var folder in Policy.Folders)
            {
                foreach (var limited in Limit(Intersect(folder, wanted), rule))
                {
                    Add(folders, readOnlyBecause is null ? limited : limited with { Access = FolderAccess.Read });
                }
            }
        }

        var neverWrites = frameReadOnly || Policy.ReadOnlyAlways;
        foreach (var folder in granted.Select(target => target.Folder).OfType<FolderGrant>())
        {
            foreach (var limited in declared.Folders.SelectMany(wanted => Limit(Intersect(folder, wanted), rule)))
            {
                Add(folders, neverWrites ? limited with { Access = FolderAccess.Read } : limited);
            }
        }

        return new EffectiveAccess([.. folders], declared.AsksToWrite, declared.AsksToWrite ? readOnlyBecause : null)
        {
            Declared = declared, NeverWrites = neverWrites,
            Network = frameOffline ? null : Hosts(declared, rule, granted.Select(target => target.Host).OfType<string>()),
            Buckets = Buckets(declared, rule, neverWrites),
        };
    }

    /// <summary>Words a refusal of the network that a tool met.</summary>
    /// <param name="tool">Dotted name.</param>
    /// <param name="declared">What its manifest asks for.</param>
    /// <param name="frameOffline">Whether the call's context frame forbids the network.</param>
    /// <param name="asked">What was refused, for example <c>net:connect:example.org:443</c>.</param>
    /// <param name="network">Hosts that the call had; null for none.</param>
    public Denial ExplainNetwork(string tool, ToolPermissions declared, bool frameOffline, Capability asked, NetworkAccess? network = null)
    {
        GrantTarget? grant = null;
        var wanted = Printable.Shorten(asked.Action == "resolve" ? $"{asked.Pattern}:PORT" : asked.Pattern, 400);
        string what;
        if (asked.Action == "listen")
        {
            what = "tools cannot wait for connections";
        }
        else if (frameOffline)
        {
            what = "the call's context frame has flags.offline set; send the call without it";
        }
        else if (!NetworkAccess.Names(network?.Hosts ?? Policy.Hosts, asked))
        {
            grant = NarrowestHost(declared, asked) is { } wantedHost && Holds(tool, declared, wantedHost) ? wantedHost : null;
            what = $"the server may not connect there. Granted: {(Policy.Hosts.IsEmpty ? "none" : string.Join(", ", Policy.Hosts.Take(8)))}. "
                + $"To grant more, start the server with --net {wanted}, or add {{\"net\": \"{wanted}\"}} to \"allow\" in a file for --config";
        }
        else if (!AsksFor(tool, declared, asked))
        {
            what = $"the host is granted to the server but not to this tool; add \"net:connect:{wanted}\" to its manifest's \"permissions\" "
                + $"and to those of \"tools\" in {Policy.ConfigurationFile}, if it has any there";
        }
        else
        {
            what = "the name stands for an address that is not public. If that is meant, grant the address itself with --net, or start the server with --net-private";
        }

        LogDenied(tool, Printable.Shorten(asked.ToString(), 400));
        return new Denial(asked.ToString(), $"Capability not granted: network {Printable.Shorten(asked.ToString(), 400)} — {what}.") { Grant = grant };
    }

    // Who looks a name up says no port: the manifest may.
    private static GrantTarget? NarrowestHost(ToolPermissions declared, Capability asked)
        => asked.Action == "connect" ? GrantTarget.OfHost(asked.Pattern)
            : declared.Hosts.Where(host => host.StartsWith(asked.Pattern + ":", StringComparison.OrdinalIgnoreCase)).Select(GrantTarget.OfHost).FirstOrDefault(target => target is not null);

    private ImmutableArray<BucketGrant> Buckets(ToolPermissions declared, ToolRule? rule, bool neverWrites)
    {
        IEnumerable<BucketGrant> buckets = BucketPermission.Limit(Policy.Buckets, declared.Buckets);
        buckets = rule?.Permissions is { } limits ? BucketPermission.Limit(buckets, limits.Buckets) : buckets;
        return [.. neverWrites ? buckets.Select(bucket => bucket with { CanWrite = false }) : buckets];
    }

    private NetworkAccess? Hosts(ToolPermissions declared, ToolRule? rule, IEnumerable<string> granted)
    {
        ImmutableArray<string> hosts = [.. Policy.Hosts.Union(granted)];
        if (hosts.IsEmpty || declared.Hosts.IsEmpty || rule is { Permissions.Hosts.IsEmpty: true })
        {
            return null;
        }

        var limits = new[] { declared, rule?.Permissions }.Where(permissions => permissions is not null && !permissions.Hosts.Contains(ToolPermissions.AnyHost));
        return new NetworkAccess(hosts, Policy.HostsMayBePrivate, [.. limits.Select(permissions => permissions!.Hosts)]);
    }

    private static bool Asks(ToolPermissions permissions, Capability asked)
        => permissions.Hosts.Contains(ToolPermissions.AnyHost) || NetworkAccess.Names(permissions.Hosts, asked);

    /// <summary>Decides about one path argument before the tool runs.</summary>
    /// <param name="tool">Dotted name.</param>
    /// <param name="access">The call's effective access.</param>
    /// <param name="hostPath">Normalised host path.</param>
    /// <returns>Null when some granted folder holds the path; otherwise the denial.</returns>
    public Denial? CheckPath(string tool, EffectiveAccess access, string hostPath)
    {
        foreach (var folder in access.Folders)
        {
            if (HostPath.IsWithin(hostPath, folder.Path, Policy.Style))
            {
                LogAllowed(tool, folder.Capability);
                return null;
            }
        }

        return Deny(tool, access, hostPath, access.AsksToWrite && access.ReadOnlyBecause is null);
    }

    /// <summary>Words a refusal that a tool reported (it met a read-only folder or one it cannot see).</summary>
    public Denial Explain(string tool, EffectiveAccess access, string? hostPath, bool writing)
        => Deny(tool, access, hostPath ?? "**", writing);

    private Denial Deny(string tool, EffectiveAccess access, string hostPath, bool writing)
    {
        var inside = Policy.Folders.Any(f => HostPath.IsWithin(hostPath, f.Path, Policy.Style));
        var shown = Printable.Shorten(hostPath, 400);
        var capability = (writing ? "fs:write:" : "fs:read:") + shown;
        string what;
        if (writing && access.ReadOnlyBecause is { } because)
        {
            what = because;
        }
        else if (!inside)
        {
            what = $"no granted folder holds this path. Granted: {Granted()}. To grant more, start the server with --allow DIR, "
                + $"name the folder in FS_ALLOWLIST, or add it to \"allow\" in {Policy.ConfigurationFile}";
        }
        else
        {
            what = writing
                ? $"the folder is granted for reading only; give it \"access\": \"write\" in \"allow\" of {Policy.ConfigurationFile}, or add \"write\" to the tool's permissions"
                : $"the folder is granted to the server but not to this tool; its manifest's \"permissions\" or \"tools\" in {Policy.ConfigurationFile} leave it out";
        }

        var denial = new Denial(capability, $"Capability not granted: filesystem {capability} — {what}.")
        {
            Path = hostPath == "**" ? null : hostPath,
            Grant = Narrowest(tool, access, hostPath, writing || (!inside && access.AsksToWrite && !access.NeverWrites)),
        };
        LogDenied(tool, denial.Capability);
        return denial;
    }

    // A folder is the least that can be opened. What the manifest does not ask for, or a rule takes away, no grant brings.
    private GrantTarget? Narrowest(string tool, EffectiveAccess access, string hostPath, bool writing)
    {
        if (hostPath == "**" || HostPath.Parent(hostPath, Policy.Style) is not { } parent)
        {
            return null;
        }

        GrantTarget wanted = new FolderGrant(parent, writing ? FolderAccess.Write : FolderAccess.Read);
        return Holds(tool, access.Declared, wanted, access.NeverWrites) ? wanted : null;
    }

    /// <summary>Whether granting something to a tool would let its calls use it so.</summary>
    public bool Holds(string tool, ToolPermissions declared, GrantTarget wanted, bool frameReadOnly = false)
        => wanted.Host is { } host ? AsksFor(tool, declared, Capability.Of("net", "connect", host)) : wanted.Folder is { } folder && HoldsFolder(tool, declared, folder, frameReadOnly);

    private bool AsksFor(string tool, ToolPermissions declared, Capability asked)
        => Asks(declared, asked) && !(Policy.Tools.TryGetValue(tool, out var rule) && rule.Permissions is { } limits && !Asks(limits, asked));

    private bool HoldsFolder(string tool, ToolPermissions declared, FolderGrant wanted, bool frameReadOnly)
        => Decide(tool, declared, frameReadOnly, granted: [wanted]).Folders.Any(f => f.Access >= wanted.Access && HostPath.IsWithin(wanted.Path, f.Path, Policy.Style));

    private string Granted()
        => Policy.Folders.IsEmpty ? "none" : string.Join(", ", Policy.Folders.Take(8).Select(f => f.Path)) + (Policy.Folders.Length > 8 ? ", …" : "");

    private IEnumerable<FolderGrant> Limit(FolderGrant? grant, ToolRule? rule)
    {
        if (grant is null)
        {
            yield break;
        }

        if (rule?.Permissions is not { } limits)
        {
            yield return grant;
            yield break;
        }

        foreach (var limit in limits.Folders)
        {
            if (Intersect(grant, limit) is { } limited)
            {
                yield return limited;
            }
        }
    }

    // Two folders intersect when one holds the other; the deeper one is what both allow.
    private FolderGrant? Intersect(FolderGrant folder, FolderPermission wanted)
    {
        var access = folder.Access == FolderAccess.Write && wanted.Access == FolderAccess.Write ? FolderAccess.Write : FolderAccess.Read;
        if (wanted.Root is null || HostPath.IsWithin(folder.Path, wanted.Root, Policy.Style))
        {
            return folder with { Access = access };
        }

        return HostPath.IsWithin(wanted.Root, folder.Path, Policy.Style) ? new FolderGrant(wanted.Root, access) : null;
    }

    private void Add(List<FolderGrant> folders, FolderGrant grant)
    {
        if (folders.Any(f => f.Access >= grant.Access && HostPath.IsWithin(grant.Path, f.Path, Policy.Style)))
        {
            return;
        }

        folders.RemoveAll(f => grant.Access >= f.Access && HostPath.IsWithin(f.Path, grant.Path, Policy.Style));
        folders.Add(grant);
    }

    [LoggerMessage(EventId = 100, Level = LogLevel.Debug, Message = "audit: allowed {Tool} {Capability}")]
    private partial void LogAllowed(string tool, string capability);

    [LoggerMessage(EventId = 101, Level = LogLevel.Warning, Message = "audit: denied {Tool} {Capability}")]
    private partial void LogDenied(string tool, string capability);
}
