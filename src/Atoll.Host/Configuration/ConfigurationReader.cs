using System.Collections.Immutable;
using Atoll.Host.Context;
using Atoll.Host.Security;

namespace Atoll.Host.Configuration;

/// <summary>
/// Merges defaults, the configuration file, <c>FS_ALLOWLIST</c> and the command line. A configuration file that was merely found in the
/// workspace may belong to a repository that somebody else wrote: it cannot grant folders outside of the workspace. One that the operator
/// named can.
/// </summary>
internal sealed class ConfigurationReader
{
    private const string WorkspaceVariable = "${workspaceFolder}";
    private readonly ConfigurationSource _source;
    private readonly string _file;
    private readonly bool _named;
    private readonly List<Problem> _problems = [];
    private readonly List<FolderGrant> _folders = [];
    private readonly List<string> _hosts = [];
    private readonly List<PathAlias> _aliases = [];
    private readonly List<string> _toolFolders = [];
    private readonly Dictionary<string, ToolRule> _tools = new(StringComparer.Ordinal);
    private string _workspace;
    private bool? _readOnly;
    private bool _allowSeen;
    private bool _hostsMayBePrivate;
    private ToolBudgets _budgets = new();
    private ContextFrame _frame = new();
    private bool _fixedTenant;

    private ConfigurationReader(ConfigurationSource source)
    {
        _source = source;
        _workspace = Absolute(source.Workspace, Environment.CurrentDirectory);
        _named = source.ConfigFile is not null;
        _file = source.ConfigFile is { } named ? Absolute(named, _workspace) : Path.Combine(_workspace, ".mcp", "config.json");
    }

    /// <summary>Reads everything.</summary>
    /// <exception cref="ConfigurationException">The workspace or a folder of the command line does not exist, or a named or found file is wrong:
    /// a server must not start with other permissions than the ones that were written down.</exception>
    public static HostConfiguration Read(ConfigurationSource source) => new ConfigurationReader(source).Read();

    /// <summary>Checks the text of a configuration file, as it may stand in an editor; changes nothing.</summary>
    /// <param name="source">The workspace, and the file when the operator names it.</param>
    /// <param name="utf8">The text.</param>
    public static IReadOnlyList<Problem> Check(ConfigurationSource source, ReadOnlyMemory<byte> utf8)
    {
        var reader = new ConfigurationReader(source);
        reader.ReadText(utf8);
        return reader._problems;
    }

    private HostConfiguration Read()
    {
        RequireFolder(_workspace, "the workspace");
        var found = ReadFile();
        if (_problems.Count > 0)
        {
            throw new ConfigurationException(string.Join(Environment.NewLine, _problems));
        }

        var readOnly = _source.ReadOnly ?? _readOnly ?? true;
        AddAllowList();

        // A list in the file or in FS_ALLOWLIST is the whole list; without one the workspace itself is served.
        if (!_allowSeen)
        {
            AddFolder(new FolderGrant(_workspace, FolderAccess.Write));
        }

        foreach (var folder in _source.AllowedFolders)
        {
            var path = Absolute(folder, _workspace);
            RequireFolder(path, "the folder of --allow");
            AddFolder(new FolderGrant(path, OutsideAccess(path)));
        }

        foreach (var host in _source.Hosts)
        {
            AddHost(host, problem => throw new ConfigurationException($"--net: {problem}."));
        }

        if (_source.ReadOnly == false)
        {
            for (var i = 0; i < _folders.Count; i++)
            {
                _folders[i] = _folders[i] with { Access = FolderAccess.Write };
            }
        }

        return new HostConfiguration
        {
            Workspace = _workspace,
            File = found ? _file : null,
            Budgets = _budgets,
            Aliases = [.. _aliases, .. LinkAliases()],
            ToolFolders = [.. _toolFolders],
            Problems = [.. _problems],
            FixedTenant = _fixedTenant,
            Frame = _frame with
            {
                CpuMilliseconds = _budgets.CpuMilliseconds, MemoryBytes = _budgets.MemoryBytes, Workspace = _workspace, ReadOnly = readOnly || _frame.ReadOnly,
            },
            Policy = new SecurityPolicy
            {
                Folders = [.. _folders], ReadOnly = readOnly || _frame.ReadOnly, ReadOnlyAlways = _source.ReadOnly == true, Tools = _tools.ToImmutableDictionary(StringComparer.Ordinal),
                ConfigurationFile = _file, Hosts = [.. _hosts], HostsMayBePrivate = _hostsMayBePrivate || _source.HostsMayBePrivate,
                Buckets = [.. _source.Buckets.Select(Bucket)],
            },
        };
    }

