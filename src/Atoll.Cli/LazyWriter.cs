using System.Text;

namespace Atoll.Cli;

/// <summary>Opens its writer at the first character: most runs of a guest print nothing of our own.</summary>
internal sealed class LazyWriter(Func<TextWriter> open) : TextWriter
{
    private TextWriter? _inner;

    public override Encoding Encoding => Encoding.UTF8;

    private TextWriter Inner => _inner ??= open();

    public override void Write(char value) => Inner.Write(value);

    public override void Write(char[] buffer, int index, int count) => Inner.Write(buffer, index, count);

    public override void Write(ReadOnlySpan<char> buffer) => Inner.Write(buffer);

    public override void Write(string? value) => Inner.Write(value);

    public override void WriteLine() => Inner.WriteLine();

    public override void WriteLine(string? value) => Inner.WriteLine(value);

    public override void Flush() => _inner?.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner?.Dispose();
        }

        base.Dispose(disposing);
    }
}
