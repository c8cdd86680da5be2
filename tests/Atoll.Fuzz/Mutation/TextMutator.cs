using System.Text.RegularExpressions;
using Atoll.Fuzz.Generation;
using Atoll.Wasm.Binary;

namespace Atoll.Fuzz.Mutation;

/// <summary>Changes a module in the text format, token by token.</summary>
internal sealed partial class TextMutator(Corpus corpus, Choices choices)
{
    private static readonly string[] Mnemonics = [.. Instructions.All.Select(row => row.Mnemonic)];

    private static readonly string[] Odd =
    [
        "(", ")", "\"", "(;", ";)", ";;", "$", "$x", "\"\\00\"", "\"\\u{10ffff}\"", "\"\\u{d800}\"", "nan", "nan:0x0", "nan:canonical", "inf", "-0", "0x", "0x1p-1100",
        "1e400", "0x1.fffffefffffffp127", "99999999999999999999", "-9223372036854775809", "4294967296", "1_000", "1__0", "i32", "v128", "(param", "(result", "(type 0)",
        "(import \"a\" \"b\" (func))", "(export \"e\")", "offset=18446744073709551616", "align=3", "(ref null func)", "(memory 65537)", "(table 0 funcref)", "\u00e9", "\0",
        "(data \"\")", "(elem func)", "declare", "(item", "end", "else", "then",
    ];

    public string Mutate()
    {
        List<string> tokens = Tokens(Text());
        for (int i = choices.Pick(4); i >= 0; i--)
        {
            MutateOnce(tokens);
        }

        return string.Concat(tokens);
    }

    private string Text() => corpus.Texts.Count == 0 ? "(module (func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))" : choices.Pick(corpus.Texts);

    private static List<string> Tokens(string text) => [.. Token().Matches(text).Select(match => match.Value)];

    private void MutateOnce(List<string> tokens)
    {
        if (tokens.Count == 0)
        {
            tokens.Add("(module)");
        }

        int at = choices.Pick(tokens.Count);
        switch (choices.Pick(10))
        {
            case 0 when tokens.Count > 1:
                tokens.RemoveAt(at);
                break;
            case 1:
                tokens.Insert(at, tokens[choices.Pick(tokens.Count)]);
                break;
            case 2:
                int other = choices.Pick(tokens.Count);
                (tokens[at], tokens[other]) = (tokens[other], tokens[at]);
                break;
            case 3 or 4:
                tokens[at] = choices.Pick(Odd);
                break;
            case 5:
                tokens[at] = choices.Pick(Mnemonics);
                break;
            case 6:
                List<string> source = Tokens(Text());
                int from = choices.Pick(source.Count);
                tokens.InsertRange(at, source.Skip(from).Take(1 + choices.Pick(12)));
                break;
            case 7:
                int count = Math.Min(choices.Pick(12), tokens.Count - at - 1);
                tokens.RemoveRange(at, Math.Max(count, 0));
                break;
            case 8 when tokens[at].Length > 0:
                int letter = choices.Pick(tokens[at].Length);
                tokens[at] = tokens[at].Remove(letter, 1).Insert(letter, ((char)(32 + choices.Pick(96))).ToString());
                break;
            default:
                // Far deeper than any stack.
                string[] openers = ["(block ", "(if (then ", "(", "(i32.add ", "(module ", "block ", "(; "];
                tokens.Insert(at, string.Concat(Enumerable.Repeat(choices.Pick(openers), 1 << choices.Pick(17))));
                break;
        }
    }

    [GeneratedRegex("""[()]|"(?:[^"\\]|\\.)*"|[^\s()"]+|\s+|.""", RegexOptions.Singleline)]
    private static partial Regex Token();
}