    private static BucketGrant Bucket(string text) => BucketGrant.TryParse(text)
        ?? throw new ConfigurationException($"--kv: {Printable.Shorten(text)} is no bucket. Write its name, 1 to 128 letters, digits, `-`, `_` and `.`, and :ro behind it when tools may only read it.");

    private bool ReadFile()
    {
        if (!File.Exists(_file))
        {
            return !_named ? false : throw new ConfigurationException($"The configuration file {_file} does not exist. Correct --config or make the file.");
        }

        var limits = new SourceJsonLimits();
        if (new FileInfo(_file).Length > limits.MaxBytes)
        {
            _problems.Add(new Problem(_file, 0, 0, $"the file is larger than {limits.MaxBytes} bytes. Make it smaller."));
            return true;
        }

        ReadText(File.ReadAllBytes(_file));
        return true;
    }

    private void ReadText(ReadOnlyMemory<byte> utf8)
    {
        var root = SourceJson.Parse(_file, utf8, new SourceJsonLimits(), out var problem);
        if (root is null)
        {
            _problems.Add(problem!);
            return;
        }

        if (root.Kind != SourceJsonKind.Object)
        {
            _problems.Add(new Problem(_file, 1, 1, "the file must hold a JSON object."));
            return;
        }

        var reader = new SourceReader(_file, root, _problems);
        reader.RefuseUnknown("$schema", "workspace", "readOnly", "allow", "netPrivate", "toolFolders", "pathAliases", "tools", "budgets", "concurrency", "context");
        ReadWorkspace(reader);
        _readOnly = reader.Boolean("readOnly");
        ReadAllow(reader);
        ReadNetPrivate(reader);
        ReadToolFolders(reader);
        ReadAliases(reader);
        ReadTools(reader);
        ReadBudgets(reader);
        ReadContext(reader);
    }

    private void ReadWorkspace(SourceReader reader)
    {
        if (reader.String("workspace") is not { } text)
        {
            return;
        }

        var path = Absolute(Expand(text), _workspace);
        if (!_named && !HostPath.IsWithin(path, _workspace, HostPath.Current))
        {
            reader.Report(reader.Node.Members["workspace"], $"a configuration file found in the workspace cannot move the workspace out of it ({path}). Use --workspace.");
        }
        else if (!Directory.Exists(path))
        {
            reader.Report(reader.Node.Members["workspace"], $"the folder {path} does not exist. Correct it or make the folder.");
        }
        else
        {
            _workspace = path;
        }
    }

    private void ReadAllow(SourceReader reader)
    {
        if (reader.Array("allow") is not { } items)
        {
            return;
        }

        // Hosts alone say nothing about folders.
        _allowSeen = items.Count == 0 || items.Any(item => !IsHost(item));
        foreach (var item in items)
        {
            var access = FolderAccess.Read;
            string? text = null;
            if (IsHost(item))
            {
                ReadHost(new SourceReader(_file, item, _problems));
            }
            else if (item.Kind == SourceJsonKind.String)
            {
                text = item.Text;
            }
            else if (item.Kind == SourceJsonKind.Object)
            {
                var entry = new SourceReader(_file, item, _problems);
                entry.RefuseUnknown("path", "access");
                text = entry.String("path", required: true);
                var word = entry.String("access");
                access = word == "write" ? FolderAccess.Write : FolderAccess.Read;
                if (word is not (null or "read" or "write"))
                {
                    entry.Report(item.Members["access"], "\"access\" must be \"read\" or \"write\".");
                }
            }
            else
            {
                reader.Report(item, "an item of \"allow\" must be a folder, {\"path\": …, \"access\": \"read\" or \"write\"}, or {\"net\": \"HOST:PORT\"}.");
            }

            if (text is not null)
            {
                AddFromFile(reader, item, text, access);
            }
        }
    }

    private static bool IsHost(SourceJson item) => item.Kind == SourceJsonKind.Object && item.Members.ContainsKey("net");

    private void ReadHost(SourceReader entry)
    {
        entry.RefuseUnknown("net");
        if (entry.String("net", required: true) is { } host)
        {
            AddHost(host, problem => entry.Report(entry.Node, $"\"net\": {problem}."));
            if (!_named)
            {
                RefuseNetwork(entry, entry.Node, $"--net {host}");
            }
        }
    }

