using System.Text;
using Atoll.Components;
using Atoll.Sdk.Manifests;
using Atoll.Sdk.Toml;
using Atoll.Wit;

namespace Atoll.Sdk.Tests.Manifests;

/// <summary><c>Component.toml</c>: what it may say, where mistakes are, and how it is held to world and binary.</summary>
public sealed class ManifestTests
{
    private const string Least = "name = \"greeter\"\nversion = \"0.1.0\"\n[build]\nlanguage = \"c\"\n";

    private const string Wit = """
        package test:pkg@1.0.0;
        interface shapes {
          /// Says how large it is.
          area: func(w: u32) -> u32;
          name: func() -> string;
        }
        world w {
          export greet: func(name: string) -> string;
          export shapes;
        }
        """;

    [Fact]
    public void A_whole_manifest_is_read()
    {
        ComponentManifest manifest = Read(ManifestReference.Whole);
        Assert.Equal(("weather", "1.2.0", "weather", "c", true), (manifest.Name.Value, manifest.Version, manifest.World?.Value, manifest.Build.Language.Value, manifest.Build.ForSize));
        Assert.Equal(["src/weather.c"], manifest.Build.Sources.Select(source => source.Value));
        Assert.Equal([("forecast", "forecast", false, true), ("watch", "watch-place", true, false)], manifest.Tools.Select(tool => (tool.Name.Value, tool.Function.Value, tool.PerSession, tool.IsIdempotent)));
        Assert.Equal(["net:connect:api.example.org:443", "config:read:**"], manifest.Capabilities.Select(wanted => wanted.Capability.ToString()));
        Assert.Equal(new WantedLimits(64 << 20, TimeSpan.FromSeconds(5), null), manifest.Limits);
        Assert.Equal([("unit", "celsius", false), ("api-key", null, true)], manifest.Configuration.Select(setting => (setting.Key.Value, setting.Default, setting.IsSecret)));
    }

    [Fact]
    public void Every_key_has_an_example_that_it_accepts()
    {
        Assert.All(ManifestSchema.Keys.Where(key => key.Type is not ManifestType.Table), key =>
        {
            TomlTable table = TomlDocument.Read("example", Encoding.UTF8.GetBytes($"v = {key.Example}")).Root;
            Assert.Null(key.Judge(table.Entries[0].Value));
        });
    }

