using Atoll.Components;

namespace Atoll.Wasi.Tests;

public class CapabilityTests
{
    [Theory]
    [InlineData("fs:read:/data/**")]
    [InlineData("fs:write:/a/*/b.txt")]
    [InlineData("fs:read:**")]
    [InlineData("fs:read:/")]
    [InlineData("env:read:LANG")]
    [InlineData("clock:read:**")]
    [InlineData("stdio:write:stdout")]
    [InlineData("net:connect:*.example.org:443")]
    [InlineData("kv:write:cache/*")]
    [InlineData("msg:publish:orders.*")]
    public void A_capability_is_written_as_it_was_read(string text)
    {
        Capability capability = Capability.Parse(text);
        Assert.Equal(text, capability.ToString());
        Assert.Equal(capability, Capability.Parse(text));
        Assert.Equal(capability.GetHashCode(), Capability.Parse(text).GetHashCode());
        Assert.True(capability.Covers(capability));
    }

    [Theory]
    [InlineData("")]
    [InlineData("fs")]
    [InlineData("fs:read")]
    [InlineData("fs:read:")]
    [InlineData(":read:/x")]
    [InlineData("FS:read:/x")]
    [InlineData("f s:read:/x")]
    [InlineData("fs:Read:/x")]
    [InlineData("fs:read:data")]
    [InlineData("fs:read:/data/../etc")]
    [InlineData("fs:read:/data/./x")]
    [InlineData("fs:read:/data//x")]
    [InlineData("fs:read:/data/")]
    [InlineData("fs:read:/data\\x")]
    [InlineData("env:read:A\nB")]
    [InlineData("env:read:*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*")]
    public void Anything_else_is_refused_with_what_to_write(string text)
    {
        Assert.False(Capability.TryParse(text, out Capability? capability, out string? error));
        Assert.Null(capability);
        Assert.NotEmpty(error);
        Assert.Equal(error, Assert.Throws<FormatException>(() => Capability.Parse(text)).Message);
    }

    [Fact]
    public void Long_ones_are_refused_and_not_repeated_in_the_message()
    {
        Assert.False(Capability.TryParse("env:read:" + new string('x', 5000), out _, out string? error));
        Assert.True(error.Length < 200);
    }

    [Theory]
    [InlineData("fs:read:/data/**", "fs:read:/data/x", true)]
    [InlineData("fs:read:/data/**", "fs:read:/data", true)]
    [InlineData("fs:read:/data/**", "fs:read:/data/a/b/c", true)]
    [InlineData("fs:read:/data/**", "fs:read:/data/**", true)]
    [InlineData("fs:read:/data/**", "fs:read:/data/a/*", true)]
    [InlineData("fs:read:/data/**", "fs:read:/database", false)]
    [InlineData("fs:read:/data/**", "fs:read:/Data/x", false)]
    [InlineData("fs:read:/data/**", "fs:write:/data/x", false)]
    [InlineData("fs:read:/data/**", "fs:read:/**", false)]
    [InlineData("fs:read:/data/**", "fs:read:/*/x", false)]
    [InlineData("fs:read:/**", "fs:read:/", true)]
    [InlineData("fs:read:**", "fs:read:/a/b", true)]
    [InlineData("fs:read:/data/*", "fs:read:/data/x", true)]
    [InlineData("fs:read:/data/*", "fs:read:/data/x/y", false)]
    [InlineData("fs:read:/data/*", "fs:read:/data/*", true)]
    [InlineData("fs:read:/data/*", "fs:read:/data/**", false)]
    [InlineData("fs:read:/data/*.txt", "fs:read:/data/a.txt", true)]
    [InlineData("fs:read:/data/*.txt", "fs:read:/data/a.txt.exe", false)]
    [InlineData("fs:read:/*/logs/**", "fs:read:/app/logs/a/b", true)]
    [InlineData("fs:read:/*/logs/**", "fs:read:/app/logs", true)]
    [InlineData("fs:read:/*/logs/**", "fs:read:/app/x/logs/a", false)]
    [InlineData("fs:read:/a/**/z", "fs:read:/a/b/c/z", true)]
    [InlineData("fs:read:/a/**/z", "fs:read:/a/b/c/zz", false)]
    [InlineData("net:connect:*.example.org:443", "net:connect:API.Example.org:443", true)]
    [InlineData("net:connect:*.example.org:443", "net:connect:example.org:443", false)]
    [InlineData("net:connect:*.example.org:443", "net:connect:a.b.example.org:443", false)]
    [InlineData("net:connect:**.example.org:443", "net:connect:a.b.example.org:443", true)]
    [InlineData("net:connect:*:443", "net:connect:example.org:443", false)]
    [InlineData("net:connect:**:*", "net:connect:example.org:443", true)]
    [InlineData("net:connect:*.example.org:443", "net:connect:a.example.org:80", false)]
    [InlineData("net:connect:*.example.org:443", "net:connect:evil.org/a.example.org:443", false)]
    [InlineData("msg:publish:orders.*", "msg:publish:orders.eu.new", true)]
    [InlineData("env:read:APP_*", "env:read:APP_HOME", true)]
    [InlineData("env:read:APP_*", "env:read:app_home", false)]
    public void A_pattern_covers_what_it_stands_for(string held, string asked, bool covered) =>
        Assert.Equal(covered, Capability.Parse(held).Covers(Capability.Parse(asked)));

    [Fact]
    public void Many_stars_take_no_exponential_time()
    {
        Capability held = Capability.Parse("env:read:" + string.Concat(Enumerable.Repeat("a*", 16)) + "b");
        Assert.False(held.Covers(Capability.Parse("env:read:" + new string('a', 4000))));
    }

    [Fact]
    public void No_grants_are_no_capabilities() => Assert.Empty(Grants.None.Capabilities);

    [Fact]
    public void Grants_describe_themselves()
    {
        string folder = Path.GetTempPath();
        Grants grants = Grants.None
            .AllowDirectory("/data", folder, FileAccessGrant.ReadOnly)
            .AllowDirectory(".", folder, FileAccessGrant.ReadWrite)
            .AllowEnvironment("LANG", "C").AllowArguments("a").AllowStdin(Stream.Null).AllowStdout(Stream.Null).AllowStderr(Stream.Null)
            .AllowClock().AllowRandom();
        Assert.Equal(
            ["fs:read:/data/**", "fs:read:/**", "fs:write:/**", "env:read:LANG", "stdio:read:stdin", "stdio:write:stdout", "stdio:write:stderr", "clock:read:**", "random:read:**"],
            grants.Capabilities.Select(c => c.ToString()));
        Assert.Empty(Grants.None.Items);
    }

    [Fact]
    public void What_cannot_be_passed_to_a_guest_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Grants.None.AllowEnvironment("A=B", "x"));
        Assert.Throws<ArgumentException>(() => Grants.None.AllowEnvironment("A", "x\0y"));
        Assert.Throws<ArgumentException>(() => Grants.None.AllowArguments("x\0y"));
        Assert.Throws<ArgumentException>(() => Grants.None.AllowDirectory("/a\0b", Path.GetTempPath(), FileAccessGrant.ReadOnly));
        Assert.Throws<DirectoryNotFoundException>(() => Grants.None.AllowDirectory("/a", Path.Combine(Path.GetTempPath(), "atoll-is-not-here"), FileAccessGrant.ReadOnly));
    }
}
