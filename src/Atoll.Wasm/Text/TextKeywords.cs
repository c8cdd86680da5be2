using System.Collections.Frozen;
using System.Text;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <summary>
/// The words of the text format. A word outside of this list is an "unknown operator" wherever it stands; one inside of it
/// can only be an "unexpected token".
/// </summary>
internal static class TextKeywords
{
    private static readonly string[] Structure =
    [
        "module", "definition", "instance", "binary", "quote", "type", "func", "param", "result", "local", "table", "memory",
        "global", "mut", "import", "export", "start", "elem", "data", "offset", "item", "declare", "then", "shared",
        "null", "ref", "rec", "sub", "final", "field", "tag", "i8", "i16",
        "do", "catch_ref", "catch_all_ref",
        "pagesize",
    ];

    private static readonly string[] Script =
    [
        "register", "invoke", "get", "assert_return", "assert_trap", "assert_exhaustion", "assert_malformed", "assert_invalid",
        "assert_malformed_custom", "assert_invalid_custom",
        "assert_unlinkable", "assert_exception", "nan:canonical", "nan:arithmetic", "ref.extern", "ref.host", "ref.any", "ref.struct", "ref.array", "either", "thread", "wait",
    ];

    private static readonly FrozenSet<string> Known =
        Structure.Concat(Script).Concat(TextTypes.Words).Concat(Instructions.All.Select(i => i.Mnemonic))
            .ToFrozenSet(StringComparer.Ordinal);

    // Some names stand for two codes: here is the one that says less.
    private static readonly FrozenDictionary<string, Instruction>.AlternateLookup<ReadOnlySpan<char>> MnemonicLookup =
        Instructions.All.Where(i => i.Opcode is not (Opcode.SelectT or Opcode.RefTestNull or Opcode.RefCastNull))
            .ToFrozenDictionary(i => i.Mnemonic, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public static bool IsKnown(ReadOnlySpan<byte> word) =>
        Known.Contains(Encoding.ASCII.GetString(word)) || IsArgument(word, "offset="u8) || IsArgument(word, "align="u8);

    public static bool TryInstruction(ReadOnlySpan<byte> word, out Instruction instruction)
    {
        Span<char> chars = stackalloc char[64];
        if (word.Length > chars.Length)
        {
            instruction = null!;
            return false;
        }

        int length = Encoding.ASCII.GetChars(word, chars);
        return MnemonicLookup.TryGetValue(chars[..length], out instruction!);
    }

    public static bool IsArgument(ReadOnlySpan<byte> word, ReadOnlySpan<byte> prefix) =>
        word.Length > prefix.Length && word.StartsWith(prefix) && TextNumbers.Classify(word[prefix.Length..]) == TokenKind.Nat;
}
