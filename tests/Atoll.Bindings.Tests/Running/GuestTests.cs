using Atoll.Components;
using Atoll.Wasm;
using Guests.Hosted;
using Guests.Pure;
using Guests.Small;

namespace Atoll.Bindings.Tests.Running;

/// <summary>Components that C, Rust and AssemblyScript compilers made, through generated code.</summary>
public sealed class GuestTests
{
    private static readonly WasmEngine Engine = new();

    [Fact]
    public void Every_function_of_a_world_is_called()
    {
        Component component = PureWorld.Load(Engine, TestFiles.Guest("c-pure.component.wasm"), TestContext.Current.CancellationToken);
        using Store store = new(Engine);
        Guests.Pure.ApiExports api = PureWorld.Instantiate(store, component).Api;

        Assert.Equal(3u, api.Add(1, 2));
        Assert.Equal("grüße", api.Echo("grüße"));
        Assert.Equal(6, api.Sum([1, 2, 3]));
        Assert.Equal(5, api.Bytes([1, 2, 3, 4, 5]).Length);
        Assert.Equal(new Guests.Pure.Point(6, 2, "p!"), api.MovePoint(new Guests.Pure.Point(1, 2, "p"), 5));
        Assert.Equal(4, api.Points(4).Length);
        Assert.NotNull(api.Area(new Guests.Pure.Shape.Rect((2, 3))));
        _ = api.ParseJson("{\"a\":\"b\"}");
        (Guests.Pure.Level level, Guests.Pure.Perms perms) = api.Lvl(Guests.Pure.Level.High, Guests.Pure.Perms.Read | Guests.Pure.Perms.Exec);
        Assert.True(Enum.IsDefined(level));
        Assert.True((uint)perms < 8);
        _ = api.Big(ulong.MaxValue, -1);
    }

    [Fact]
    public void A_guest_calls_what_the_host_implements()
    {
        Component component = HostedWorld.Load(Engine, TestFiles.Guest("c-hosted.component.wasm"), TestContext.Current.CancellationToken);
        using Store store = new(Engine);
        Host host = new();
        HostedWorld world = HostedWorld.Instantiate(store, component, host);

        Assert.True(world.Driver.LoopAdd(10) > 0);
        Result<string, string> reply = world.Driver.UseHost("key");
        Assert.False(reply.IsError);
        Assert.Contains("useHost key", host.Messages);
        Counter counter = Assert.Single(host.Counters);
        Assert.True(counter.IsDisposed);
    }

    [Theory]
    [InlineData("rs196-nostd.component.wasm")]
    [InlineData("as-guest.component.wasm")]
    public void Rust_and_AssemblyScript_are_called_alike(string file)
    {
        using Store store = new(Engine);
        AsGuest guest = AsGuest.Instantiate(store, AsGuest.Load(Engine, TestFiles.Guest(file), TestContext.Current.CancellationToken), new SmallHost());

        Assert.Equal(3u, guest.AsApi.Add(1, 2));
        Assert.Equal("grüße", guest.AsApi.Echo("grüße"));
        Assert.Contains("Ada", guest.AsApi.Greet("Ada"));
        Assert.Equal(1.75, guest.AsApi.Sum([1, 0.5, 0.25]));
        Assert.Equal(100u, guest.AsApi.LoopAdd(100));
    }

    [Fact]
    public void A_component_of_another_world_is_refused_with_every_difference()
    {
        WorldMismatchException refused = Assert.Throws<WorldMismatchException>(
            () => HostedWorld.Load(Engine, TestFiles.Guest("c-pure.component.wasm"), TestContext.Current.CancellationToken));
        Assert.Equal(
            [
                "export `demo:guest/driver@0.1.0` / `loop-add`: expected a function, found nothing",
                "export `demo:guest/driver@0.1.0` / `use-host`: expected a function, found nothing",
            ],
            refused.Differences);
    }

    private sealed class SmallHost : Guests.Small.IHost
    {
        public uint Add(uint a, uint b) => a + b;

        public void Log(string msg)
        {
        }

        public string? Lookup(string key) => null;
    }

    private sealed class Counter(uint start) : ICounter
    {
        public uint Value { get; private set; } = start;

        public bool IsDisposed { get; private set; }

        public uint Inc(uint by) => Value += by;

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Host : Guests.Hosted.IHost
    {
        public List<string> Messages { get; } = [];

        public List<Counter> Counters { get; } = [];

        public ICounter CreateCounter(uint start)
        {
            Counters.Add(new Counter(start));
            return Counters[^1];
        }

        public uint Add(uint a, uint b) => a + b;

        public void Log(string msg) => Messages.Add(msg);

        public string? Lookup(string key) => key == "key" ? "value" : null;

        public Result<uint, string> Fail(string msg) => Result<uint, string>.Fail(msg);

        public Guests.Hosted.Point Origin() => new(0, 0, "origin");
    }
}
