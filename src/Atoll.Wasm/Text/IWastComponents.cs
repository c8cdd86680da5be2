namespace Atoll.Wasm.Text;

/// <summary>What it takes to read scripts with components. The engine knows modules only; who knows components passes this in.</summary>
internal interface IWastComponents
{
    /// <summary>Assembles the <c>(component …)</c> at the cursor and moves past it.</summary>
    byte[] Assemble(TextCursor cursor);

    /// <summary>
    /// Reads a constant that only components have, from the word after its opening parenthesis to the closing one, which is left.
    /// Null, and nothing read, when the word is none of theirs.
    /// </summary>
    object? TryValue(TextCursor cursor);
}
