namespace Atoll.Wit.Tests;

public sealed class VersionTests
{
    [Theory]
    [InlineData("1.2.3", "1")]
    [InlineData("0.2.3", "0.2")]
    [InlineData("0.0.3", "0.0.3")]
    [InlineData("1.0.0-rc.1", "1.0.0-rc.1")]
    [InlineData("1.0.0+build.5", "1")]
    public void Compatible_versions_share_a_track(string text, string track)
    {
        Assert.True(WitVersion.TryParse(text, out WitVersion? version));
        Assert.Equal(track, version.Track);
        Assert.Equal(text, version.ToString());
    }

    /// <summary>The examples of semver.org 2.0, §11.</summary>
    [Fact]
    public void Precedence_is_that_of_semantic_versioning()
    {
        string[] ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1"];
        WitVersion[] versions = [.. ordered.Select(text => WitVersion.TryParse(text, out WitVersion? version) ? version : throw new FormatException(text))];

        Assert.Equal(ordered, versions.Reverse().Order().Select(version => version.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.0")]
    [InlineData("01.0.0")]
    [InlineData("1.0.0-01")]
    [InlineData("1.0.0-")]
    [InlineData("1.0.0+")]
    [InlineData("1.0.0-a..b")]
    [InlineData("99999999999999999999.0.0")]
    public void What_is_no_version_is_refused(string text) => Assert.False(WitVersion.TryParse(text, out _));
}
