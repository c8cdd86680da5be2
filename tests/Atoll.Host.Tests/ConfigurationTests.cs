using System.Text;
using Atoll.Host.Configuration;
using Atoll.Host.Context;
using Atoll.Host.Security;

namespace Atoll.Host.Tests;

public sealed class ConfigurationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("atoll-config-").FullName;
    private readonly string _workspace;
    private readonly string _outside;

    public ConfigurationTests()
    {
        _workspace = Directory.CreateDirectory(Path.Combine(_root, "ws")).FullName;
        _outside = Directory.CreateDirectory(Path.Combine(_root, "outside")).FullName;
        Directory.CreateDirectory(Path.Combine(_workspace, "sub"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Without_anything_the_workspace_is_served_read_only()
    {
        var configuration = Read();
        Assert.Equal([_workspace], configuration.Policy.Folders.Select(f => f.Path));
        Assert.True(configuration.Policy.ReadOnly);
        Assert.True(configuration.Frame.ReadOnly);
        Assert.Null(configuration.File);
    }

    [Fact]
    public void The_file_is_read_and_the_variable_expanded()
    {
        Write("""
            {
              "readOnly": false,
              "allow": ["${workspaceFolder}/sub", { "path": "${workspaceFolder}", "access": "write" }],
              "tools": { "fs.move": { "enabled": false }, "fs.write": { "permissions": ["fs:write:${workspaceFolder}/sub/**"] } },
              "budgets": { "cpu_ms": 1234, "memory_bytes": 65536 },
              "concurrency": { "max_threads": 3, "max_queue": 0 },
              "context": { "tenant": "t1", "risk_level": "medium", "flags": { "dry_run": true } }
            }
            """);
        var configuration = Read();
        Assert.Equal([new(Path.Combine(_workspace, "sub"), FolderAccess.Read), new(_workspace, FolderAccess.Write)], configuration.Policy.Folders);
        Assert.False(configuration.Policy.ReadOnly);
        Assert.False(configuration.Policy.Tools["fs.move"].Enabled);
        Assert.Equal(1234, configuration.Frame.CpuMilliseconds);
        Assert.Equal((3, 0), (configuration.Budgets.MaxThreads, configuration.Budgets.MaxQueue));
        Assert.Equal(("t1", RiskLevel.Medium, true), (configuration.Frame.Tenant, configuration.Frame.RiskLevel, configuration.Frame.DryRun));
        Assert.True(configuration.FixedTenant);
    }

    [Fact]
    public void Hosts_are_granted_by_a_named_file_and_the_command_line()
    {
        Write("""{ "allow": [{ "net": "api.example.org:443" }, { "net": "10.0.0.0/8:*" }], "netPrivate": true, "context": { "flags": { "offline": true } } }""");
        var configuration = Read(s => s with { ConfigFile = Path.Combine(_workspace, ".mcp", "config.json"), Hosts = ["localhost:80", "API.example.org:443"] });
        Assert.Equal(["api.example.org:443", "10.0.0.0/8:*", "localhost:80"], configuration.Policy.Hosts);
        Assert.True(configuration.Policy.HostsMayBePrivate);
        Assert.True(configuration.Frame.Offline);

        // Hosts alone take no folder away.
        Assert.Equal([_workspace], configuration.Policy.Folders.Select(f => f.Path));
    }

    [Theory]
    [InlineData("""{ "allow": [{ "net": "example.org:443" }] }""", "cannot grant the network. Grant it with --net example.org:443")]
    [InlineData("""{ "netPrivate": true }""", "cannot grant the network. Grant it with --net-private")]
    [InlineData("""{ "allow": [{ "net": "example.org" }] }""", "does not end with a port")]
    [InlineData("""{ "allow": [{ "net": "example.org:1", "access": "write" }] }""", "unknown property \"access\"")]
    public void A_found_file_cannot_grant_the_network(string json, string reason)
    {
        Write(json);
        Assert.Contains(reason, Assert.Throws<ConfigurationException>(() => Read()).Message);
    }

    [Fact]
    public void A_wrong_host_of_the_command_line_stops_the_server()
        => Assert.StartsWith("--net: 'example.org' does not end with a port", Assert.Throws<ConfigurationException>(() => Read(s => s with { Hosts = ["example.org"] })).Message);

    [Fact]
    public void A_found_file_cannot_grant_folders_outside_of_the_workspace()
    {
        Write($$"""{ "allow": ["{{_outside}}"] }""");
        var e = Assert.Throws<ConfigurationException>(() => Read());
        Assert.Contains("config.json(1,13)", e.Message);
        Assert.Contains("--allow", e.Message);
    }

    [Fact]
    public void A_found_file_cannot_grant_a_link_that_leads_out()
    {
        Directory.CreateSymbolicLink(Path.Combine(_workspace, "link"), _outside);
        Write("""{ "allow": ["${workspaceFolder}/link"] }""");
        Assert.Throws<ConfigurationException>(() => Read());
    }

    [Fact]
    public void A_named_file_can_grant_folders_outside()
    {
        var file = Path.Combine(_root, "trusted.json");
        File.WriteAllText(file, $$"""{ "readOnly": false, "allow": [{ "path": "{{_outside}}", "access": "write" }] }""");
        Assert.Equal([new FolderGrant(_outside, FolderAccess.Write)], Read(s => s with { ConfigFile = file }).Policy.Folders);
    }

    [Fact]
    public void A_found_file_does_not_open_the_operators_folders_for_writing()
    {
        Write("""{ "readOnly": false, "allow": ["${workspaceFolder}"] }""");
        var folders = Read(s => s with { AllowedFolders = [_outside], FsAllowList = _outside }).Policy.Folders;
        Assert.Contains(new FolderGrant(_outside, FolderAccess.Read), folders);
        Assert.Contains(new FolderGrant(_outside, FolderAccess.Write), Read(s => s with { AllowedFolders = [_outside], ReadOnly = false }).Policy.Folders);
    }

    [Fact]
    public void Folders_of_the_command_line_come_besides_the_workspace()
        => Assert.Equal([_workspace, _outside], Read(s => s with { AllowedFolders = [_outside] }).Policy.Folders.Select(f => f.Path));

    [Fact]
    public void FS_ALLOWLIST_is_the_list_when_it_is_set()
    {
        var configuration = Read(s => s with { FsAllowList = $"{_outside}, {_root}/missing" });
        Assert.Equal([_outside], configuration.Policy.Folders.Select(f => f.Path));
        Assert.Contains("missing", Assert.Single(configuration.Problems).Message);
    }

    [Fact]
    public void An_allow_list_without_a_usable_folder_grants_nothing()
        => Assert.Empty(Read(s => s with { FsAllowList = _root + "/missing" }).Policy.Folders);

    [Theory]
    [InlineData("/a:/b,/c;/d\n/e", PathStyle.Unix, new[] { "/a", "/b", "/c", "/d", "/e" })]
    [InlineData(@"C:\a;D:\b,E:/c", PathStyle.Windows, new[] { @"C:\a", @"D:\b", "E:/c" })]
    [InlineData(" , ,", PathStyle.Unix, new string[0])]
    [InlineData(null, PathStyle.Unix, new string[0])]
    internal void The_allow_list_is_split(string? text, PathStyle style, string[] folders) => Assert.Equal(folders, ConfigurationReader.SplitAllowList(text, style));

    [Theory]
    [InlineData("{ \"readonly\": false }", "(1,15)", "unknown property \"readonly\"")]
    [InlineData("{ \"readOnly\": \"no\" }", "(1,15)", "true or false")]
    [InlineData("{\n  \"readOnly\": true,\n  \"readOnly\": false\n}", "(3,3)", "twice")]
    [InlineData("{ \"allow\": [ 7 ] }", "(1,14)", "folder")]
    [InlineData("{ \"allow\": [ \"/does/not/exist\" ] }", "(1,14)", "outside")]
    [InlineData("{ \"budgets\": { \"cpu_ms\": 0 } }", "(1,26)", "from 1 to")]
    [InlineData("{ \"budgets\": { \"cpu_ms\": 1.5 } }", "(1,26)", "whole number")]
    [InlineData("{ // comment\n}", "(1,3)", "not valid JSON")]
    [InlineData("{} {}", "(1,4)", "not valid JSON")]
    [InlineData("[]", "(1,1)", "JSON object")]
    [InlineData("", "(1,1)", "not valid JSON")]
    [InlineData("{ \"context\": { \"risk_level\": \"none\" } }", "(1,30)", "low")]
    [InlineData("{ \"tools\": { \"fs.read\": { \"permissions\": [\"root\"] } } }", "(1,42)", "root")]
    [InlineData("{ \"workspace\": \"..\" }", "(1,16)", "out of it")]
    public void A_wrong_file_stops_the_server_with_the_place(string json, string place, string reason)
    {
        Write(json);
        var e = Assert.Throws<ConfigurationException>(() => Read());
        Assert.Contains(place, e.Message);
        Assert.Contains(reason, e.Message);
    }

    [Fact]
    public void Depth_size_and_number_of_values_are_limited()
    {
        var limits = new SourceJsonLimits(MaxBytes: 1000, MaxDepth: 8, MaxNodes: 20);
        foreach (var text in new[] { new string(' ', 1001), new string('[', 20) + new string(']', 20), "[" + string.Join(',', Enumerable.Repeat("1", 30)) + "]" })
        {
            Assert.Null(SourceJson.Parse("f", Encoding.UTF8.GetBytes(text), limits, out var problem));
            Assert.NotNull(problem);
        }
    }

    [Fact]
    public void Broken_unicode_is_a_problem_not_a_crash()
    {
        byte[] broken = [(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}'];
        Assert.Null(SourceJson.Parse("f", broken, new SourceJsonLimits(), out var first));
        Assert.NotNull(first);
        Assert.Null(SourceJson.Parse("f", "[\"\\ud800\"]"u8.ToArray(), new SourceJsonLimits(), out var second));
        Assert.Contains("Unicode", second!.Message);
    }

    [Fact]
    public void Missing_folders_and_files_of_the_command_line_stop_the_server()
    {
        Assert.Throws<ConfigurationException>(() => Read(s => s with { Workspace = _root + "/missing" }));
        Assert.Throws<ConfigurationException>(() => Read(s => s with { AllowedFolders = [_root + "/missing"] }));
        Assert.Throws<ConfigurationException>(() => Read(s => s with { ConfigFile = _root + "/missing.json" }));
    }

    private HostConfiguration Read(Func<ConfigurationSource, ConfigurationSource>? change = null)
    {
        var source = new ConfigurationSource { Workspace = _workspace };
        return ConfigurationReader.Read(change is null ? source : change(source));
    }

    private void Write(string json)
    {
        Directory.CreateDirectory(Path.Combine(_workspace, ".mcp"));
        File.WriteAllText(Path.Combine(_workspace, ".mcp", "config.json"), json);
    }
}
