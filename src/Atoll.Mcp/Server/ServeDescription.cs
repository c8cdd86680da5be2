using System.Text;
using Atoll.Host.Configuration;
using Atoll.Host.Security;
using Atoll.Mcp.Tools;

namespace Atoll.Mcp.Server;

/// <summary>Words what a person sees when the server starts.</summary>
internal static class ServeDescription
{
    public static string Write(ServeOptions options, HostConfiguration configuration, ToolCatalog catalog, Uri? endpoint)
    {
        var policy = configuration.Policy;
        var text = new StringBuilder();
        text.Append("Atoll ").Append(options.Version).Append(" serves ").Append(catalog.Tools.Length).Append(" tools over MCP");
        text.Append(endpoint is null ? " on standard input and output.\n" : $" at {endpoint}\n");
        text.Append("  tools      ").AppendJoin(' ', catalog.Tools.Select(t => t.PublicName)).Append('\n');
        if (!options.DescribesGrants)
        {
            return text.Append("Give the address to a client. Ctrl-C ends it.").ToString();
        }

        text.Append("  workspace  ").Append(configuration.Workspace).Append('\n');
        foreach (var folder in policy.Folders)
        {
            text.Append("  granted    ").Append(folder.Path).Append(policy.ReadOnly || folder.Access == FolderAccess.Read ? "  (read only)" : "  (read and write)").Append('\n');
        }

        if (!policy.Hosts.IsEmpty)
        {
            text.Append("  network    ").AppendJoin(", ", policy.Hosts).Append(policy.HostsMayBePrivate ? "  (private addresses too)" : "").Append("  for tools that ask for it\n");
        }

        if (!policy.Buckets.IsEmpty)
        {
            text.Append("  buckets    ").AppendJoin(", ", policy.Buckets.Select(bucket => bucket.CanWrite ? bucket.Name : bucket.Name + " (read only)")).Append("  for tools that ask for it\n");
        }

        text.Append("  config     ").Append(configuration.File ?? "none (defaults: this folder, read only)").Append('\n');
        var problems = configuration.Problems.Length + catalog.Problems.Length;
        if (problems > 0)
        {
            text.Append("  problems   ").Append(problems).Append(", see the log below\n");
        }

        text.Append("Connect a client:\n");
        text.Append("  atoll mcp add vscode | claude | cursor     writes the client's configuration after showing it\n");
        if (endpoint is not null)
        {
            text.Append("  or give it the address ").Append(endpoint).Append("   (health: ").Append(new Uri(endpoint, "/healthz")).Append(")\n");
        }

        text.Append("Grant more:\n");
        text.Append("  --allow DIR        another folder (or FS_ALLOWLIST=DIR,DIR, or \"allow\" in ").Append(policy.ConfigurationFile).Append(")\n");
        text.Append(policy.ReadOnly ? "  --write            let tools change files (or \"readOnly\": false)\n" : "  --read-only        take writing away again\n");
        text.Append("  --net HOST:PORT    let tools that ask for it connect to a host (or {\"net\": …} in \"allow\" of a file for --config)\n");
        text.Append("  --kv BUCKET        let tools that ask for it keep keys and values while the server runs\n");
        text.Append("  --tools DIR        tools of your own: DIR/.mcp/tools/*.json");
        return text.ToString();
    }
}
