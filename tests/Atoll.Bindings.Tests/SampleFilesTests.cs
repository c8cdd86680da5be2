using System.Text;
using Atoll.Components.Text;
using Atoll.Wasm.Text;

namespace Atoll.Bindings.Tests;

/// <summary>The plug-ins of the sample, which are kept in binary, are those of their text.</summary>
public sealed class SampleFilesTests
{
    [Theory]
    [InlineData("shout", 'a', -32)]
    [InlineData("whisper", 'A', 32)]
    public void The_plugins_of_the_sample_are_those_of_their_text(string name, char from, int distance)
    {
        string folder = Path.Combine(TestFiles.Root, "samples", "plugin-host", "plugins");
        string text = File.ReadAllText(Path.Combine(folder, "plugin.wat"));
        string body = text[text.IndexOf("(component", StringComparison.Ordinal)..];
        byte[] component = ComponentText.Assemble(TextSource.Read(body
            .Replace("NAME", name).Replace("LENGTH", $"{Encoding.UTF8.GetByteCount(name)}").Replace("FROM", $"{(int)from}").Replace("DISTANCE", $"{distance}")));
        string file = Path.Combine(folder, name + ".wasm");
        if (Environment.GetEnvironmentVariable("ATOLL_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllBytes(file, component);
        }

        Assert.Equal(File.ReadAllBytes(file), component);
    }

    [Fact]
    public void The_template_has_the_world_of_the_sample() => Assert.Equal(
        File.ReadAllText(Path.Combine(TestFiles.Root, "samples", "plugin-host", "wit", "plugin.wit")),
        File.ReadAllText(Path.Combine(TestFiles.Root, "templates", "content", "atoll-host", "wit", "plugin.wit")));
}
