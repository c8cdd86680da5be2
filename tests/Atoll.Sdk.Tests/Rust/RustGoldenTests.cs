using Atoll.Wit;

namespace Atoll.Sdk.Tests.Rust;

/// <summary>The generated text of two small worlds, as it is written down in <c>tests/data/sdk/golden/rust</c>.</summary>
public sealed class RustGoldenTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("resources")]
    public void Bindings_are_what_is_written_down(string world) => Goldens.Check("rust", world, GuestLanguage.Rust);
}
