using System.CommandLine;
using System.CommandLine.Parsing;
using Atoll.Components;
using Atoll.Wasi;

namespace Atoll.Cli.CommandLine;

/// <summary>The options that open something of this machine to a guest; the same for all verbs that run guests.</summary>
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

    public void AddTo(Command command)
    {
        command.Add(_dir);
        command.Add(_env);
    }

    public IReadOnlyList<DirectoryMapping> Directories(ParseResult arguments, CliContext context) =>
        [.. (arguments.GetValue(_dir) ?? []).Select(mapping => Checked(mapping, context))];

    public IReadOnlyList<KeyValuePair<string, string>> Environment(ParseResult arguments, CliContext context) =>
        [.. (arguments.GetValue(_env) ?? []).Select(pair => KeyValuePair.Create(pair.Key, pair.Value ?? context.GetVariable(pair.Key) ?? string.Empty))];

    /// <summary>Adds what was granted to grants.</summary>
    public static Grants Allow(Grants grants, IEnumerable<DirectoryMapping> directories, IEnumerable<KeyValuePair<string, string>> environment)
    {
        foreach ((string name, string value) in environment)
        {
            grants = grants.AllowEnvironment(name, value);
        }

        foreach (DirectoryMapping mapping in directories)
        {
            grants = grants.AllowDirectory(mapping.Guest, mapping.Host, mapping.ReadOnly ? FileAccessGrant.ReadOnly : FileAccessGrant.ReadWrite);
        }

        return grants;
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
            if (equals == 0)
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
