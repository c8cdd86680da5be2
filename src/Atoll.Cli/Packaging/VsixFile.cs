using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Atoll.Cli.Packaging;

/// <summary>
/// A package of a VS Code extension: a ZIP with <c>extension.vsixmanifest</c>, <c>[Content_Types].xml</c> and the extension's files below
/// <c>extension/</c>. What goes in is a list, not everything that is not excluded.
/// </summary>
internal sealed class VsixFile
{
    /// <summary>Every file is given this time: equal sources make equal packages.</summary>
    private static readonly DateTimeOffset Time = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Bits of st_mode in the upper half of a ZIP entry's attributes: a regular file that may be run by all.</summary>
    private const int RunnableByAll = (0x8000 | 0x1ED) << 16;

    private const int ReadableByAll = (0x8000 | 0x1A4) << 16;

    private static readonly string[] Own =
        ["package.json", "README.md", "CHANGELOG.md", "dist/extension.js", "media/icon.png", "media/view.svg", "schemas/tool.schema.json", "schemas/config.schema.json"];

    private readonly SortedDictionary<string, string> _files;
    private readonly JsonElement _package;
    private readonly string _target;

    private VsixFile(SortedDictionary<string, string> files, JsonElement package, string target)
    {
        _files = files;
        _package = package;
        _target = target;
    }

    public string Version => Text("version");

    /// <summary>The names within the package, with '/'.</summary>
    public IReadOnlyCollection<string> Names => _files.Keys;

