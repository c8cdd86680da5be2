using Atoll.Sdk.Tests.Guests;

namespace Atoll.Sdk.Tests.Coverage;

/// <summary>The guest in C, with a C library.</summary>
public sealed class CCoverageTests : CoverageTests
{
    private static readonly Lazy<byte[]> Built = new(() => CGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/c/guest.c"), isFreestanding: false));

    protected override byte[] Component => Built.Value;
}

/// <summary>The guest in C, without a C library.</summary>
public sealed class FreestandingCCoverageTests : CoverageTests
{
    private static readonly Lazy<byte[]> Built = new(() => CGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/c/guest.c"), isFreestanding: true));

    protected override byte[] Component => Built.Value;

    [Fact]
    public void Is_small() => Assert.InRange(Component.Length, 1, 60_000);
}

/// <summary>The guest in AssemblyScript.</summary>
public sealed class AssemblyScriptCoverageTests : CoverageTests
{
    private static readonly Lazy<byte[]> Built = new(() => ScriptGuest.Build(Files.Data("coverage/coverage.wit"), Files.Data("coverage/assemblyscript/guest.ts")));

    protected override byte[] Component => Built.Value;
}
