namespace Atoll.Cli;

/// <summary>A reader that is opened when somebody reads: opening the console's costs milliseconds, and hardly any command asks.</summary>
internal sealed class LazyReader(Func<TextReader> open) : TextReader
{
    private readonly Lazy<TextReader> _reader = new(open);

    public override int Peek() => _reader.Value.Peek();

    public override int Read() => _reader.Value.Read();

    public override int Read(char[] buffer, int index, int count) => _reader.Value.Read(buffer, index, count);

    public override string? ReadLine() => _reader.Value.ReadLine();

    public override string ReadToEnd() => _reader.Value.ReadToEnd();
}
