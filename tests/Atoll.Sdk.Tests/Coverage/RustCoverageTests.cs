using Atoll.Components;
using Atoll.Sdk.Tests.Guests;

namespace Atoll.Sdk.Tests.Coverage;

/// <summary>The guest in Rust.</summary>
public sealed class RustCoverageTests : CoverageTests
{
    private static readonly Lazy<byte[]> Built = new(() => RustGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/rust/lib.rs")));

    protected override byte[] Component => Built.Value;

    [Fact]
    public void Pure_functions_are_small() =>
        Assert.InRange(RustGuest.Build(Files.Data("golden/plugin.wit"), Files.Data("coverage/rust/plugin.rs"), isSmall: true).Length, 1, 20_000);

    [Fact]
    public void Nothing_is_left_behind_by_100_000_calls()
    {
        using CoverageHost host = new(Component);
        ComponentFunction people = host.Function(CoverageHost.Echo, "people");
        ComponentValue[] arguments = Wave.ParseArguments(
            """([{name: "Ann", age: 1, home: some({x: 1, y: 2}), tags: ["a", "b", ""], score: 1.5}, {name: "", age: 2, home: none, tags: [], score: 0}])""", people.Type);
        ComponentFunction wide = host.Function(CoverageHost.Echo, "seventeen");
        ComponentValue[] spilled = Wave.ParseArguments("""(1, 2, 3, 4, 5, 6, 7, 8, 9.5, 10.5, 11, 12, "m", "n", true)""", wide.Type);
        for (int i = 0; i < 1000; i++)
        {
            Call();
        }

        ulong before = host.MemoryBytes;
        for (int i = 0; i < 50_000; i++)
        {
            Call();
        }

        Assert.Equal(before, host.MemoryBytes);

        void Call()
        {
            people.Invoke(arguments);
            wide.Invoke(spilled);
            host.TakeReceived();
        }
    }
}
