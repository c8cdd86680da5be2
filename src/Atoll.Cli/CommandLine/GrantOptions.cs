using System.CommandLine;
using System.CommandLine.Parsing;
using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasi.Network;
using Atoll.Wasi.Preview2.Config;
using Atoll.Wasi.Preview2.KeyValue;

namespace Atoll.Cli.CommandLine;

/// <summary>The options that grant a guest something, so that they read the same for every verb that runs guests.</summary>
internal sealed class GrantOptions
{
    private readonly Option<DirectoryMapping[]> _dir = new("--dir")
    {
        HelpName = "HOST::GUEST[:ro]",
        Description = "Let the guest use the folder HOST under the name GUEST; `:ro` for reading only. Repeatable. Without GUEST it has the name HOST.",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = DirectoryMapping.ParseAll,
    };

    private readonly Option<KeyValuePair<string, string?>[]> _env = new("--env")
    {
        HelpName = "NAME=VALUE",
        Description = "Give the guest an environment variable; NAME alone passes the value that it has here. Repeatable.",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = ParseVariables,
    };

    private readonly Option<string[]> _net = CommonOptions.Many(
        "--net", "HOST:PORT", "Let the guest connect to a host: a name (`*` for one label, `**` for any), an address or a range; PORT may be `*`. Repeatable.");

    private readonly Option<bool> _netPrivate = new("--net-private")
    {
        Description = "Let names of --net stand for private addresses too. Without it only addresses that --net itself names may be private.",
    };

    private readonly Option<string[]> _resolve = CommonOptions.Many(
        "--resolve", "NAME", "Let the guest ask name servers about a name (`*` for one label, `**` for any); hosts of --net it may ask about anyway. Repeatable.");

    private readonly Option<string[]> _listen = CommonOptions.Many(
        "--listen", "ADDRESS:PORT", "Let the guest wait for connections and datagrams (wasi:sockets) at an address of this machine, `localhost` or `*`; PORT may be `*`. Repeatable.");

    private readonly Option<string[]> _config = CommonOptions.Many(
        "--config", "NAME=VALUE", "Give the guest a value of configuration (wasi:config). Repeatable.");

    private readonly Option<string[]> _kv = CommonOptions.Many(
        "--kv", "BUCKET[:ro]", "Let the guest keep keys and values in a bucket (wasi:keyvalue, atoll:platform/key-value) until the command ends; `:ro` for reading only. Repeatable.");

    public void Define(Command command)
    {
        command.Add(_dir);
        command.Add(_env);
        command.Add(_net);
        command.Add(_netPrivate);
        command.Add(_resolve);
        command.Add(_listen);
        command.Add(_config);
        command.Add(_kv);
    }

    /// <summary>What was granted. Folders are opened, and patterns read, when it is added to grants.</summary>
    public GuestGrants Read(ParseResult arguments, CliContext context)
    {
        GuestGrants granted = new()
        {
            Directories = [.. (arguments.GetValue(_dir) ?? []).Select(mapping => Checked(mapping, context))],
            Environment = [.. (arguments.GetValue(_env) ?? []).Select(pair => KeyValuePair.Create(pair.Key, pair.Value ?? context.GetVariable(pair.Key) ?? string.Empty))],
            Hosts = arguments.GetValue(_net) ?? [],
            HostsMayBePrivate = arguments.GetValue(_netPrivate),
            Names = arguments.GetValue(_resolve) ?? [],
            Listens = arguments.GetValue(_listen) ?? [],
            Configuration = arguments.GetValue(_config) ?? [],
            Buckets = arguments.GetValue(_kv) ?? [],
        };
        return granted is { HostsMayBePrivate: true, Hosts.Count: 0, Names.Count: 0 }
            ? throw CliException.Usage("--net-private says which addresses the hosts of --net and --resolve may have. Add --net HOST:PORT, or leave it out.")
            : granted;
    }

