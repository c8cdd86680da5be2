using System.Text;
using Atoll.Host.Configuration;

namespace Atoll.Mcp.Tests;

/// <summary>What a schema cannot say about manifests and configuration.</summary>
public sealed class FileCheckTests : IDisposable
{
    private readonly string _workspace = Directory.CreateTempSubdirectory("atoll-check-").FullName;

    public FileCheckTests()
    {
        Directory.CreateDirectory(Path.Combine(_workspace, "bin"));

        // A module that imports nothing, and one that can open files.
        File.WriteAllBytes(Path.Combine(_workspace, "bin", "pure.wasm"), Wasm.Text.WatText.ToBinary("(module (func (export \"_start\")))"u8.ToArray()));
        File.WriteAllBytes(Path.Combine(_workspace, "bin", "files.wasm"), Wasm.Text.WatText.ToBinary(
            Encoding.UTF8.GetBytes("(module (import \"wasi_snapshot_preview1\" \"path_open\" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32))) (func (export \"_start\")))")));
        File.WriteAllText(Path.Combine(_workspace, "bin", "broken.wasm"), "no module");
    }

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    // entry | permissions | further members | line of the problem (0: none) | whether it is a warning | what it says
    [Theory]
    [InlineData("wasm://bin/files.wasm", "[\"read\"]", "", 0, false, "")]
    [InlineData("wasm://bin/gone.wasm", "[]", "", 3, false, "does not exist")]
    [InlineData("wasm://bin/broken.wasm", "[]", "", 3, false, "cannot be used")]
    [InlineData("wasm://bin/pure.wasm#f", "[]", "", 3, false, "no component")]
    [InlineData("wasm://../x.wasm", "[]", "", 3, false, "below the folder")]
    [InlineData("native://nothing", "[]", "", 3, false, "no native tool")]
    [InlineData("native://telemetry.push", "[]", "", 0, false, "")]
    [InlineData("wasm://bin/pure.wasm", "[\"read\"]", "", 4, true, "does not need the permission \"read\"")]
    [InlineData("wasm://bin/pure.wasm", "[\"fly\"]", "", 4, false, "is not known")]
    [InlineData("wasm://bin/pure.wasm", "[]", "\"sha256\": \"0000000000000000000000000000000000000000000000000000000000000000\",", 5, false, "has the SHA-256")]
    [InlineData("wasm://bin/pure.wasm", "[]", "\"colour\": 1,", 5, false, "unknown property")]
    public void A_manifest_is_checked_against_its_program(string entry, string permissions, string more, int line, bool warning, string text)
    {
        var manifest = $$"""
            {
              "name": "a.b", "version": "1.0.0", "description": "d",
              "entry": "{{entry}}",
              "permissions": {{permissions}},
              {{more}} "inputSchema": { "type": "object" }
            }
            """;
        var problems = Check(".mcp/tools/a.json", manifest);
        if (line == 0)
        {
            Assert.Empty(problems);
            return;
        }

        var problem = Assert.Single(problems);
        Assert.Equal((line, warning), (problem.Line, problem.IsWarning));
        Assert.Contains(text, problem.Message, StringComparison.Ordinal);
        Assert.True(problem.EndColumn > problem.Column);
    }

    [Theory]
    [InlineData("""{ "readOnly": true }""", "")]
    [InlineData("""{ "readonly": true }""", "unknown property")]
    [InlineData("""{ "allow": ["gone"] }""", "does not exist")]
    [InlineData("""{ "allow": ["/"] }""", "outside")]
    [InlineData("""{ """, "not valid JSON")]
    public void A_configuration_is_checked(string text, string message)
    {
        var problems = Check(".mcp/config.json", text);
        Assert.Equal(message.Length > 0, problems.Count > 0);
        Assert.All(problems, p => Assert.Contains(message, p.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_program_that_changed_is_read_again()
    {
        const string manifest = """{ "name": "a", "version": "1.0.0", "description": "d", "entry": "wasm://bin/late.wasm", "inputSchema": { "type": "object" } }""";
        Assert.Single(Check(".mcp/tools/a.json", manifest));
        var late = Path.Combine(_workspace, "bin", "late.wasm");
        File.WriteAllText(late, "no module");
        Assert.Contains("cannot be used", Assert.Single(Check(".mcp/tools/a.json", manifest)).Message, StringComparison.Ordinal);
        File.Copy(Path.Combine(_workspace, "bin", "pure.wasm"), late, overwrite: true);
        Assert.Empty(Check(".mcp/tools/a.json", manifest));
    }

    [Fact]
    public void A_path_that_is_none_is_refused()
        => Assert.Throws<ConfigurationException>(() => FileCheck.Check("x.json", "{}"u8.ToArray(), _workspace));

    private IReadOnlyList<Problem> Check(string file, string text) => FileCheck.Check(Path.Combine(_workspace, file), Encoding.UTF8.GetBytes(text), _workspace);
}
