using System.Text;

namespace Atoll.Sdk.Manifests;

/// <summary>The documentation of <c>Component.toml</c>, made of <see cref="ManifestSchema"/>.</summary>
internal static class ManifestReference
{
    private const string Introduction = """
        # Component.toml

        The manifest of a component project, beside its `wit/` folder: TOML 1.0, at most 1 MiB. `atoll init` writes one, `atoll build` checks it against the
        world and the binary, `atoll build --write-manifest` adds what they have and it does not name. What it asks for is granted by nobody but the
        operator of the host. A key that is not here is an error.

        This page is made from the table that the reader follows.

        Sizes are numbers with `KB`, `MB` or `GB` (powers of two), times with `ms`, `s`, `min` or `h`; both are strings. A name written as `*` is the author's choice.


        """;

    public static string Write()
    {
        StringBuilder page = new(Introduction);
        page.Append("| key | type | default | meaning |\n|---|---|---|---|\n");
        foreach (ManifestKey key in ManifestSchema.Keys)
        {
            string type = key.Choices.Count == 0 ? key.TypeName : string.Join(", ", key.Choices.Select(choice => $"`\"{choice}\"`"));
            string without = key.IsRequired ? "**required**" : key.Default ?? (key.Path.EndsWith('*') || key.Type == ManifestType.Table ? "" : "none");
            page.Append("| `").Append(key.Path).Append("` | ").Append(type).Append(" | ").Append(without).Append(" | ").Append(key.Description);
            if (key.Example.Length > 0)
            {
                page.Append(" Example: `").Append(key.Example).Append('`');
            }

            page.Append(" |\n");
        }

        return page.Append("\n## A whole one\n\n```toml\n").Append(Whole).Append("```\n").ToString();
    }

    /// <summary>A manifest with everything in it; a test reads it.</summary>
    public const string Whole = """
        name = "weather"
        version = "1.2.0"
        description = "Tells the weather of a place."
        authors = ["Ada Lovelace <ada@example.org>"]
        licence = "Apache-2.0"
        world = "weather"

        [build]
        language = "c"
        sources = ["src/weather.c"]
        optimize = "size"

        [tools.forecast]
        description = "The forecast for a place, for at most seven days."
        idempotent = true

        [tools.watch]
        function = "watch-place"
        description = "Remembers a place for this session."
        lifetime = "session"

        [capabilities]
        "net:connect:api.example.org:443" = "asks the weather service"
        "config:read:**" = "reads its settings"

        [limits]
        memory = "64MB"
        time = "5s"

        [configuration.unit]
        description = "Celsius or Fahrenheit."
        default = "celsius"

        [configuration.api-key]
        description = "The key for the weather service."
        required = true
        secret = true

        """;
}
