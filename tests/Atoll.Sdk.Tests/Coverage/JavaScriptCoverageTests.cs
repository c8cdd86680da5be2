using Atoll.Components;
using Atoll.Sdk.Bindgen.JavaScript;
using Atoll.Sdk.Tests.Guests;
using Atoll.Wasm;

namespace Atoll.Sdk.Tests.Coverage;

/// <summary>The guest in JavaScript.</summary>
public sealed class JavaScriptCoverageTests : CoverageTests
{
    private const int MaxBytes = 1_700_000;

    private static readonly Lazy<byte[]> Built = new(() => JavaScriptGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/js/guest.js")));

    protected override byte[] Component => Built.Value;

    [Fact]
    public void A_small_world_is_not_too_large() =>
        Assert.InRange(JavaScriptGuest.Build(Files.Data("golden/plugin.wit"), "guest.js.example").Length, 1, MaxBytes);

    [Fact]
    public void The_same_program_gives_the_same_component()
    {
        using TemporaryFolder folder = new();
        string wit = Path.Combine(folder.Path, "world.wit"), source = Path.Combine(folder.Path, "guest.js");
        File.WriteAllText(wit, "package a:b; world clock { export began: func() -> f64; export drawn: func() -> f64; export now: func() -> f64; }");

        // A map and a number by chance at the beginning: what depends on the seed and on clocks.
        File.WriteAllText(source, """
            const start = Date.now() + performance.now(), chance = Math.random(), words = new Map([['a', 1], ['b', 2]]);
            export const began = () => start + words.size - 2;
            export const drawn = () => chance;
            export const now = () => Date.now();
            """);
        byte[] component = JavaScriptGuest.Build(wit, source);
        Assert.Equal(component, JavaScriptGuest.Build(wit, source));
        WasmEngine engine = new();
        using Store store = new(engine);
        ComponentInstance instance = new ComponentLinker().Instantiate(store, Components.Component.Load(engine, component));
        Assert.Equal(0, instance.GetFunction("began")!.ToDelegate<Func<double>>()());
        Assert.InRange(instance.GetFunction("drawn")!.ToDelegate<Func<double>>()(), 0, 1);

        // From then on the clock is the host's, which a component without WASI does not have.
        Assert.Throws<TrapException>(() => instance.GetFunction("now")!.Invoke());
    }

    [Fact]
    public void Owned_resources_of_the_guest_are_refused_where_the_runtime_mixes_them_up()
    {
        using CoverageHost host = new(JavaScriptGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/js/guest.js"), hasOurRuntime: false), _ => { });
        ComponentValue notes = host.Function(CoverageHost.Made, "notes").Invoke(ComponentValue.List([ComponentValue.String("x")]))!.Value;
        Assert.Throws<TrapException>(() => host.Function(CoverageHost.Made, "take").Invoke(notes.AsList()[0]));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 0x61, 0x73, 0x6D, 1, 0, 0, 0 })]
    [InlineData(new byte[] { 9, 0, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 0, 3, 2, 0xC3 })]
    public void A_program_without_a_runtime_has_none(byte[] program)
    {
        Assert.Null(QuickJsRuntime.Find(program, forSize: false));
        Assert.Null(QuickJsRuntime.Find([.. program, .. "wit_dylib_push_string"u8], forSize: true));
    }

    [Fact]
    public void Integers_are_made_exact_once() => Assert.Equal(Component, QuickJsComponent.WithExactIntegers(Component));

    [Fact]
    public void Integers_cannot_be_made_exact_in_what_has_no_QuickJS()
    {
        byte[] empty = [0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00];
        ComponentWritingException exception = Assert.Throws<ComponentWritingException>(() => QuickJsComponent.WithExactIntegers(empty));
        Assert.Contains("holds no QuickJS", exception.Message, StringComparison.Ordinal);
        Assert.Throws<MalformedComponentException>(() => QuickJsComponent.WithExactIntegers(empty.AsMemory(0, 7)));
    }

    [Fact]
    public void Types_of_JavaScript_are_accepted() => JavaScriptGuest.CheckTypes(Files.Data("golden/plugin.wit"), "guest.js.example");
}

/// <summary>The guest in JavaScript, on the smaller runtime.</summary>
public sealed class SmallJavaScriptCoverageTests : CoverageTests
{
    private const int MaxBytes = 1_350_000;

    private static readonly Lazy<byte[]> Built = new(() => JavaScriptGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/js/guest.js"), forSize: true));

    protected override byte[] Component => Built.Value;

    [Fact]
    public void Is_small() => Assert.InRange(Component.Length, 1, MaxBytes);
}

/// <summary>The guest in TypeScript.</summary>
public sealed class TypeScriptCoverageTests : CoverageTests
{
    private static readonly Lazy<byte[]> Built = new(() => JavaScriptGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/ts/guest.ts")));

    protected override byte[] Component => Built.Value;

    [Theory]
    [InlineData("coverage/coverage.wit", "coverage/ts/guest.ts")]
    [InlineData("coverage/coverage.wit", "guest.ts.example")]
    [InlineData("golden/plugin.wit", "guest.ts.example")]
    [InlineData("golden/store.wit", "guest.ts.example")]
    public void Types_are_accepted_in_strict_mode(string wit, string guest) =>
        JavaScriptGuest.CheckTypes(Files.Data(wit), guest.Contains('/', StringComparison.Ordinal) ? Files.Data(guest) : guest);
}
