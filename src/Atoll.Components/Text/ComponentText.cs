using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <summary>The text format of components.</summary>
internal static class ComponentText
{
    /// <summary>Whether a text is that of a component, and not of a module.</summary>
    public static bool IsComponent(TextSource source) => new TextCursor(source).AtOpen("component"u8);

    /// <summary>Assembles a text that is one <c>(component …)</c>.</summary>
    /// <exception cref="MalformedModuleException">The text does not follow the format; the message has line and column.</exception>
    public static byte[] Assemble(string text) => Assemble(TextSource.Read(text));

    /// <summary>Assembles a text that is one <c>(component …)</c>.</summary>
    /// <exception cref="MalformedModuleException">The text does not follow the format; the message has line and column.</exception>
    public static byte[] Assemble(TextSource source)
    {
        TextCursor cursor = new(source);
        byte[] binary = AssembleComponent(cursor);
        cursor.Expect(TokenKind.End, "the end of the text");
        return binary;
    }

    /// <summary>Assembles the <c>(component …)</c> at the cursor, of a file or a script, and moves past it.</summary>
    public static byte[] AssembleComponent(TextCursor cursor)
    {
        cursor.ExpectOpen();
        cursor.ExpectKeyword("component"u8);
        cursor.TryKeyword("definition"u8);
        string? id = cursor.TryId();
        byte[] binary = cursor.TryKeyword("binary"u8) ? cursor.Strings()
            : cursor.TryKeyword("quote"u8) ? AssembleFields(TextSource.Read(cursor.Strings()), id)
            : ComponentAssembler.Assemble(cursor, id);
        cursor.ExpectClose();
        return binary;
    }

    private static byte[] AssembleFields(TextSource source, string? id)
    {
        TextCursor cursor = new(source);
        byte[] binary = ComponentAssembler.Assemble(cursor, id);
        cursor.Expect(TokenKind.End, "the end of the text");
        return binary;
    }
}
