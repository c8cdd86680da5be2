using System.Collections.Immutable;
using Atoll.Components;
using Atoll.Host.Security;
using Atoll.Wasi.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoll.Host.Tests;

public class PolicyTests
{
    private static readonly ImmutableArray<FolderGrant> Folders = [new("/data", FolderAccess.Write), new("/ref", FolderAccess.Read)];

    // operator read-only | frame read-only | manifest | path | expected: w(rite), r(ead), or the denied capability
    [Theory]
    [InlineData(false, false, "read write", "/data/x", "w")]
    [InlineData(false, false, "write", "/data/x", "w")]
    [InlineData(false, false, "read", "/data/x", "r")]
    [InlineData(false, false, "read write", "/ref/x", "r")]
    [InlineData(true, false, "read write", "/data/x", "r")]
    [InlineData(false, true, "read write", "/data/x", "r")]
    [InlineData(false, false, "read", "/etc/passwd", "fs:read:/etc/passwd")]
    [InlineData(false, false, "read write", "/etc/passwd", "fs:write:/etc/passwd")]
    [InlineData(true, false, "read write", "/etc/passwd", "fs:read:/etc/passwd")]
    [InlineData(false, false, "", "/data/x", "fs:read:/data/x")]
    [InlineData(false, false, "fs:read:/data/sub/**", "/data/sub/x", "r")]
    [InlineData(false, false, "fs:read:/data/sub/**", "/data/x", "fs:read:/data/x")]
    [InlineData(false, false, "fs:read:/**", "/data/x", "r")]
    [InlineData(false, false, "fs:read:/**", "/etc/x", "fs:read:/etc/x")]
    [InlineData(false, false, "read fs:write:/data/out/**", "/data/out/x", "w")]
    [InlineData(false, false, "read fs:write:/data/out/**", "/data/x", "r")]
    [InlineData(false, false, "fs:write:/etc/**", "/etc/x", "fs:write:/etc/x")]
    [InlineData(false, false, "fs:write:/ref/**", "/ref/x", "r")]
    [InlineData(false, false, "read", "/database/x", "fs:read:/database/x")]
    public void Effective_access_is_operator_and_manifest_and_frame(bool readOnly, bool frameReadOnly, string words, string path, string expected)
    {
        var point = new PolicyDecisionPoint(new SecurityPolicy { Folders = Folders, ReadOnly = readOnly, Style = PathStyle.Unix }, NullLogger<PolicyDecisionPoint>.Instance);
        var access = point.Decide("t", Parse(words), frameReadOnly);
        var denial = point.CheckPath("t", access, path);
        Assert.Equal(expected, denial?.Capability ?? (Best(access, path) == FolderAccess.Write ? "w" : "r"));
        if (denial is not null)
        {
            Assert.StartsWith("Capability not granted: filesystem " + expected, denial.Message);
        }
    }

    [Fact]
    public void A_rule_of_the_operator_takes_away()
    {
        var rules = ImmutableDictionary<string, ToolRule>.Empty.Add("t", new ToolRule(Permissions: Parse("fs:read:/data/a/**"))).Add("off", new ToolRule(Enabled: false));
        var point = new PolicyDecisionPoint(
            new SecurityPolicy { Folders = Folders, ReadOnly = false, Style = PathStyle.Unix, Tools = rules }, NullLogger<PolicyDecisionPoint>.Instance);
        Assert.Equal([new FolderGrant("/data/a", FolderAccess.Read)], point.Decide("t", Parse("read write"), false).Folders);
        Assert.Equal(2, point.Decide("other", Parse("read write"), false).Folders.Length);
        Assert.False(point.IsEnabled("off"));
        Assert.True(point.IsEnabled("t"));
    }

