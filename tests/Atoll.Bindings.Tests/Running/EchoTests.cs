using System.Text;
using Atoll.Components;
using Atoll.Wasm;
using Shapes;

namespace Atoll.Bindings.Tests.Running;

/// <summary>Every shape of type through generated code, into a guest, on to the host's implementation, and back.</summary>
public sealed class EchoTests : IDisposable
{
    private static readonly WasmEngine Engine = new();
    private static readonly Lazy<Component> Guest = new(() => EchoComponent.Make(Engine, TestFiles.Wit("shapes.wit"), "echo"));

    private readonly Store _store = new(Engine);
    private readonly Host _host = new();
    private readonly Echoer _echoer;

    public EchoTests() => _echoer = Echoer.Instantiate(_store, Guest.Value, _host, _host);

    public void Dispose() => _store.Dispose();

    [Fact]
    public void Records_with_awkward_names_pass_unchanged()
    {
        Odd odd = new(1, "dash", "none", new Rune('ß'));
        Assert.Equal(odd, _echoer.Echo.Echo(odd));
        Assert.Equal(odd with { OddField = null }, _echoer.Echo.Echo(odd with { OddField = null }));
        Pixel[] pixels = [new(1, -2, true), new(short.MinValue, short.MaxValue, false)];
        Assert.Equal(pixels, _echoer.Echo.Pixels(pixels));
    }

    [Fact]
    public void Variants_whose_cases_hide_types_and_methods_pass_unchanged()
    {
        Token[] tokens = [new Token.Pixel(new Pixel(3, 4, true)), new Token.ValueCase("v"), new Token.ToStringCase(), new Token.Nothing()];
        Assert.Equal(tokens, _echoer.Echo.Tokens(tokens));
    }

    [Fact]
    public void Enumerations_and_flags_pass_unchanged()
    {
        Assert.Equal(Class.Equals, _echoer.Echo.GetTypeFunction(Class.Equals));
        Assert.Equal(Bits.B0 | Bits.B31, _echoer.Echo.Flags(Bits.B0 | Bits.B31));
        Assert.Throws<ArgumentException>(() => _echoer.Echo.GetTypeFunction((Class)3));
    }

    [Fact]
    public void Lists_of_numbers_are_taken_from_anywhere()
    {
        byte[] bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        Assert.Equal(bytes, _echoer.Echo.Blob(bytes));
        Assert.Equal(bytes[10..20], _echoer.Echo.Blob(bytes.AsSpan(10, 10)));
        Assert.Empty(_echoer.Echo.Blob([]));
        Assert.Equal([0.5, -0.0, double.MaxValue], _echoer.Echo.Numbers(stackalloc double[] { 0.5, -0.0, double.MaxValue }));
    }

    [Fact]
    public void Options_within_options_keep_their_depth()
    {
        Assert.Equal(Optional<uint?>.None, _echoer.Echo.Nested(Optional<uint?>.None));
        Assert.Equal(Optional<uint?>.Some(null), _echoer.Echo.Nested(Optional<uint?>.Some(null)));
        Assert.Equal(Optional<uint?>.Some(7), _echoer.Echo.Nested(Optional<uint?>.Some(7)));
    }

    [Fact]
    public void Tuples_of_any_length_pass_unchanged()
    {
        (byte, ushort, uint, ulong, sbyte, short, int, long, float, double, bool, Rune, string, string[], string?, byte, ushort) many =
            (1, 2, 3, 4, -1, -2, -3, -4, 0.5f, 0.25, true, new Rune('x'), "text", ["a", "b"], null, 5, 6);
        var back = _echoer.Echo.Many(many);
        Assert.Equal(["a", "b"], back.Item14);
        Assert.Equal(many with { Item14 = back.Item14 }, back);
        Assert.Equal(ValueTuple.Create("one"), _echoer.Echo.One(ValueTuple.Create("one")));
    }

    [Fact]
    public void Results_are_values()
    {
        Assert.Equal([1, 2], _echoer.Echo.Outcome(Result<byte[], Class>.Ok([1, 2])).Value);
        Assert.Equal(Class.None, _echoer.Echo.Outcome(Result<byte[], Class>.Fail(Class.None)).Error);
        Assert.True(_echoer.Echo.Unit(Result<Unit, Unit>.Fail(default)).IsError);
    }

    [Fact]
    public void Functions_of_the_world_and_keywords_are_called()
    {
        Assert.Equal(5u, _echoer.Run(5));
        Assert.Equal(5, _host.Ticks);
        Assert.Equal("1 2 three", _echoer.Echo.Keywords(1, 2, "three"));
    }

