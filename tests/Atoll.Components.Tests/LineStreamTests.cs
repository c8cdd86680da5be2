using System.Text;

namespace Atoll.Components.Tests;

/// <summary>What guests print, as lines.</summary>
public sealed class LineStreamTests
{
    [Theory]
    [InlineData("one\ntwo\n", "one|two")]
    [InlineData("one\r\n\r\n\ntwo", "one|||two")]
    [InlineData("", "")]
    [InlineData("12345678", "12345678")]
    [InlineData("12345678\n", "12345678")]
    [InlineData("123456789\n", "12345678|9")]
    [InlineData("12345678123456781\n2", "12345678|12345678|1|2")]
    public void Lines_are_the_same_however_they_come(string text, string lines)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int piece = 1; piece <= bytes.Length + 1; piece++)
        {
            List<string> found = [];
            using (LineStream stream = new(found.Add, maxLineBytes: 8))
            {
                for (int i = 0; i < bytes.Length; i += piece)
                {
                    stream.Write(bytes, i, Math.Min(piece, bytes.Length - i));
                }
            }

            Assert.Equal(lines, string.Join('|', found));
        }
    }

    [Fact]
    public void What_is_no_text_does_no_harm()
    {
        List<string> found = [];
        using LineStream stream = new(found.Add);
        stream.Write([0xff, 0xc3, (byte)'\n']);
        Assert.Equal("\ufffd\ufffd", Assert.Single(found));
        Assert.Throws<NotSupportedException>(() => stream.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LineStream(found.Add, 0));
    }
}
