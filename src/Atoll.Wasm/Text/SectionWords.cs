namespace Atoll.Wasm.Text;

/// <summary>The words for sections in <c>(@custom …)</c> ("Custom Sections and Annotations / Custom Annotations"), in the order of the sections.</summary>
internal static class SectionWords
{
    private static readonly (byte Id, string Word)[] InOrder =
    [
        (1, "type"), (2, "import"), (3, "func"), (4, "table"), (5, "memory"), (13, "tag"), (6, "global"), (7, "export"), (8, "start"), (9, "elem"),
        (12, "datacount"), (10, "code"), (11, "data"),
    ];

    /// <summary>The word for a section's id.</summary>
    public static string Of(byte id) => Array.Find(InOrder, section => section.Id == id).Word;
}
