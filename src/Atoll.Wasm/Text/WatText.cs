namespace Atoll.Wasm.Text;

/// <summary>The WebAssembly text format (specification, "Text Format").</summary>
/// <remarks>Thread-safe: it keeps no state. It reads no files.</remarks>
public static class WatText
{
    /// <summary>Translates a module from the text format to the binary format, names included.</summary>
    /// <param name="text">
    /// One <c>(module …)</c>, or just its fields. Not longer than 256 MiB in UTF-8 and 50 million tokens, instructions not nested deeper than 10,000.
    /// </param>
    /// <returns>The binary. It follows the binary format; whether it is valid is for the engine to say.</returns>
    /// <exception cref="MalformedModuleException">The text does not follow the format; the message has line and column.</exception>
    public static byte[] ToBinary(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Assemble(TextSource.Read(text));
    }

    /// <summary>Translates a module in UTF-8 from the text format to the binary format, names included.</summary>
    /// <param name="utf8">As for <see cref="ToBinary(string)"/>.</param>
    /// <returns>The binary. It follows the binary format; whether it is valid is for the engine to say.</returns>
    /// <exception cref="MalformedModuleException">The text does not follow the format; the message has line and column.</exception>
    public static byte[] ToBinary(ReadOnlySpan<byte> utf8) => Assemble(TextSource.Read(utf8.ToArray()));

    /// <summary>Assembles the <c>(module …)</c> at the cursor and moves past it.</summary>
    internal static byte[] AssembleModule(TextCursor cursor)
    {
        cursor.ExpectOpen();
        cursor.ExpectKeyword("module"u8);
        cursor.TryKeyword("definition"u8);
        string? name = cursor.TryId();
        byte[] binary;
        if (cursor.TryKeyword("binary"u8))
        {
            binary = cursor.Strings();
        }
        else if (cursor.TryKeyword("quote"u8))
        {
            binary = Assemble(TextSource.Read(cursor.Strings()));
        }
        else
        {
            binary = new ModuleAssembler(cursor, name).Run();
        }

        cursor.ExpectClose();
        return binary;
    }

    /// <summary>Assembles a text that is one module, or the fields of one.</summary>
    internal static byte[] Assemble(TextSource source)
    {
        TextCursor cursor = new(source);
        byte[] binary = cursor.AtOpen("module"u8) ? AssembleModule(cursor) : new ModuleAssembler(cursor, name: null).Run();
        cursor.Expect(TokenKind.End, "the end of the text");
        return binary;
    }
}