    [Fact]
    public void An_implementation_may_depend_on_the_store_that_calls()
    {
        ComponentLinker linker = new();
        Echoer.AddTo(linker, caller => (IEcho)caller.Store.State!);
        Echoer.AddTo(linker, caller => (IEchoerImports)caller.Store.State!);
        Host first = new(), second = new();
        foreach ((Host host, uint times) in new[] { (first, 2u), (second, 3u) })
        {
            using Store store = new(Engine, new StoreOptions { State = host });
            Echoer.Instantiate(store, Guest.Value, linker).Run(times);
        }

        Assert.Equal((2, 3), (first.Ticks, second.Ticks));

        using Store third = new(Engine, new StoreOptions { State = first });
        Assert.Equal(4u, Echoer.Of(linker.Instantiate(third, Guest.Value)).Run(4));
    }

    [Theory]
    [InlineData("default, equals, none", "equals, default, none", "`get-type` / parameter `v`: expected the cases `default`, `equals`, `none`, found `equals`, `default`, `none`")]
    [InlineData("-> tuple<string>", "-> tuple<u8>", "`one` / result / 0: expected string, found u8")]
    [InlineData("x: s16, y: s16,", "y: s16, x: s16,", "`pixels` / parameter `v` / element: expected the fields `x`, `y`, `visible`, found `y`, `x`, `visible`")]
    [InlineData("pixel(pixel)", "pixel(u8)", "`tokens` / parameter `v` / element / `pixel`: expected record, found u8")]
    [InlineData("type maybe = option<u32>", "type maybe = option<s32>", "`nested` / parameter `v` / value / value: expected u32, found s32")]
    [InlineData("unit: func(v: result) -> result;", "unit: func(w: result) -> result;", "`unit`: expected the parameters `v`, found `w`")]
    [InlineData("-> result<bytes, class>", "-> result<bytes>", "`outcome` / result / error: expected enum, found nothing")]
    [InlineData("blob: func(v: bytes) -> bytes;", "", "`blob`: expected a function, found nothing")]
    public void A_component_of_another_version_is_refused_with_the_place(string old, string changed, string difference)
    {
        Component component = EchoComponent.Make(Engine, TestFiles.Wit("shapes.wit").Replace(old, changed), "echo");
        WorldMismatchException refused = Assert.Throws<WorldMismatchException>(() => Echoer.Check(component));
        Assert.Contains(refused.Differences, found => found.EndsWith("`test:shapes/echo@1.0.0` / " + difference, StringComparison.Ordinal));
        Assert.Contains(difference, refused.Message);
        Assert.Throws<WorldMismatchException>(() => Echoer.Instantiate(_store, component, _host, _host));
    }

    [Fact]
    public void What_the_host_throws_comes_out_wrapped()
    {
        _host.Failure = new InvalidDataException("broken");
        HostFunctionException wrapped = Assert.Throws<HostFunctionException>(() => _echoer.Run(1));
        Assert.Same(_host.Failure, wrapped.InnerException);
        Assert.Throws<TrapException>(() => _echoer.Run(1));
    }

    [Fact]
    public void A_call_ends_when_the_token_of_the_store_is_cancelled()
    {
        using CancellationTokenSource source = new();
        WasmEngine engine = new(new WasmEngineOptions { Interruptible = true });
        using Store store = new(engine, new StoreOptions { CancellationToken = source.Token });
        Host host = new() { OnTick = source.Cancel };
        Echoer echoer = Echoer.Instantiate(store, EchoComponent.Make(engine, TestFiles.Wit("shapes.wit"), "echo"), host, host);

        Assert.Throws<OperationCanceledException>(() => echoer.Run(uint.MaxValue));
    }

    private sealed class Host : IEcho, IEchoerImports
    {
        public int Ticks { get; private set; }

        public Exception? Failure { get; set; }

        public Action? OnTick { get; init; }

        public Odd Echo(Odd v) => v;

        public Pixel[] Pixels(Pixel[] v) => v;

        public Token[] Tokens(Token[] v) => v;

        public Class GetTypeFunction(Class v) => v;

        public Bits Flags(Bits v) => v;

        public byte[] Blob(byte[] v) => v;

        public double[] Numbers(double[] v) => v;

        public Optional<uint?> Nested(Optional<uint?> v) => v;

        public (byte, ushort, uint, ulong, sbyte, short, int, long, float, double, bool, Rune, string, string[], string?, byte, ushort) Many(
            (byte, ushort, uint, ulong, sbyte, short, int, long, float, double, bool, Rune, string, string[], string?, byte, ushort) v) => v;

        public ValueTuple<string> One(ValueTuple<string> v) => v;

        public Result<byte[], Class> Outcome(Result<byte[], Class> v) => v;

        public Result<Unit, Unit> Unit(Result<Unit, Unit> v) => v;

        public string Keywords(uint @class, uint selfArgument, string @string) => $"{@class} {selfArgument} {@string}";

        public void Tick()
        {
            Ticks++;
            OnTick?.Invoke();
            if (Failure is not null)
            {
                throw Failure;
            }
        }
    }
}