    [Theory]
    [InlineData("version = \"1.0.0\"\n[build]\nlanguage = \"c\"", 1, 1, "`name` is missing")]
    [InlineData("name = \"a\"\nversion = \"1\"\n[build]\nlanguage = \"c\"", 2, 11, "`1` is no version")]
    [InlineData("name = \"a\"\nversion = \"01.0.0\"\n[build]\nlanguage = \"c\"", 2, 11, "is no version")]
    [InlineData("name = \"Not Good\"\nversion = \"1.0.0\"\n[build]\nlanguage = \"c\"", 1, 8, "is no name of a component")]
    [InlineData("name = 1\nversion = \"1.0.0\"\n[build]\nlanguage = \"c\"", 1, 8, "`name` is a string, not an integer")]
    [InlineData("name = \"a\"\nversion = \"1.0.0\"\nbuild = 1", 3, 9, "`build` is a table, not an integer")]
    [InlineData("name = \"a\"\nversion = \"1.0.0\"", 1, 1, "`build` is missing")]
    [InlineData("name = \"a\"\nversion = \"1.0.0\"\n[build]", 3, 1, "`build.language` is missing")]
    [InlineData("name = \"a\"\nversion = \"1.0.0\"\n[build]\nlanguage = \"cobol\"", 4, 12, "`cobol` is none of")]
    [InlineData(Least + "sources = [\"../x.c\"]", 5, 11, "is no path within the project")]
    [InlineData(Least + "sources = [\"-x.c\"]", 5, 11, "is no path within the project")]
    [InlineData(Least + "[capability]", 5, 2, "there is no key `capability` here")]
    [InlineData(Least + "[capabilities]\n\"fs:read\" = \"x\"", 6, 1, "is no capability")]
    [InlineData(Least + "[capabilities]\n\"fs:read:/d\" = \" \"", 6, 16, "the reason is empty")]
    [InlineData(Least + "[tools.\"a b\"]", 5, 8, "is no name of a tool")]
    [InlineData(Least + "[tools.a]\nidempotent = \"yes\"", 6, 14, "is a boolean, not a string")]
    [InlineData(Least + "[limits]\nmemory = \"64\"", 6, 10, "`64` is no size")]
    [InlineData(Least + "[limits]\nfuel = -1", 6, 8, "more than 0")]
    [InlineData(Least + "[configuration.a]\ntype = \"integer\"\ndefault = \"x\"", 7, 11, "of type integer")]
    [InlineData(Least + "[configuration.a]\nrequired = true\ndefault = \"x\"", 7, 1, "has no default")]
    public void Mistakes_have_a_place(string text, int line, int column, string message)
    {
        Diagnostic error = Assert.Throws<DiagnosticException>(() => Read(text)).Diagnostics[0];
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (error.Line, error.Column));
    }

    [Fact]
    public void All_mistakes_are_told_at_once_with_what_was_likely_meant()
    {
        DiagnosticException exception = Assert.Throws<DiagnosticException>(() => Read(Least + "[limits]\nmemroy = \"1MB\"\ntime = 5\n"));
        Assert.Equal([(6, "Did you mean `memory`?"), (7, "For example time = \"5s\".")], exception.Diagnostics.Select(error => (error.Line, error.Help!)));
        Assert.Equal("Did you mean `licence`?", Assert.Throws<DiagnosticException>(() => Read("license = \"MIT\"\n" + Least)).Diagnostics[0].Help);
    }

    [Theory]
    [InlineData("[tools.greet]\ndescription = \"d\"", null)]
    [InlineData("[tools.t]\nfunction = \"test:pkg/shapes#area\"", null)]
    [InlineData("[tools.t]\nfunction = \"test:pkg/shapes@1.0.0#area\"", null)]
    [InlineData("[tools.t]\nfunction = \"shapes#area\"", null)]
    [InlineData("[tools.t]\nfunction = \"area\"", null)]
    [InlineData("[tools.greet]", "warning: the tool `greet` has no description")]
    [InlineData("[tools.great]", "error: the world w exports no function `great`")]
    public void Tools_are_functions_of_the_world(string tools, string? expected)
    {
        ComponentManifest manifest = Read(Least + tools);
        IEnumerable<Diagnostic> found = ManifestCheck.AgainstWorld(manifest, WitModel.Parse(Wit).SelectWorld());
        if (expected is null)
        {
            Assert.Empty(found);
        }
        else
        {
            Assert.Contains(expected, Assert.Single(found).ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Capabilities_are_what_the_binary_can_use()
    {
        NeededCapability[] needed =
        [
            new(Capability.Parse("fs:read:**"), ["wasi:filesystem/types@0.2.0"]), new(Capability.Parse("fs:write:**"), ["wasi:filesystem/types@0.2.0"]),
            new(Capability.Parse("clock:read:**"), ["wasi:clocks/wall-clock@0.2.0"]),
        ];
        ComponentManifest good = Read(Least + "[capabilities]\n\"fs:read:/data/**\" = \"r\"\n\"clock:read:**\" = \"r\"");
        Assert.Empty(ManifestCheck.AgainstBinary(good, needed));
        Diagnostic[] found = [.. ManifestCheck.AgainstBinary(Read(Least + "[capabilities]\n\"net:connect:a.org:80\" = \"r\"\n\"fs:read:/data/**\" = \"r\""), needed)];
        Assert.Equal([(DiagnosticSeverity.Warning, 6), (DiagnosticSeverity.Error, 1)], found.Select(error => (error.Severity, error.Line)));
        Assert.Contains("net:connect:a.org:80", found[0].Message, StringComparison.Ordinal);
        Assert.Contains("wasi:clocks/wall-clock@0.2.0", found[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_added_and_the_rest_stays()
    {
        WitWorld world = WitModel.Parse(Wit).SelectWorld();
        NeededCapability[] needed = [new(Capability.Parse("clock:read:**"), ["wasi:clocks/wall-clock@0.2.0"])];
        string before = Least + "# mine\n[capabilities] # here\n\n[tools.greet]\ndescription = \"d\"";
        string after = ManifestCompletion.Complete(Read(before), world, needed);
        Assert.StartsWith(Least + "# mine\n[capabilities] # here\n\"clock:read:**\" = \"imports wasi:clocks/wall-clock@0.2.0\"\n\n[tools.greet]\ndescription = \"d\"\n", after, StringComparison.Ordinal);
        ComponentManifest manifest = Read(after);
        Assert.Equal(["greet", "shapes.area", "shapes.name"], manifest.Tools.Select(tool => tool.Name.Value));
        Assert.Equal("Says how large it is.", manifest.Tools[1].Description);
        Assert.Empty(ManifestCheck.AgainstWorld(manifest, world).Concat(ManifestCheck.AgainstBinary(manifest, needed)));
        Assert.Equal(after, ManifestCompletion.Complete(manifest, world, needed));
        Assert.Contains("[capabilities]\n\"clock:read:**\"", ManifestCompletion.Complete(Read(Least), world, needed), StringComparison.Ordinal);
    }

    [Fact]
    public void The_reference_is_the_schema() => ReferencePage.Check("component-toml.md", ManifestReference.Write());

    private static ComponentManifest Read(string text) => ComponentManifest.Read("Component.toml", Encoding.UTF8.GetBytes(text));
}