    /// <summary>Collects what goes in.</summary>
    /// <param name="extension">The extension's folder, bundled already.</param>
    /// <param name="root">The clone, whose licence goes along.</param>
    /// <param name="host">The published host; goes into <c>bin</c>.</param>
    /// <param name="target">The platform; <c>universal</c> for all.</param>
    /// <exception cref="CliException">Something is missing, or there is something that does not belong.</exception>
    public static VsixFile Collect(string extension, string root, string host, string target)
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal) { ["LICENSE.txt"] = Path.Combine(root, "LICENSE") };
        foreach (string name in Own)
        {
            files[name] = Path.Combine(extension, name);
        }

        // Other documents show more pictures than the one that the editor shows.
        string readme = File.Exists(files["README.md"]) ? File.ReadAllText(files["README.md"]) : "";
        foreach (string image in Directory.Exists(Path.Combine(extension, "media", "docs")) ? Directory.GetFiles(Path.Combine(extension, "media", "docs"), "*.png") : [])
        {
            string name = $"media/docs/{Path.GetFileName(image)}";
            if (readme.Contains($"({name})", StringComparison.Ordinal))
            {
                files[name] = image;
            }
        }

        foreach (string file in Directory.GetFiles(host, "*", SearchOption.AllDirectories))
        {
            files["bin/" + Path.GetRelativePath(host, file).Replace('\\', '/')] = file;
        }

        string program = target switch { "win32-x64" => "bin/atoll.exe", "linux-x64" => "bin/atoll", _ => "bin/atoll.dll" };
        if (files.Where(file => !File.Exists(file.Value)).Select(file => file.Key).Append(files.ContainsKey(program) ? null : program).FirstOrDefault(name => name is not null) is { } missing)
        {
            throw CliException.Failed($"`{missing}` of the package for {target} is missing. Build it, or correct the list of what goes in.");
        }

        if (files.Keys.FirstOrDefault(DoesNotBelong) is { } odd)
        {
            throw CliException.Failed($"`{odd}` does not belong into the package for {target}. See why it was published.");
        }

        using JsonDocument package = JsonDocument.Parse(File.ReadAllBytes(files["package.json"]));
        return new VsixFile(files, package.RootElement.Clone(), target);
    }

    /// <summary>Writes the package.</summary>
    /// <returns>Its size in bytes.</returns>
    public long Write(string path)
    {
        string aside = path + ".tmp";
        try
        {
            using (ZipArchive zip = ZipFile.Open(aside, ZipArchiveMode.Create))
            {
                Add(zip, "extension.vsixmanifest", Encoding.UTF8.GetBytes(Manifest()));
                Add(zip, "[Content_Types].xml", Encoding.UTF8.GetBytes(ContentTypes()));
                foreach ((string name, string file) in _files)
                {
                    Add(zip, "extension/" + name, File.ReadAllBytes(file), name == "bin/atoll" ? RunnableByAll : ReadableByAll);
                }
            }

            File.Move(aside, path, overwrite: true);
            return new FileInfo(path).Length;
        }
        finally
        {
            File.Delete(aside);
        }
    }

    private static bool DoesNotBelong(string name) =>
        Path.GetExtension(name) is ".pdb" or ".map" or ".ts" or ".xml" || name.Contains("node_modules", StringComparison.Ordinal);

    private static void Add(ZipArchive zip, string name, byte[] content, int attributes = ReadableByAll)
    {
        ZipArchiveEntry entry = zip.CreateEntry(name, CompressionLevel.SmallestSize);
        entry.LastWriteTime = Time;
        entry.ExternalAttributes = attributes;
        using Stream stream = entry.Open();
        stream.Write(content);
    }

    private string Manifest()
    {
        string platform = _target == "universal" ? "" : $" TargetPlatform=\"{_target}\"";
        return $"""
            <?xml version="1.0" encoding="utf-8"?>
            <PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
              <Metadata>
                <Identity Language="en-US" Id="{Text("name")}" Version="{Version}" Publisher="{Text("publisher")}"{platform} />
                <DisplayName>{Text("displayName")}</DisplayName>
                <Description xml:space="preserve">{Text("description")}</Description>
                <Tags>{Texts("keywords")}</Tags>
                <Categories>{Texts("categories")}</Categories>
                <GalleryFlags>Public</GalleryFlags>
                <Properties>
                  <Property Id="Microsoft.VisualStudio.Code.Engine" Value="{Escape(_package.GetProperty("engines").GetProperty("vscode").GetString()!)}" />
                  <Property Id="Microsoft.VisualStudio.Code.ExtensionDependencies" Value="" />
                  <Property Id="Microsoft.VisualStudio.Code.ExtensionPack" Value="" />
                  <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="{Texts("extensionKind")}" />
                  <Property Id="Microsoft.VisualStudio.Code.LocalizedLanguages" Value="" />
                  <Property Id="Microsoft.VisualStudio.Services.GitHubFlavoredMarkdown" Value="true" />
                </Properties>
                <License>extension/LICENSE.txt</License>
                <Icon>extension/{Text("icon")}</Icon>
              </Metadata>
              <Installation>
                <InstallationTarget Id="Microsoft.VisualStudio.Code" />
              </Installation>
              <Dependencies />
              <Assets>
                <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true" />
                <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true" />
                <Asset Type="Microsoft.VisualStudio.Services.Content.Changelog" Path="extension/CHANGELOG.md" Addressable="true" />
                <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true" />
                <Asset Type="Microsoft.VisualStudio.Services.Icons.Default" Path="extension/{Text("icon")}" Addressable="true" />
              </Assets>
            </PackageManifest>
            """;
    }

    // Open Packaging Conventions, "Content types": one for each extension that a name has, and one by name for those without.
    private string ContentTypes()
    {
        IEnumerable<string> extensions = _files.Keys.Select(Path.GetExtension).Append(".vsixmanifest").OfType<string>().Where(extension => extension.Length > 0).Distinct().Order(StringComparer.Ordinal);
        StringBuilder text = new("""<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">""");
        foreach (string extension in extensions)
        {
            text.Append($"""<Default Extension="{extension}" ContentType="{TypeOf(extension)}" />""");
        }

        foreach (string name in _files.Keys.Where(name => Path.GetExtension(name).Length == 0))
        {
            text.Append($"""<Override PartName="/extension/{Escape(name)}" ContentType="application/octet-stream" />""");
        }

        return text.Append("</Types>").ToString();
    }

    private static string TypeOf(string extension) => extension switch
    {
        ".json" => "application/json",
        ".js" => "application/javascript",
        ".md" => "text/markdown",
        ".txt" => "text/plain",
        ".png" => "image/png",
        ".svg" => "image/svg+xml",
        ".vsixmanifest" => "text/xml",
        ".wasm" => "application/wasm",
        _ => "application/octet-stream",
    };

    private static string Escape(string text) => System.Net.WebUtility.HtmlEncode(text);

    private string Text(string name) => Escape(_package.GetProperty(name).GetString()!);

    private string Texts(string name) => Escape(string.Join(',', _package.GetProperty(name).EnumerateArray().Select(item => item.GetString())));
}
