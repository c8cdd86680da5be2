using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Atoll.Host.Configuration;

namespace Atoll.Host.Security;

/// <summary>
/// The user's own file with what was granted for always, by workspace. It lies outside of every workspace, and a file that tools could
/// write, or that others can change, is not used. Not thread-safe; several servers may use one file, and the last to write wins.
/// </summary>
internal sealed class GrantFile
{
    private const int MaxBytes = 1 << 20;
    private readonly string _path;
    private readonly string _workspace;
    private readonly List<Problem> _problems = [];

    private GrantFile(string path, string workspace)
    {
        _path = path;
        _workspace = workspace;
    }

    /// <summary>What was wrong with the file; the grants concerned do not hold.</summary>
    public IReadOnlyList<Problem> Problems => _problems;

    /// <summary>The file for a workspace.</summary>
    /// <param name="path">Where it lies or will lie.</param>
    /// <param name="configuration">The workspace, and the folders that tools may write into.</param>
    /// <exception cref="ConfigurationException">Tools could change the file.</exception>
    public static GrantFile Open(string path, HostConfiguration configuration)
    {
        var real = RealPath.Of(Path.GetFullPath(path));
        var within = configuration.Policy.Folders.Where(f => f.Access == FolderAccess.Write && !configuration.Policy.ReadOnly).Select(f => f.Path)
            .Append(configuration.Workspace).FirstOrDefault(folder => HostPath.IsWithin(real, RealPath.Of(folder), HostPath.Current));
        return within is null
            ? new GrantFile(real, configuration.Workspace)
            : throw new ConfigurationException($"The file with grants, {path}, lies in {within}, where tools could change it. Put it elsewhere.");
    }

    /// <summary>Whether a grant would let a tool write this file, and so grant itself what it likes.</summary>
    public bool Opens(FolderGrant folder) => folder.Access == FolderAccess.Write && HostPath.IsWithin(_path, RealPath.Of(folder.Path), HostPath.Current);

    /// <summary>The grants of this workspace; empty when there is no file, or it cannot be used.</summary>
    public ImmutableArray<OperatorGrant> Read()
    {
        try
        {
            return [.. ReadAll().Where(entry => entry.Workspace == _workspace && !(entry.Grant.Target.Folder is { } folder && Opens(folder))).Select(entry => entry.Grant)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _problems.Add(new Problem(_path, 0, 0, $"the grants cannot be read: {e.Message} None of them holds."));
            return [];
        }
    }

    /// <summary>Writes the grants of this workspace and leaves those of others: aside first, then renamed over the old file.</summary>
    /// <exception cref="ConfigurationException">It cannot be written.</exception>
    public void Write(IReadOnlyList<OperatorGrant> grants)
    {
        var aside = $"{_path}.{Environment.ProcessId}.tmp";
        try
        {
            var folder = Path.GetDirectoryName(_path)!;
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            var others = ReadAll().Where(entry => entry.Workspace != _workspace);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var file = new FileStream(aside, options))
            {
                WriteTo(file, [.. others, .. grants.Select(grant => (_workspace, grant))]);
            }

            File.Move(aside, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(aside);
            throw new ConfigurationException($"The grant cannot be kept in {_path}: {e.Message} Grant it for the session.", e);
        }
    }

    private List<(string Workspace, OperatorGrant Grant)> ReadAll()
    {
        _problems.Clear();
        var info = new FileInfo(_path);
        if (!info.Exists)
        {
            return [];
        }

        if (!OperatingSystem.IsWindows() && (info.UnixFileMode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
        {
            throw new UnauthorizedAccessException($"others can change it; run `chmod 600 {_path}`.");
        }

        if (info.Length > MaxBytes)
        {
            throw new IOException($"it has more than {MaxBytes} bytes.");
        }

        var root = SourceJson.Parse(_path, File.ReadAllBytes(_path), new SourceJsonLimits(), out var problem);
        if (root is not { Kind: SourceJsonKind.Object })
        {
            throw new IOException(problem?.ToString() ?? "it holds no JSON object.");
        }

        var entries = new List<(string, OperatorGrant)>();
        foreach (var item in new SourceReader(_path, root, _problems).Array("grants", 4096) ?? [])
        {
            if (item.Kind == SourceJsonKind.Object && ReadOne(new SourceReader(_path, item, _problems)) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    private static (string Workspace, OperatorGrant Grant)? ReadOne(SourceReader reader)
    {
        if (reader.String("id", required: true, maxLength: 64) is not { } id || reader.String("workspace", required: true) is not { } workspace
            || reader.String("tool", required: true, maxLength: 64) is not { } tool || reader.String("capability", required: true) is not { } capability)
        {
            return null;
        }

        if (GrantTarget.TryParse(capability) is not { } target)
        {
            reader.Report(reader.Node.Members["capability"], "\"capability\" must have the form fs:read:/folder/**, fs:write:/folder/** or net:connect:HOST:PORT.");
            return null;
        }

        return (workspace, new OperatorGrant(id, tool, target, GrantScope.Always) { Program = reader.String("program", maxLength: 64) });
    }

    private static void WriteTo(Stream stream, IEnumerable<(string Workspace, OperatorGrant Grant)> entries)
    {
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartObject();
        writer.WriteStartArray("grants"u8);
        foreach (var (workspace, grant) in entries)
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, grant.Id);
            writer.WriteString("workspace"u8, workspace);
            writer.WriteString("tool"u8, grant.Tool);
            writer.WriteString("capability"u8, grant.Target.Capability);
            if (grant.Program is { } program)
            {
                writer.WriteString("program"u8, program);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
