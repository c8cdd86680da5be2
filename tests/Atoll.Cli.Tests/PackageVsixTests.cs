using System.IO.Compression;
using System.Xml.Linq;
using Atoll.Cli.Packaging;

namespace Atoll.Cli.Tests;

/// <summary><c>atoll package vsix</c>: what goes into a package. That an editor installs it is shown by the extension's own tests.</summary>
public sealed class PackageVsixTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atoll-vsix-").FullName;

    public PackageVsixTests()
    {
        foreach (string name in new[] { "CHANGELOG.md", "dist/extension.js", "media/icon.png", "media/view.svg", "media/docs/a.png", "media/docs/elsewhere.png", "schemas/tool.schema.json", "schemas/config.schema.json" })
        {
            Write("ext/" + name, "x");
        }

        Write("ext/README.md", "![A picture](media/docs/a.png)");
        Write("ext/package.json", """
            {
              "name": "tools", "publisher": "someone", "version": "1.2.3", "displayName": "A & B", "description": "<d>", "icon": "media/icon.png",
              "engines": { "vscode": "^1.90.0" }, "categories": ["AI"], "keywords": ["mcp", "wasm"], "extensionKind": ["workspace"]
            }
            """);
        Write("ext/src/extension.ts", "source");
        Write("ext/node_modules/x/index.js", "x");
        Write("LICENSE", "licence");
        Write("host/atoll", "program");
        Write("host/tools/bin/fs.read.wasm", "module");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_package_holds_what_is_listed_and_nothing_else()
    {
        VsixFile vsix = Collect("linux-x64");
        string file = Path.Combine(_folder, "x.vsix");
        long bytes = vsix.Write(file);
        Assert.Equal(new FileInfo(file).Length, bytes);
        using ZipArchive zip = ZipFile.OpenRead(file);
        Assert.Equal(
            [
                "[Content_Types].xml", "extension.vsixmanifest", "extension/CHANGELOG.md", "extension/LICENSE.txt", "extension/README.md", "extension/bin/atoll", "extension/bin/tools/bin/fs.read.wasm",
                "extension/dist/extension.js", "extension/media/docs/a.png", "extension/media/icon.png", "extension/media/view.svg", "extension/package.json",
                "extension/schemas/config.schema.json", "extension/schemas/tool.schema.json",
            ],
            zip.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));

        // The program must be one that can be run, on a system that asks.
        Assert.Equal(0x1ED, (zip.GetEntry("extension/bin/atoll")!.ExternalAttributes >> 16) & 0x1FF);
        Assert.Equal(0x1A4, (zip.GetEntry("extension/package.json")!.ExternalAttributes >> 16) & 0x1FF);

        XElement manifest = Xml(zip, "extension.vsixmanifest");
        XNamespace xml = manifest.Name.Namespace;
        Assert.Equal("linux-x64", manifest.Descendants(xml + "Identity").Single().Attribute("TargetPlatform")!.Value);
        Assert.Equal("A & B", manifest.Descendants(xml + "DisplayName").Single().Value);
        Assert.All(manifest.Descendants(xml + "Asset"), asset => Assert.NotNull(zip.GetEntry(asset.Attribute("Path")!.Value)));
        XElement types = Xml(zip, "[Content_Types].xml");
        Assert.Contains(types.Elements(), type => type.Attribute("Extension")?.Value == ".wasm");
        Assert.Contains(types.Elements(), type => type.Attribute("PartName")?.Value == "/extension/bin/atoll");
    }

    [Fact]
    public void Equal_files_make_equal_packages()
    {
        string one = Path.Combine(_folder, "1.vsix"), two = Path.Combine(_folder, "2.vsix");
        Collect("linux-x64").Write(one);
        Collect("linux-x64").Write(two);
        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(two));
    }

    [Fact]
    public void The_universal_package_names_no_platform()
    {
        Write("host/atoll.dll", "library");
        string file = Path.Combine(_folder, "x.vsix");
        Collect("universal").Write(file);
        using ZipArchive zip = ZipFile.OpenRead(file);
        Assert.Null(Xml(zip, "extension.vsixmanifest").Descendants().First(element => element.Name.LocalName == "Identity").Attribute("TargetPlatform"));
    }

    [Theory]
    [InlineData("win32-x64", null, "bin/atoll.exe")]
    [InlineData("linux-x64", "ext/dist/extension.js", "dist/extension.js")]
    public void What_is_missing_is_named(string target, string? remove, string missing)
    {
        if (remove is not null)
        {
            File.Delete(Path.Combine(_folder, remove));
        }

        Assert.Contains(missing, Assert.Throws<CliException>(() => Collect(target)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("host/atoll.pdb")]
    [InlineData("host/Atoll.Mcp.xml")]
    public void What_does_not_belong_is_refused(string name)
    {
        Write(name, "x");
        Assert.Contains("does not belong", Assert.Throws<CliException>(() => Collect("linux-x64")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platform_that_is_none_is_refused_before_anything_is_built()
    {
        using CliRunner cli = new();
        CliResult result = await cli.RunAsync("package", "vsix", "--target", "amiga");
        Assert.Equal(ExitCodes.Usage, result.Code);
        Assert.Contains("linux-x64", result.Error, StringComparison.Ordinal);
    }

    private VsixFile Collect(string target) => VsixFile.Collect(Path.Combine(_folder, "ext"), _folder, Path.Combine(_folder, "host"), target);

    private void Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static XElement Xml(ZipArchive zip, string name)
    {
        using Stream stream = zip.GetEntry(name)!.Open();
        return XElement.Load(stream);
    }
}