    private void ReadNetPrivate(SourceReader reader)
    {
        _hostsMayBePrivate = reader.Boolean("netPrivate") ?? false;
        if (_hostsMayBePrivate && !_named)
        {
            RefuseNetwork(reader, reader.Node.Members["netPrivate"], "--net-private");
        }
    }

    private static void RefuseNetwork(SourceReader reader, SourceJson at, string option)
        => reader.Report(at, $"a configuration file found in the workspace cannot grant the network. Grant it with {option}, or name this file with --config if you trust it.");

    private void AddHost(string host, Action<string> wrong)
    {
        if (NetworkAccess.Check(host) is { } problem)
        {
            wrong(problem);
        }
        else if (!_hosts.Contains(host, StringComparer.OrdinalIgnoreCase))
        {
            _hosts.Add(host);
        }
    }

    private void AddFromFile(SourceReader reader, SourceJson item, string text, FolderAccess access)
    {
        var path = Absolute(Expand(text), _workspace);
        if (!_named && !HostPath.IsWithin(RealPath.Of(path), RealPath.Of(_workspace), HostPath.Current))
        {
            reader.Report(item, $"a configuration file found in the workspace cannot grant {path}, which is outside of it. "
                + "Grant it with --allow or FS_ALLOWLIST, or name this file with --config if you trust it.");
        }
        else if (!Directory.Exists(path))
        {
            reader.Report(item, $"the folder {path} does not exist. Correct it or make the folder.");
        }
        else
        {
            AddFolder(new FolderGrant(path, access));
        }
    }

    private void ReadToolFolders(SourceReader reader)
    {
        foreach (var item in reader.Array("toolFolders", 32) ?? [])
        {
            if (item.Kind != SourceJsonKind.String)
            {
                reader.Report(item, "an item of \"toolFolders\" must be a string: a folder that holds a .mcp folder.");
                continue;
            }

            _toolFolders.Add(Absolute(Expand(item.Text), _workspace));
        }
    }

    private void ReadAliases(SourceReader reader)
    {
        foreach (var item in reader.Array("pathAliases", 64) ?? [])
        {
            if (item.Kind != SourceJsonKind.Object)
            {
                reader.Report(item, "an item of \"pathAliases\" must be {\"from\": …, \"to\": …}.");
                continue;
            }

            var entry = new SourceReader(_file, item, _problems);
            entry.RefuseUnknown("from", "to");
            if (entry.String("from", required: true) is { } from && entry.String("to", required: true) is { } to)
            {
                if (from.StartsWith('/') || HostPath.HasDrive(from))
                {
                    _aliases.Add(new PathAlias(from, Absolute(Expand(to), _workspace)));
                }
                else
                {
                    entry.Report(item, "\"from\" must be an absolute folder as the client writes it, /home/me/x or C:\\x.");
                }
            }
        }
    }

    private void ReadTools(SourceReader reader)
    {
        if (reader.Object("tools") is not { } tools)
        {
            return;
        }

        foreach (var (name, value) in tools.Node.Members)
        {
            if (value.Kind != SourceJsonKind.Object)
            {
                tools.Report(value, $"the rule of tool \"{Printable.Shorten(name)}\" must be an object with \"enabled\" and \"permissions\".");
                continue;
            }

            var rule = new SourceReader(_file, value, _problems);
            rule.RefuseUnknown("enabled", "permissions");
            ToolPermissions? permissions = null;
            if (rule.Array("permissions", 64) is { } words)
            {
                var texts = words.Where(w => w.Kind == SourceJsonKind.String).Select(w => Expand(w.Text)).ToList();
                if (texts.Count != words.Count)
                {
                    rule.Report(value, "\"permissions\" must be a list of strings.");
                }
                else if (!ToolPermissions.TryParse(texts, HostPath.Current, out permissions, out var error))
                {
                    rule.Report(value.Members["permissions"], error + ".");
                }
            }

            _tools[name] = new ToolRule(rule.Boolean("enabled") ?? true, permissions);
        }
    }

