using Atoll.Wasm.Binary;

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

    /// <summary>Writes a module in the text format; <see cref="ToBinary(string)"/> reads it back to the same module.</summary>
    /// <param name="binary">
    /// The module in the binary format. It must be well formed and need not be valid, and may use every feature that the engine knows.
    /// </param>
    /// <param name="output">
    /// Takes the text while it is made. Lines end in LF; the same module always gives the same text. Nothing is written when the module is malformed.
    /// </param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <param name="cancellationToken">Stops the work between functions.</param>
    /// <remarks>
    /// Names of the name section become identifiers, other custom sections become <c>(@custom …)</c>. The text takes several times the size of
    /// the binary. What can differ when it is read back: how numbers are encoded, the place of the name section, and whether a data count
    /// section is there that no instruction needs.
    /// </remarks>
    /// <exception cref="MalformedModuleException">The bytes are no module, or break one of the limits.</exception>
    /// <exception cref="InvalidModuleException">A type refers to one that the module does not have.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static void Print(ReadOnlySpan<byte> binary, TextWriter output, WatPrintOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        options ??= new WatPrintOptions();
        ModuleDefinition module = ModuleDecoder.Decode(binary.ToArray(), options.Limits ?? ModuleLimits.Default, WasmFeatures.All);
        new ModulePrinter(module, output, options, cancellationToken).Run();
    }

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
