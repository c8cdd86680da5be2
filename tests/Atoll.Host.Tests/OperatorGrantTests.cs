using System.Collections.Immutable;
using Atoll.Components;
using Atoll.Host.Configuration;
using Atoll.Host.Context;
using Atoll.Host.Security;
using Atoll.Wasi.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoll.Host.Tests;

/// <summary>What the operator grants while the server runs: which calls it opens, what it never opens, and where it is kept.</summary>
public sealed class OperatorGrantTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atoll-grants-").FullName;

    private string Workspace => Directory.CreateDirectory(Path.Combine(_folder, "ws")).FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // manifest | server read-only | command line read-only | frame read-only | grant | what the call may do in /data/out
    [Theory]
    [InlineData("read write", true, false, false, "fs:write:/data/out/**", "fs:write:/data/out/**")]
    [InlineData("read write", true, true, false, "fs:write:/data/out/**", null)]
    [InlineData("read write", true, false, true, "fs:write:/data/out/**", null)]
    [InlineData("read", true, false, false, "fs:write:/data/out/**", null)]
    [InlineData("read", true, false, false, "fs:read:/etc/x/**", "fs:read:/etc/x/**")]
    [InlineData("fs:read:/data/**", true, false, false, "fs:read:/etc/x/**", null)]
    [InlineData("", true, false, false, "fs:read:/etc/x/**", null)]
    public void A_grant_opens_no_more_than_manifest_frame_and_command_line_leave(string words, bool readOnly, bool always, bool frame, string grant, string? expected)
    {
        var point = Point(new SecurityPolicy { Folders = [new("/data", FolderAccess.Write)], ReadOnly = readOnly, ReadOnlyAlways = always, Style = PathStyle.Unix });
        var folders = point.Decide("t", Parse(words), frame, granted: [GrantTarget.TryParse(grant)!]).Folders.Select(f => f.Capability);
        Assert.Equal(expected is not null, folders.Contains(expected ?? grant));
        Assert.Equal(expected is not null, point.Holds("t", Parse(words), GrantTarget.TryParse(grant)!, frame));
    }

    [Theory]
    [InlineData("read write", true, "/data/out/x", "fs:write:/data/out/**")]
    [InlineData("read", true, "/etc/ssl/x", "fs:read:/etc/ssl/**")]
    [InlineData("read write", true, "/etc/ssl/x", "fs:write:/etc/ssl/**")]
    [InlineData("read", true, "/etc", null)]
    [InlineData("", true, "/data/x", null)]
    [InlineData("fs:read:/data/sub/**", true, "/data/x", null)]
    public void A_refusal_names_the_smallest_grant_that_would_do(string words, bool writing, string path, string? grant)
    {
        var point = Point(new SecurityPolicy { Folders = [new("/data", FolderAccess.Write)], Style = PathStyle.Unix });
        var access = point.Decide("t", Parse(words), false);
        var denial = point.CheckPath("t", access, path) ?? point.Explain("t", access, path, writing && access.AsksToWrite);
        Assert.Equal(grant, denial.Grant?.Capability);
    }

    // manifest | rule in "tools" | call offline | what was refused | the grant that would do
    [Theory]
    [InlineData("net:connect:**", null, false, "connect", "api.example.org:443", "net:connect:api.example.org:443")]
    [InlineData("net:connect:*.example.org:443", null, false, "connect", "api.example.org:443", "net:connect:api.example.org:443")]
    [InlineData("net:connect:*.example.org:443", null, false, "connect", "api.example.org:80", null)]
    [InlineData("net:connect:**", "net:connect:other.example:443", false, "connect", "api.example.org:443", null)]
    [InlineData("net:connect:**", null, true, "connect", "api.example.org:443", null)]
    [InlineData("net:connect:**", null, false, "listen", "127.0.0.1:80", null)]
    [InlineData("net:connect:**", null, false, "resolve", "api.example.org", null)]
    [InlineData("net:connect:api.example.org:443", null, false, "resolve", "api.example.org", "net:connect:api.example.org:443")]
    [InlineData("read", null, false, "connect", "api.example.org:443", null)]
    public void A_refusal_of_the_network_names_one_port_of_one_host(string words, string? rule, bool offline, string action, string asked, string? grant)
    {
        var rules = ImmutableDictionary<string, ToolRule>.Empty;
        var point = Point(new SecurityPolicy { Style = PathStyle.Unix, Tools = rule is null ? rules : rules.Add("t", new ToolRule(Permissions: Parse(rule))) });
        Assert.Equal(grant, point.ExplainNetwork("t", Parse(words), offline, Capability.Of("net", action, asked)).Grant?.Capability);
    }

    [Fact]
    public void A_granted_host_is_open_to_the_port_that_was_granted_and_no_other()
    {
        var point = Point(new SecurityPolicy { Style = PathStyle.Unix });
        var target = GrantTarget.TryParse("net:connect:api.example.org:443")!;
        var network = point.Decide("t", Parse("net:connect:**"), false, granted: [target]).Network!;
        var policy = network.AddTo(Grants.None).Items.OfType<NetworkGrant>().Last().Policy;
        Assert.True(policy.AllowsHost("api.example.org", 443));
        Assert.False(policy.AllowsHost("api.example.org", 80));
        Assert.False(policy.AllowsHost("example.org", 443));
        Assert.Null(point.Decide("t", Parse("net:connect:**"), false, frameOffline: true, granted: [target]).Network);
        Assert.Null(point.Decide("t", Parse("read"), false, granted: [target]).Network);

        // The name may stand for an address of this machine: then the same grant would not help again.
        Assert.Null(point.ExplainNetwork("t", Parse("net:connect:**"), false, Capability.Of("net", "connect", target.Host!), network).Grant);
    }

    [Theory]
    [InlineData("net:connect:**")]
    [InlineData("net:connect:**:443")]
    [InlineData("net:connect:*.example.org:443")]
    [InlineData("net:connect:example.org:*")]
    [InlineData("net:connect:example.org:0")]
    [InlineData("net:connect:10.0.0.0/8:443")]
    [InlineData("net:listen:127.0.0.1:80")]
    [InlineData("fs:write:**")]
    [InlineData("kv:write:counters")]
    public void More_than_one_host_or_folder_is_not_granted_here(string capability) => Assert.Null(GrantTarget.TryParse(capability));

    [Fact]
    public void A_grant_for_one_call_is_used_up_by_it_and_others_end_when_revoked()
    {
        var grants = new OperatorGrants();
        grants.Add("t", new FolderGrant("/a", FolderAccess.Read), GrantScope.Once, null);
        Assert.Empty(grants.TakeOnce("other"));
        Assert.Single(grants.TakeOnce("t"));
        Assert.Empty(grants.TakeOnce("t"));
        var session = grants.Add("t", new FolderGrant("/a", FolderAccess.Read), GrantScope.Session, null);
        Assert.Equal(session.Id, grants.Add("t", new FolderGrant("/a", FolderAccess.Read), GrantScope.Session, null).Id);
        Assert.Equal(session, Assert.Single(grants.Standing));
        Assert.Equal(session, grants.Revoke(session.Id));
        Assert.Null(grants.Revoke(session.Id));
        Assert.Empty(grants.All);
        Assert.Throws<ConfigurationException>(() => grants.Add("t", new FolderGrant("/a", FolderAccess.Read), GrantScope.Always, null));
    }

    [Fact]
    public void Grants_for_always_come_back_for_their_workspace_only()
    {
        var path = Path.Combine(_folder, "config", "grants.json");
        var grants = new OperatorGrants(GrantFile.Open(path, Configuration(Workspace)));
        var grant = grants.Add("t", new FolderGrant("/a b/ä", FolderAccess.Write), GrantScope.Always, "00ff");
        grants.Add("t", new FolderGrant("/s", FolderAccess.Write), GrantScope.Session, null);
        var host = grants.Add("t", GrantTarget.TryParse("net:connect:api.example.org:443")!, GrantScope.Always, null);
        var other = Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName;
        var others = new OperatorGrants(GrantFile.Open(path, Configuration(other)));
        Assert.Empty(others.Standing);
        others.Add("u", new FolderGrant("/b", FolderAccess.Read), GrantScope.Always, null);
        var again = new OperatorGrants(GrantFile.Open(path, Configuration(Workspace)));
        Assert.Equal([grant, host], again.Standing);
        again.Revoke(grant.Id);
        again.Revoke(host.Id);
        Assert.Empty(new OperatorGrants(GrantFile.Open(path, Configuration(Workspace))).Standing);
        Assert.Single(new OperatorGrants(GrantFile.Open(path, Configuration(other))).Standing);
    }

    [Fact]
    public void A_file_that_tools_or_others_could_change_is_not_used()
    {
        Assert.Throws<ConfigurationException>(() => GrantFile.Open(Path.Combine(Workspace, "grants.json"), Configuration(Workspace)));
        var path = Path.Combine(_folder, "grants.json");
        var open = new HostConfiguration
        {
            Workspace = Workspace, Frame = new ContextFrame(), Policy = new SecurityPolicy { Folders = [new(_folder, FolderAccess.Write)], ReadOnly = false },
        };
        Assert.Throws<ConfigurationException>(() => GrantFile.Open(path, open));

        var file = GrantFile.Open(path, Configuration(Workspace));
        Assert.True(file.Opens(new FolderGrant(_folder, FolderAccess.Write)));
        Assert.False(file.Opens(new FolderGrant(_folder, FolderAccess.Read)));

        // A grant that would open the file itself does not hold, wherever it came from.
        file.Write([new OperatorGrant("1", "t", new FolderGrant(_folder, FolderAccess.Write), GrantScope.Always)]);
        Assert.Empty(file.Read());
        file.Write([new OperatorGrant("1", "t", new FolderGrant("/x", FolderAccess.Write), GrantScope.Always)]);
        Assert.Single(file.Read());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
            Assert.Empty(file.Read());
            Assert.Contains("chmod", Assert.Single(file.Problems).Message, StringComparison.Ordinal);
            Assert.Throws<ConfigurationException>(() => file.Write([]));
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"grants":[{"id":"1","workspace":"W","tool":"t","capability":"fs:write:**"}]}""")]
    [InlineData("""{"grants":[{"id":"1","workspace":"W","tool":"t","capability":"net:connect:**"}]}""")]
    [InlineData("""{"grants":[{"id":1}]}""")]
    public void A_broken_file_grants_nothing_and_is_reported(string text)
    {
        var path = Path.Combine(_folder, "grants.json");
        File.WriteAllText(path, text.Replace("W", Workspace.Replace("\\", "\\\\")));
        var file = GrantFile.Open(path, Configuration(Workspace));
        Assert.Empty(file.Read());
        Assert.NotEmpty(file.Problems);
    }

    private static HostConfiguration Configuration(string workspace)
        => new() { Workspace = workspace, Frame = new ContextFrame(), Policy = new SecurityPolicy { Folders = [new(workspace, FolderAccess.Write)] } };

    private static PolicyDecisionPoint Point(SecurityPolicy policy) => new(policy, NullLogger<PolicyDecisionPoint>.Instance);

    private static ToolPermissions Parse(string words)
        => ToolPermissions.TryParse(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), PathStyle.Unix, out var permissions, out var error)
            ? permissions : throw new ArgumentException(error);
}
