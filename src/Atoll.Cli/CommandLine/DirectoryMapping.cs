using System.CommandLine.Parsing;

namespace Atoll.Cli.CommandLine;

/// <summary>A folder of the host that the guest sees: <c>HOST::GUEST</c>, with <c>:ro</c> behind it when it may only be read.</summary>
internal sealed record DirectoryMapping(string Host, string Guest, bool ReadOnly)
{
    /// <summary>Parses what the user typed; without <c>::</c> the guest sees the folder under the name that was typed.</summary>
    public static DirectoryMapping? Parse(string text, out string? error)
    {
        error = null;
        bool readOnly = text.EndsWith(":ro", StringComparison.Ordinal);
        if (readOnly || text.EndsWith(":rw", StringComparison.Ordinal))
        {
            text = text[..^3];
        }

        int separator = text.IndexOf("::", StringComparison.Ordinal);
        string host = separator < 0 ? text : text[..separator];
        string guest = separator < 0 ? text : text[(separator + 2)..];
        if (host.Length == 0 || guest.Length == 0)
        {
            error = $"`{text}` is not HOST::GUEST[:ro], for example ./data::/data:ro.";
            return null;
        }

        return new DirectoryMapping(host, guest, readOnly);
    }

    public static DirectoryMapping[] ParseAll(ArgumentResult result)
    {
        List<DirectoryMapping> mappings = [];
        foreach (Token token in result.Tokens)
        {
            if (Parse(token.Value, out string? error) is { } mapping)
            {
                mappings.Add(mapping);
            }
            else
            {
                result.AddError(error!);
            }
        }

        return [.. mappings];
    }
}