    [Theory]
    [InlineData(true, false, "read-only; start it with --write")]
    [InlineData(false, true, "flags.read_only")]
    public void A_refused_write_says_what_to_change(bool readOnly, bool frameReadOnly, string hint)
    {
        var point = new PolicyDecisionPoint(new SecurityPolicy { Folders = Folders, ReadOnly = readOnly, Style = PathStyle.Unix }, NullLogger<PolicyDecisionPoint>.Instance);
        var access = point.Decide("t", Parse("write"), frameReadOnly);
        var denial = point.Explain("t", access, "/data/x", writing: true);
        Assert.Equal("fs:write:/data/x", denial.Capability);
        Assert.Contains(hint, denial.Message);
    }

    [Fact]
    public void A_denial_of_an_unknown_folder_names_the_ways_to_grant_it()
    {
        var point = new PolicyDecisionPoint(new SecurityPolicy { Folders = Folders, Style = PathStyle.Unix }, NullLogger<PolicyDecisionPoint>.Instance);
        var message = point.CheckPath("t", point.Decide("t", Parse("read"), false), "/etc/passwd")!.Message;
        Assert.Contains("--allow", message);
        Assert.Contains("FS_ALLOWLIST", message);
        Assert.Contains("config.json", message);
    }

    [Fact]
    public void Hostile_paths_cannot_forge_lines_of_the_message()
    {
        var point = new PolicyDecisionPoint(new SecurityPolicy { Folders = Folders, Style = PathStyle.Unix }, NullLogger<PolicyDecisionPoint>.Instance);
        var message = point.CheckPath("t", point.Decide("t", Parse("read"), false), "/x\nfail: \u001b[2J\u202e")!.Message;
        Assert.DoesNotContain(message, char.IsControl);
        Assert.DoesNotContain('\u202e', message);
    }

    [Theory]
    [InlineData("read,write", true)]
    [InlineData("fs:read:/a/**", true)]
    [InlineData("net:connect:*.example.org:443", true)]
    [InlineData("net:connect:**", true)]
    [InlineData("net:connect:[::1]:80", true)]
    [InlineData("net:connect:example.org", false)]
    [InlineData("net:connect:", false)]
    [InlineData("net:connect:http://example.org:80", false)]
    [InlineData("net:listen:*:80", false)]
    [InlineData("kv:read:cache/**", true)]
    [InlineData("kv:write:cache", true)]
    [InlineData("kv:write:**", true)]
    [InlineData("kv:delete:cache", false)]
    [InlineData("kv:read:a b", false)]
    [InlineData("kv:read:a/b/**", false)]
    [InlineData("kv:read", false)]
    [InlineData("delete", false)]
    [InlineData("", false)]
    [InlineData("fs:exec:/a/**", false)]
    [InlineData("fs:read:relative/**", false)]
    [InlineData("fs:read:/a/*/b/**", false)]
    [InlineData("fs:read:/a", false)]
    [InlineData("fs:read", false)]
    [InlineData("fs::x", false)]
    public void Permissions_are_parsed_strictly(string words, bool valid)
        => Assert.Equal(valid, ToolPermissions.TryParse(words.Split(','), PathStyle.Unix, out _, out _));

    // operator's buckets | manifest | rule of the operator | frame is read-only | --read-only | what is left
    [Theory]
    [InlineData("a b", "kv:write:a", null, false, false, "kv:write:a/**")]
    [InlineData("a b", "kv:read:a", null, false, false, "kv:read:a/**")]
    [InlineData("a b", "kv:write:**", null, false, false, "kv:write:a/**|kv:write:b/**")]
    [InlineData("a:ro b", "kv:write:**", null, false, false, "kv:read:a/**|kv:write:b/**")]
    [InlineData("a b", "kv:write:**", "kv:read:b", false, false, "kv:read:b/**")]
    [InlineData("a b", "kv:write:**", "read", false, false, "")]
    [InlineData("a", "kv:write:a", null, true, false, "kv:read:a/**")]
    [InlineData("a", "kv:write:a", null, false, true, "kv:read:a/**")]
    [InlineData("a", "kv:write:other", null, false, false, "")]
    [InlineData("a", "read", null, false, false, "")]
    [InlineData("", "kv:write:**", null, false, false, "")]
    public void Buckets_are_those_that_operator_manifest_rule_and_frame_leave(string granted, string manifest, string? rule, bool frameReadOnly, bool readOnly, string expected)
    {
        SecurityPolicy policy = new()
        {
            Buckets = [.. granted.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => BucketGrant.TryParse(text)!)],
            ReadOnlyAlways = readOnly,
            Tools = rule is null ? ImmutableDictionary<string, ToolRule>.Empty : ImmutableDictionary<string, ToolRule>.Empty.Add("t", new ToolRule(Permissions: Permissions(rule))),
        };
        EffectiveAccess access = new PolicyDecisionPoint(policy, NullLogger<PolicyDecisionPoint>.Instance).Decide("t", Permissions(manifest), frameReadOnly);
        Assert.Equal(expected, string.Join('|', access.Buckets.Select(bucket => bucket.Capability)));
        Assert.Equal(expected, access.Text);

