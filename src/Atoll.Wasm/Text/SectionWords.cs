namespace Atoll.Wasm.Text;

/// <summary>The words for sections in <c>(@custom …)</c> ("Custom Sections and Annotations / Custom Annotations"), in the order of the sections.</summary>
internal static class SectionWords
{
    private static readonly (byte Id, string Word)[] InOrder =
    [
        (1, "type"), (2, "import"), (3, "func"), (4, "table"), (5, "memory"), (13, "tag"), (6, "global"), (7, "export"), (8, "start"), (9, "elem"),
        (12, "datacount"), (10, "code"), (11, "data"),
    ];

    /// <summary>The id of the code section.</summary>
    public const byte Code = 10;

    /// <summary>The place after all sections.</summary>
    public static int Last => (2 * InOrder.Length) - 1;

    /// <summary>The word for a section's id.</summary>
    public static string Of(byte id) => Array.Find(InOrder, section => section.Id == id).Word;

    /// <summary>A number for the place before a section, or after it; places of a module increase.</summary>
    public static int Place(byte id, bool isAfter) => (2 * Array.FindIndex(InOrder, section => section.Id == id)) + (isAfter ? 1 : 0);

    /// <summary>The place before or after what a word names: a section, <c>first</c> or <c>last</c>. False: it is no such word.</summary>
    public static bool TryPlace(ReadOnlySpan<byte> word, bool isAfter, out int place)
    {
        string text = System.Text.Encoding.ASCII.GetString(word);
        int index = text switch
        {
            "first" => 0,
            "last" => InOrder.Length - 1,
            _ => Array.FindIndex(InOrder, section => section.Word == text),
        };
        place = (2 * index) + (isAfter ? 1 : 0);
        return index >= 0;
    }
}
