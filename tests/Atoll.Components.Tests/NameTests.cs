using Atoll.Components.Types;
using Atoll.Components.Validation;

namespace Atoll.Components.Tests;

public sealed class NameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("a-1-b")]
    [InlineData("HTTP-server")]
    [InlineData("[constructor]file")]
    [InlineData("[method]file.read")]
    [InlineData("[static]file.open")]
    [InlineData("wasi:clocks/wall-clock@0.2.0")]
    [InlineData("a:b/c@1.2.3-rc.1+build.05")]
    [InlineData("unlocked-dep=<a:b@{>=1.2.3 <2.0.0}>")]
    [InlineData("locked-dep=<a:b@1.2.3>,integrity=<sha256-abc=>")]
    [InlineData("url=<https://example.org/x>")]
    [InlineData("integrity=<sha512-abcd?x sha256-Z+/>")]
    public void Names_of_all_forms_are_read(string name) => ParsedName.Parse(name, ComponentFeatures.None);

    [Theory]
    [InlineData("", "not in kebab case")]
    [InlineData("1a", "not in kebab case")]
    [InlineData("a--b", "not in kebab case")]
    [InlineData("aB", "not in kebab case")]
    [InlineData("[method]file", "`.`")]
    [InlineData("a:b", "expected `/`")]
    [InlineData("a:b:c/d", "expected `/`")]
    [InlineData("a:b/c/d", "trailing characters")]
    [InlineData("A:b/c", "not lowercase")]
    [InlineData("a:b/c@1.2", "not a valid semver")]
    [InlineData("a:b/c@01.2.3", "not a valid semver")]
    [InlineData("a:b/c@1.2.3-01", "not a valid semver")]
    [InlineData("url=<a", "failed to find `>`")]
    [InlineData("integrity=<md5-abc>", "unrecognized hash algorithm")]
    public void Other_names_are_refused_with_the_reason(string name, string reason)
    {
        FormatException error = Assert.Throws<FormatException>(() => ParsedName.Parse(name, ComponentFeatures.None));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[method]a.b", "[static]A.B", true)]
    [InlineData("[method]a.a", "a", true)]
    [InlineData("FOO", "foo", true)]
    [InlineData("[constructor]a", "a", false)]
    [InlineData("[method]a.b", "b", false)]
    public void Strong_uniqueness_looks_past_case_and_annotations(string first, string second, bool conflict) => Assert.Equal(
        conflict,
        ParsedName.Parse(first, ComponentFeatures.None).UniqueKey == ParsedName.Parse(second, ComponentFeatures.None).UniqueKey);
}
