using Atoll.Components;
using Atoll.Components.Types;
using Atoll.Sdk.Tests.Guests;

namespace Atoll.Sdk.Tests.Coverage;

/// <summary>The guest in JavaScript, on QuickJS.</summary>
public sealed class JavaScriptCoverageTests : CoverageTests
{
    private const int MaxBytes = 1_700_000;

    private static readonly Lazy<byte[]> Built = new(() => JavaScriptGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/js/guest.js")));

    protected override byte[] Component => Built.Value;

    [Fact]
    public void Is_not_too_large() => Assert.InRange(Component.Length, 1, MaxBytes);

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
    public void Types_of_JavaScript_are_accepted() => JavaScriptGuest.CheckTypes(Files.Data("golden/plugin.wit"), "guest.example.js");
}

/// <summary>The guest in TypeScript.</summary>
public sealed class TypeScriptCoverageTests : CoverageTests
{
    private static readonly Lazy<byte[]> Built = new(() => JavaScriptGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/ts/guest.ts")));

    protected override byte[] Component => Built.Value;

    [Theory]
    [InlineData("coverage/coverage.wit", "coverage/ts/guest.ts")]
    [InlineData("coverage/coverage.wit", "guest.example.ts")]
    [InlineData("golden/plugin.wit", "guest.example.ts")]
    [InlineData("golden/store.wit", "guest.example.ts")]
    public void Types_are_accepted_in_strict_mode(string wit, string guest) =>
        JavaScriptGuest.CheckTypes(Files.Data(wit), guest.Contains('/', StringComparison.Ordinal) ? Files.Data(guest) : guest);
}
