using Atoll.Components;
using Atoll.Components.Text;
using Atoll.Wasi.Preview2.Config;
using Atoll.Wasm;

namespace Atoll.Wasi.Tests.Preview2;

/// <summary><c>wasi:config/store</c>.</summary>
public sealed class ConfigTests
{
    [Fact]
    public void Values_are_those_of_the_grants()
    {
        using WasiProbe probe = new(Grants.None.AllowConfig("url", "old").AllowConfig("größe", "").AllowConfig("url", "https://example.org"));
        var get = probe.Get<Func<string, Result<string?, ConfigError>>>("config/store#get");
        Assert.Equal("https://example.org", get("url").Value);
        Assert.Equal("", get("größe").Value);
        Assert.Equal(
            [("größe", ""), ("url", "https://example.org")],
            probe.Get<Func<Result<(string, string)[], ConfigError>>>("config/store#get-all")().Value.OrderBy(pair => pair.Item1, StringComparer.Ordinal));
        Assert.Empty(probe.Decisions);
        Assert.Null(get("URL").Value);
        Assert.Equal("config:read:URL", Assert.Single(probe.Decisions).Capability.ToString());
    }

    [Fact]
    public void Without_a_grant_there_is_nothing()
    {
        using WasiProbe probe = new();
        Assert.Null(probe.Get<Func<string, Result<string?, ConfigError>>>("config/store#get")("url").Value);
        Assert.Empty(probe.Get<Func<Result<(string, string)[], ConfigError>>>("config/store#get-all")().Value);
        Assert.Equal(["config:read:url", "config:read:**"], probe.Decisions.Select(decision => decision.Capability.ToString()));
        Assert.DoesNotContain(probe.Decisions, decision => decision.Allowed);
    }

    [Fact]
    public void Names_that_cannot_be_are_not_there()
    {
        using WasiProbe probe = new(Grants.None.AllowConfig("a", "1"));
        var get = probe.Get<Func<string, Result<string?, ConfigError>>>("config/store#get");
        foreach (string name in (string[])["", "a\0", "a\nb", new string('*', 40), new string('x', 1_000_000)])
        {
            Assert.Null(get(name).Value);
        }

        Assert.Empty(probe.Decisions);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a*")]
    [InlineData("a\n")]
    public void What_is_no_name_is_refused(string name) => Assert.Throws<ArgumentException>(() => Grants.None.AllowConfig(name, ""));

    [Fact]
    public void A_grant_names_its_capability()
    {
        Assert.Equal(["config:read:a:b"], Grants.None.AllowConfig("a:b", "1").Capabilities.Select(capability => capability.ToString()));
        Assert.Throws<ArgumentException>(() => Grants.None.AllowConfig(new string('x', 1025), ""));
    }

    [Theory]
    [InlineData("wasi:config/store@0.2.0-rc.1", true)]
    [InlineData("wasi:config/store@0.2.0-rc.2", false)]
    [InlineData("wasi:config/store@0.2.0", false)]
    [InlineData("wasi:config/store@0.2.1", false)]
    public void A_version_before_a_release_serves_itself_only(string import, bool isServed)
    {
        WasmEngine engine = new();
        using Store store = new(engine);
        Component guest = Component.Load(engine, ComponentText.Assemble($"""
            (component (import "{import}" (instance
              (type $e (variant (case "upstream" string) (case "io" string)))
              (export "error" (type $error (eq $e)))
              (export "get-all" (func (result (result (list (tuple string string)) (error $error))))))))
            """));
        Exception? failure = Record.Exception(() => new ComponentLinker().AddWasi().Instantiate(store, guest));
        Assert.Equal(isServed ? null : typeof(UnlinkableException), failure?.GetType());
    }
}