    private void ReadBudgets(SourceReader reader)
    {
        if (reader.Object("budgets") is { } budgets)
        {
            budgets.RefuseUnknown("cpu_ms", "memory_bytes", "output_bytes", "input_bytes");
            _budgets = _budgets with
            {
                CpuMilliseconds = budgets.Integer("cpu_ms", 1, 3_600_000) ?? _budgets.CpuMilliseconds,
                MemoryBytes = budgets.Integer("memory_bytes", 65_536, 4L << 30) ?? _budgets.MemoryBytes,
                OutputBytes = (int)(budgets.Integer("output_bytes", 1024, 256 << 20) ?? _budgets.OutputBytes),
                InputBytes = (int)(budgets.Integer("input_bytes", 1024, 256 << 20) ?? _budgets.InputBytes),
            };
        }

        if (reader.Object("concurrency") is { } concurrency)
        {
            concurrency.RefuseUnknown("max_threads", "max_queue");
            _budgets = _budgets with
            {
                MaxThreads = (int)(concurrency.Integer("max_threads", 1, 4096) ?? _budgets.MaxThreads),
                MaxQueue = (int)(concurrency.Integer("max_queue", 0, 1_000_000) ?? _budgets.MaxQueue),
            };
        }
    }

    private void ReadContext(SourceReader reader)
    {
        if (reader.Object("context") is not { } context)
        {
            return;
        }

        context.RefuseUnknown("tenant", "stage", "risk_level", "flags");
        var tenant = context.String("tenant", maxLength: 256);
        var risk = context.String("risk_level");
        if (risk is not (null or "low" or "medium" or "high"))
        {
            context.Report(context.Node.Members["risk_level"], "\"risk_level\" must be \"low\", \"medium\" or \"high\".");
        }

        var flags = context.Object("flags");
        flags?.RefuseUnknown("read_only", "dry_run", "offline");
        _fixedTenant = tenant is not null;
        _frame = _frame with
        {
            Tenant = tenant ?? _frame.Tenant,
            Stage = context.String("stage", maxLength: 256),
            RiskLevel = risk switch { "high" => RiskLevel.High, "medium" => RiskLevel.Medium, _ => RiskLevel.Low },
            ReadOnly = flags?.Boolean("read_only") ?? false,
            DryRun = flags?.Boolean("dry_run") ?? false,
            Offline = flags?.Boolean("offline") ?? false,
        };
    }

    private void AddAllowList()
    {
        foreach (var folder in SplitAllowList(_source.FsAllowList))
        {
            _allowSeen = true;
            var path = Absolute(Expand(folder), _workspace);
            if (!Directory.Exists(path))
            {
                _problems.Add(new Problem("FS_ALLOWLIST", 0, 0, $"the folder {Printable.Shorten(path)} does not exist; it is not granted."));
                continue;
            }

            AddFolder(new FolderGrant(path, OutsideAccess(path)));
        }
    }

    // A "readOnly": false that merely stood in a found file opens the workspace for writing, not what the operator granted besides.
    private FolderAccess OutsideAccess(string path)
        => _source.ReadOnly == false || (_named && _readOnly == false) || HostPath.IsWithin(RealPath.Of(path), RealPath.Of(_workspace), HostPath.Current)
            ? FolderAccess.Write
            : FolderAccess.Read;

    /// <summary>Splits on commas, semicolons, line ends and the system's path separator, but not on the colon of <c>C:\</c>.</summary>
    internal static IEnumerable<string> SplitAllowList(string? text, PathStyle? style = null)
    {
        var separators = (style ?? HostPath.Current) == PathStyle.Windows ? ",;\n\r" : ",;\n\r:";
        return (text ?? "").Split(separators.ToCharArray(), StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private void AddFolder(FolderGrant grant)
    {
        var existing = _folders.FindIndex(f => f.Path == grant.Path);
        if (existing < 0)
        {
            _folders.Add(grant);
        }
        else if (grant.Access > _folders[existing].Access)
        {
            _folders[existing] = grant;
        }
    }

    private string Expand(string text) => text.Replace(WorkspaceVariable, _workspace, StringComparison.Ordinal);

    private static string Absolute(string path, string start) => HostPath.Normalize(Path.GetFullPath(path, start), HostPath.Current);

    // Clients that resolved links themselves send the real path of a folder that was granted under another name.
    private IEnumerable<PathAlias> LinkAliases()
        => from path in _folders.Select(f => f.Path).Append(_workspace).Distinct()
           let real = RealPath.Of(path)
           where real != path
           select new PathAlias(real, path);

    private static void RequireFolder(string path, string what)
    {
        if (!Directory.Exists(path))
        {
            throw new ConfigurationException($"{path}, {what}, does not exist or is not a folder. Correct the path or make the folder.");
        }
    }
}
