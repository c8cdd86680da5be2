using Atoll.Wasm;

namespace Atoll.Cli.Inspection;

/// <summary>A capability that a module's imports may use, and the imports that use it.</summary>
internal sealed record NeededCapability(string Capability, IReadOnlyList<string> Because);

/// <summary>
/// Derives from a module's imports what it may ask for. An import is an upper bound: a program may import <c>path_open</c> and never
/// open a file, and which files it opens is not written in it, hence the <c>**</c>.
/// </summary>
internal static class CapabilitySurvey
{
    private const string Preview1 = "wasi_snapshot_preview1";

    private static readonly (string Capability, string[] Functions)[] Table =
    [
        ("fs:read:**", ["path_open", "path_filestat_get", "path_readlink", "fd_readdir", "fd_prestat_get"]),
        ("fs:write:**",
        [
            "path_create_directory", "path_filestat_set_times", "path_link", "path_remove_directory", "path_rename", "path_symlink", "path_unlink_file",
            "fd_allocate", "fd_filestat_set_size", "fd_filestat_set_times", "fd_pwrite",
        ]),
        ("stdio:read:stdin", ["fd_read"]),
        ("stdio:write:**", ["fd_write"]),
        ("env:read:**", ["environ_get", "environ_sizes_get"]),
        ("clock:read:**", ["clock_time_get", "clock_res_get", "poll_oneoff"]),
        ("random:read:**", ["random_get"]),
        ("net:accept:**", ["sock_accept", "sock_recv", "sock_send", "sock_shutdown"]),
    ];

    public static IReadOnlyList<NeededCapability> Of(IEnumerable<ModuleImport> imports)
    {
        HashSet<string> wasi = [.. imports.Where(import => import.Module == Preview1).Select(import => import.Name)];
        List<NeededCapability> needed = [];
        foreach ((string capability, string[] functions) in Table)
        {
            string[] used = [.. functions.Where(wasi.Contains)];

            // Every C program imports fd_prestat_get to look for folders; alone it opens nothing.
            if (used.Length > 0 && used is not ["fd_prestat_get"])
            {
                needed.Add(new NeededCapability(capability, used));
            }
        }

        return needed;
    }

    private static readonly (string Capability, string[] Interfaces)[] ComponentTable =
    [
        ("fs:read:**", ["wasi:filesystem/"]),
        ("fs:write:**", ["wasi:filesystem/"]),
        ("net:connect:**", ["wasi:sockets/", "wasi:http/outgoing-handler", "wasi:http/client", "atoll:platform/http", "atoll:platform/tcp", "atoll:platform/tls"]),
        ("net:resolve:**", ["wasi:sockets/ip-name-lookup", "atoll:platform/dns"]),
        ("stdio:read:stdin", ["wasi:cli/stdin"]),
        ("stdio:write:**", ["wasi:cli/stdout", "wasi:cli/stderr"]),
        ("env:read:**", ["wasi:cli/environment"]),
        ("clock:read:**", ["wasi:clocks/", "atoll:platform/timers"]),
        ("random:read:**", ["wasi:random/"]),
        ("config:read:**", ["wasi:config/"]),
        ("kv:read:**", ["wasi:keyvalue/", "atoll:platform/key-value"]),
        ("kv:write:**", ["wasi:keyvalue/", "atoll:platform/key-value"]),
        ("log:write:**", ["atoll:platform/logging"]),
        ("context:read:**", ["atoll:platform/context"]),
        ("metadata:read:**", ["atoll:platform/metadata"]),
    ];

    /// <summary>The same for the imports of a component, by the names of interfaces.</summary>
    public static IReadOnlyList<NeededCapability> OfComponent(IReadOnlyList<string> imports) =>
    [
        .. ComponentTable
            .Select(row => new NeededCapability(row.Capability, [.. imports.Where(import => row.Interfaces.Any(known => import.StartsWith(known, StringComparison.Ordinal)))]))
            .Where(needed => needed.Because.Count > 0),
    ];

    /// <summary>Imports that are no part of WASI preview 1: the host program must define them.</summary>
    public static IReadOnlyList<ModuleImport> HostDefined(IEnumerable<ModuleImport> imports) => [.. imports.Where(import => import.Module != Preview1)];
}
