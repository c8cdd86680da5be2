using System.Runtime.CompilerServices;
using Atoll.Components;
using Atoll.Sdk.Tests.Guests;

namespace Atoll.Sdk.Tests.Coverage;

/// <summary>What guests on QuickJS do. What they cannot do stands in <c>coverage/quickjs-expectations.txt</c>, and is expected to fail as it says there.</summary>
public abstract class QuickJsCoverageTests : CoverageTests
{
    public override void Handles_of_the_host_go_through_the_guest() => Expect(base.Handles_of_the_host_go_through_the_guest);

    public override void Resources_of_the_guest_live_until_they_are_dropped() => Expect(base.Resources_of_the_guest_live_until_they_are_dropped);

    private static void Expect(Action test, [CallerMemberName] string name = "")
    {
        string[][] lines = [.. File.ReadLines(Files.Data("coverage/quickjs-expectations.txt")).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(" | "))];
        if (lines.FirstOrDefault(line => line[0] == name) is not [_, string message, _])
        {
            test();
            return;
        }

        Exception? failure = Record.Exception(test);
        Assert.True(failure is not null, $"{name} works now: take it out of quickjs-expectations.txt");
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }
}

/// <summary>The guest in JavaScript.</summary>
public sealed class JavaScriptCoverageTests : QuickJsCoverageTests
{
    private const int MaxBytes = 1_700_000;

    private static readonly Lazy<byte[]> Built = new(() => JavaScriptGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/js/guest.js")));

    protected override byte[] Component => Built.Value;

    [Fact]
    public void A_small_world_is_not_too_large() =>
        Assert.InRange(JavaScriptGuest.Build(Files.Data("golden/plugin.wit"), "guest.js.example").Length, 1, MaxBytes);

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

/// <summary>The guest in TypeScript.</summary>
public sealed class TypeScriptCoverageTests : QuickJsCoverageTests
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