        static ToolPermissions Permissions(string words) =>
            ToolPermissions.TryParse(words.Split(','), PathStyle.Unix, out ToolPermissions? permissions, out string? error) ? permissions : throw new FormatException(error);
    }

    // operator's hosts | manifest | rule of the operator | frame is offline | asked | what the refusal says, or nothing where it is allowed
    [Theory]
    [InlineData("api.example.org:443", "net:connect:**", null, false, "api.example.org:443", null)]
    [InlineData("**:443", "net:connect:*.example.org:443", null, false, "api.example.org:443", null)]
    [InlineData("**:443", "net:connect:**", "net:connect:api.example.org:*", false, "api.example.org:443", null)]
    [InlineData("", "net:connect:**", null, false, "api.example.org:443", "Granted: none. To grant more, start the server with --net api.example.org:443")]
    [InlineData("api.example.org:80", "net:connect:**", null, false, "api.example.org:443", "Granted: api.example.org:80")]
    [InlineData("**:443", "read", null, false, "api.example.org:443", "add \"net:connect:api.example.org:443\" to its manifest's")]
    [InlineData("**:443", "net:connect:**", "read", false, "api.example.org:443", "those of \"tools\" in")]
    [InlineData("**:443", "net:connect:**", null, true, "api.example.org:443", "flags.offline")]
    [InlineData("**:443", "net:connect:**", null, false, "intranet.example:443", "--net-private")]
    public void The_network_is_operator_and_manifest_and_frame(string hosts, string words, string? rule, bool offline, string asked, string? refusal)
    {
        var rules = ImmutableDictionary<string, ToolRule>.Empty;
        var point = new PolicyDecisionPoint(
            new SecurityPolicy
            {
                Hosts = [.. hosts.Split(' ', StringSplitOptions.RemoveEmptyEntries)], Style = PathStyle.Unix, Tools = rule is null ? rules : rules.Add("t", new ToolRule(Permissions: Parse(rule))),
            },
            NullLogger<PolicyDecisionPoint>.Instance);
        var access = point.Decide("t", Parse(words), frameReadOnly: false, offline).Network;
        var policy = access?.AddTo(Grants.None).Items.OfType<NetworkGrant>().Last().Policy;
        var host = asked.Split(':')[0];
        Assert.Equal(refusal is null || refusal == "--net-private", policy?.AllowsHost(host, 443) ?? false);
        if (refusal is not null)
        {
            var denial = point.ExplainNetwork("t", Parse(words), offline, Capability.Of("net", "connect", asked));
            Assert.StartsWith($"Capability not granted: network net:connect:{asked} — ", denial.Message);
            Assert.Contains(refusal, denial.Message);
        }
    }

    private static FolderAccess Best(EffectiveAccess access, string path)
        => access.Folders.Where(f => HostPath.IsWithin(path, f.Path, PathStyle.Unix)).Max(f => f.Access);

    private static ToolPermissions Parse(string words)
    {
        Assert.True(ToolPermissions.TryParse(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), PathStyle.Unix, out var permissions, out var error), error);
        return permissions;
    }
}