    private static DirectoryMapping Checked(DirectoryMapping mapping, CliContext context)
    {
        string full = context.Resolve(mapping.Host);
        return Directory.Exists(full)
            ? mapping with { Host = full }
            : throw CliException.Usage($"--dir: {mapping.Host} is no folder (looked at {full}). Make it first, or correct the path.");
    }

    private static KeyValuePair<string, string?>[] ParseVariables(ArgumentResult result)
    {
        List<KeyValuePair<string, string?>> variables = [];
        foreach (Token token in result.Tokens)
        {
            int equals = token.Value.IndexOf('=', StringComparison.Ordinal);
            if (equals == 0 || token.Value.Length == 0)
            {
                result.AddError($"`{token.Value}` is not NAME=VALUE.");
            }
            else
            {
                variables.Add(equals < 0 ? new(token.Value, null) : new(token.Value[..equals], token.Value[(equals + 1)..]));
            }
        }

        return [.. variables];
    }
}

/// <summary>What a command line grants a guest beyond what the verb gives every guest.</summary>
internal sealed record GuestGrants
{
    public IReadOnlyList<DirectoryMapping> Directories { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    public IReadOnlyList<string> Hosts { get; init; } = [];

    public bool HostsMayBePrivate { get; init; }

    public IReadOnlyList<string> Names { get; init; } = [];

    public IReadOnlyList<string> Listens { get; init; } = [];

    public IReadOnlyList<string> Configuration { get; init; } = [];

    public IReadOnlyList<string> Buckets { get; init; } = [];

    public Grants AddTo(Grants grants)
    {
        foreach ((string name, string value) in Environment)
        {
            grants = grants.AllowEnvironment(name, value);
        }

        foreach (DirectoryMapping mapping in Directories)
        {
            grants = grants.AllowDirectory(mapping.Guest, mapping.Host, mapping.ReadOnly ? FileAccessGrant.ReadOnly : FileAccessGrant.ReadWrite);
        }

        try
        {
            grants = Hosts.Count == 0 ? grants : grants.AllowNetwork(Hosts);
        }
        catch (FormatException exception)
        {
            throw CliException.Usage($"--net: {exception.Message}.");
        }

        try
        {
            grants = Names.Count == 0 ? grants : grants.AllowResolve(Names);
        }
        catch (FormatException exception)
        {
            throw CliException.Usage($"--resolve: {exception.Message}.");
        }

        try
        {
            grants = Listens.Count == 0 ? grants : grants.AllowListen(Listens);
        }
        catch (FormatException exception)
        {
            throw CliException.Usage($"--listen: {exception.Message}.");
        }

        grants = Configuration.Aggregate(grants, AddConfig);
        grants = Buckets.Aggregate(grants, AddBucket);
        return HostsMayBePrivate ? grants.AllowPrivateNetwork() : grants;
    }

    private static Grants AddConfig(Grants grants, string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        try
        {
            return equals > 0
                ? grants.AllowConfig(text[..equals], text[(equals + 1)..])
                : throw CliException.Usage($"--config: `{text}` is not NAME=VALUE.");
        }
        catch (ArgumentException)
        {
            throw CliException.Usage($"--config: `{text[..equals]}` cannot be a name: it has `*`, control characters, or more than 1024 characters.");
        }
    }

    private static Grants AddBucket(Grants grants, string text)
    {
        const string ReadOnly = ":ro";
        bool isReadOnly = text.EndsWith(ReadOnly, StringComparison.Ordinal);
        string name = isReadOnly ? text[..^ReadOnly.Length] : text;
        try
        {
            return grants.AllowKeyValue(name, readOnly: isReadOnly);
        }
        catch (ArgumentException)
        {
            throw CliException.Usage($"--kv: `{name}` cannot be the name of a bucket: write 1 to 128 letters, digits, `-`, `_` and `.`.");
        }
    }
}
