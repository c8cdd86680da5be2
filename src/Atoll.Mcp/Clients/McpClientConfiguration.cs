using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Atoll.Host.Configuration;

namespace Atoll.Mcp;

/// <summary>An MCP client whose configuration can be written.</summary>
public enum McpClientKind
{
    /// <summary>VS Code: <c>.vscode/mcp.json</c> of the workspace.</summary>
    VSCode,

    /// <summary>Claude Code: <c>.mcp.json</c> of the workspace.</summary>
    Claude,

    /// <summary>Cursor: <c>.cursor/mcp.json</c> of the workspace.</summary>
    Cursor,
}

/// <summary>
/// A change to a client's configuration file: planned first, so that it can be shown, then written. The text around the change stays as
/// it is, comments included. Immutable.
/// </summary>
public sealed record McpClientConfiguration
{
    private const int MaxFileBytes = 4 << 20;

    private McpClientConfiguration(string file, string before, string after)
    {
        File = file;
        Before = before;
        After = after;
    }

    /// <summary>The file that is changed or made.</summary>
    public string File { get; }

    /// <summary>The file's text now; empty when it does not exist.</summary>
    public string Before { get; }

    /// <summary>The file's text after the change.</summary>
    public string After { get; }

    /// <summary>Whether the file says already what it should.</summary>
    public bool IsUpToDate => Before == After;

    /// <summary>The change, line by line: <c>+</c> added, <c>-</c> removed, with the lines around it.</summary>
    public string Diff => LineDiff.Between(Before, After);

    /// <summary>Plans the change; writes nothing.</summary>
    /// <param name="client">The client.</param>
    /// <param name="workspace">The workspace that holds the client's file.</param>
    /// <param name="serverName">The server's name in the file; an entry with this name is replaced.</param>
    /// <param name="command">The program that starts the server.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="ConfigurationException">The file exists and is not a JSON object that can be changed safely.</exception>
    public static McpClientConfiguration Plan(McpClientKind client, string workspace, string serverName, string command, IReadOnlyList<string> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(serverName);
        ArgumentException.ThrowIfNullOrEmpty(command);
        ArgumentNullException.ThrowIfNull(arguments);
        var (parts, root) = client switch
        {
            McpClientKind.VSCode => (new[] { ".vscode", "mcp.json" }, "servers"),
            McpClientKind.Cursor => ([".cursor", "mcp.json"], "mcpServers"),
            McpClientKind.Claude => ([".mcp.json"], "mcpServers"),
            _ => throw new ArgumentOutOfRangeException(nameof(client)),
        };
        var file = Path.Combine([Path.GetFullPath(workspace), .. parts]);
        var before = Read(file);
        var entry = Entry(command, arguments, withType: client != McpClientKind.Cursor);
        try
        {
            return new McpClientConfiguration(file, before, JsonTextEditor.SetMember(before, root, serverName, entry));
        }
        catch (JsonException e)
        {
            throw new ConfigurationException(
                $"{file} is not a JSON object that can be changed safely ({Printable.Shorten(e.Message)}). Correct it, or add this by hand under \"{root}\": \"{serverName}\": {entry}", e);
        }
    }

    /// <summary>Writes the file: aside first, then renamed over the old one.</summary>
    /// <exception cref="IOException">The file cannot be written, or was changed since the plan was made.</exception>
    public void Write()
    {
        if (Read(File) != Before)
        {
            throw new IOException($"{File} was changed since the change was planned. Run the command again.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(File)!);

        // A link (a dotfiles folder, say) stays a link: what it leads to is replaced.
        var target = Atoll.Host.Security.RealPath.Of(File);
        var aside = target + "." + Guid.NewGuid().ToString("N")[..8] + ".tmp";
        try
        {
            System.IO.File.WriteAllText(aside, After, new UTF8Encoding(false));
            System.IO.File.Move(aside, target, overwrite: true);
        }
        catch
        {
            System.IO.File.Delete(aside);
            throw;
        }
    }

    private static string Read(string file)
    {
        var info = new FileInfo(file);
        if (!info.Exists)
        {
            return "";
        }

        return info.Length <= MaxFileBytes
            ? System.IO.File.ReadAllText(file)
            : throw new ConfigurationException($"{file} has {info.Length} bytes; at most {MaxFileBytes} are read. Add the server by hand.");
    }

    private static string Entry(string command, IReadOnlyList<string> arguments, bool withType)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            if (withType)
            {
                writer.WriteString("type"u8, "stdio"u8);
            }

            writer.WriteString("command"u8, command);
            writer.WriteStartArray("args"u8);
            foreach (var argument in arguments)
            {
                writer.WriteStringValue(argument);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
