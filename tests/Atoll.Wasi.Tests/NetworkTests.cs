using System.Net;
using Atoll.Components;
using Atoll.Wasi.Network;

namespace Atoll.Wasi.Tests;

/// <summary>Which hosts and addresses grants of the network open.</summary>
public sealed class NetworkTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.255")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2001:0:4136:e378::")]
    [InlineData("2001:db8::1")]
    [InlineData("fe80::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12::1")]
    [InlineData("ff02::1")]
    public void Addresses_of_a_network_of_ones_own_are_not_public(string address)
    {
        Assert.False(PublicAddresses.Contains(IPAddress.Parse(address)));
        NetworkPolicy stars = Policy(Grants.None.AllowNetwork("**:*"));
        Assert.False(stars.AllowsAddress(IPAddress.Parse(address), 80));
        Assert.True(Policy(Grants.None.AllowNetwork("**:*").AllowPrivateNetwork()).AllowsAddress(IPAddress.Parse(address), 80));
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("64:ff9b::101:101")]
    [InlineData("2606:4700::1111")]
    public void Others_are_public(string address) => Assert.True(PublicAddresses.Contains(IPAddress.Parse(address)));

    // granted | limit | host | port | whether it may be reached
    [Theory]
    [InlineData("*.example.org:443", "api.example.org:*", "api.example.org", 443, true)]
    [InlineData("*.example.org:443", "api.example.org:*", "api.example.org", 80, false)]
    [InlineData("*.example.org:443", "api.example.org:*", "www.example.org", 443, false)]
    [InlineData("api.example.org:443", "**:*", "api.example.org", 443, true)]
    [InlineData("api.example.org:443", "other.example:443", "api.example.org", 443, false)]
    [InlineData("10.0.0.0/8:80", "10.1.2.3:80", "10.1.2.3", 80, true)]
    [InlineData("10.0.0.0/8:80", "10.1.2.3:80", "10.1.2.4", 80, false)]
    [InlineData("**:443", "10.0.0.0/8:443", "10.1.2.3", 443, true)]
    public void A_limit_takes_away_and_gives_nothing(string granted, string limit, string host, int port, bool expected)
    {
        NetworkPolicy policy = Policy(Grants.None.AllowNetwork(granted).LimitNetwork(limit));
        Assert.Equal(expected, policy.AllowsHost(host, port));

        // What a limit names is not granted by it: a private address stays closed that only a star covers.
        Assert.Equal(granted.StartsWith("10.", StringComparison.Ordinal), policy.AllowsAddress(IPAddress.Parse("10.1.2.3"), 80));
        Assert.Equal(expected, Policy(Grants.None.LimitNetwork(limit).AllowNetwork(granted)).AllowsHost(host, port));
    }

    [Fact]
    public void A_limit_holds_for_what_is_granted_later_and_for_looking_up()
    {
        NetworkPolicy policy = Policy(Grants.None.AllowNetwork("a.example:1").LimitNetwork("b.example:2").AllowNetwork("b.example:*"));
        Assert.False(policy.AllowsHost("a.example", 1));
        Assert.True(policy.AllowsHost("b.example", 2));
        Assert.False(policy.AllowsHost("b.example", 3));
        Assert.False(policy.AllowsName("a.example"));
        Assert.True(policy.AllowsName("b.example"));
    }

    [Theory]
    [InlineData("api.example.org:443", "api.example.org", 443, true)]
    [InlineData("api.example.org:443", "API.Example.org.", 443, true)]
    [InlineData("api.example.org:443", "api.example.org", 80, false)]
    [InlineData("*.example.org:*", "a.example.org", 1, true)]
    [InlineData("*.example.org:*", "a.b.example.org", 1, false)]
    [InlineData("*.example.org:*", "example.org.evil.com", 1, false)]
    [InlineData("**:443", "a.b.c", 443, true)]
    [InlineData("10.0.0.0/8:443", "10.9.8.7", 443, true)]
    [InlineData("10.0.0.0/8:443", "11.9.8.7", 443, false)]
    [InlineData("10.0.0.0/8:443", "10.9.8.7", 80, false)]
    [InlineData("[2001:db8::1]:*", "[2001:db8::1]", 8080, true)]
    [InlineData("localhost:80", "localhost", 80, true)]
    public void A_pattern_covers_hosts(string pattern, string host, int port, bool covers) =>
        Assert.Equal(covers, Policy(Grants.None.AllowNetwork(pattern)).AllowsHost(host, port));

    [Fact]
    public void Addresses_that_are_named_may_be_private()
    {
        NetworkPolicy policy = Policy(Grants.None.AllowNetwork("10.0.0.0/8:443", "localhost:80").AllowNetwork("[fd00::1]:*"));
        Assert.True(policy.AllowsAddress(IPAddress.Parse("10.1.1.1"), 443));
        Assert.True(policy.AllowsAddress(IPAddress.Parse("::ffff:10.1.1.1"), 443));
        Assert.False(policy.AllowsAddress(IPAddress.Parse("10.1.1.1"), 80));
        Assert.True(policy.AllowsAddress(IPAddress.IPv6Loopback, 80));
        Assert.True(policy.AllowsAddress(IPAddress.Parse("fd00::1"), 1));
        Assert.False(policy.AllowsAddress(IPAddress.Parse("fd00::2"), 1));
    }

    [Theory]
    [InlineData("example.org")]
    [InlineData("example.org:")]
    [InlineData("example.org:0")]
    [InlineData("example.org:65536")]
    [InlineData("::1:80")]
    [InlineData("http://example.org:80")]
    [InlineData("a b:80")]
    [InlineData(":80")]
    public void What_is_no_pattern_is_refused(string pattern) => Assert.Throws<FormatException>(() => Grants.None.AllowNetwork(pattern));

    [Fact]
    public void Grants_say_what_they_open() => Assert.Equal(
        ["net:connect:a.org:1", "net:connect:b.org:*"],
        Grants.None.AllowNetwork("A.org:1").AllowNetwork("b.org:*").Capabilities.Select(capability => capability.ToString()));

    private static NetworkPolicy Policy(Grants grants) => new WasiContext(grants).Network!;
}
