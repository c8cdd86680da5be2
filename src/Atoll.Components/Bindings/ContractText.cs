using System.Globalization;
using Atoll.Components.Types;

namespace Atoll.Components.Bindings;

/// <summary>A type as a contract states it.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Names">Names of fields, cases or flags; of a handle, the name of its resource.</param>
/// <param name="Parts">Types within, null where there is none: of fields, of cases, of both sides of a result.</param>
/// <param name="Length">Of a list, the fixed length.</param>
internal sealed record ContractType(ComponentValueKind Kind, string[] Names, ContractType?[] Parts, uint? Length = null);

/// <summary>A function as a contract states it: parameters are the names and parts of a record.</summary>
internal sealed record ContractFunction(string Name, bool IsImport, bool IsAsync, ContractType Parameters, ContractType? Result);

/// <summary>Reads the text of a <see cref="WorldContract"/>. Whoever compiled the program wrote it: a mistake in it is an error of the program.</summary>
internal sealed class ContractText
{
    private const int MaxDepth = 200;

    private readonly List<ContractType> _types = [];
    private string _line = "";
    private int _at;
    private int _depth;

    private ContractText()
    {
    }

    public List<ContractFunction> Functions { get; } = [];

    /// <exception cref="FormatException">The text does not follow the form.</exception>
    public static ContractText Read(string text)
    {
        ContractText read = new();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            read.ReadLine(line);
        }

        return read;
    }

    private void ReadLine(string line)
    {
        (_line, _at) = (line, 0);
        string verb = Until(" ");
        _at++;
        switch (verb)
        {
            case "type":
                Until(" ");
                _at++;
                _types.Add(Type());
                break;
            case "import" or "export":
                bool isAsync = Take("async ");
                string name = Until("(");
                ContractType parameters = Members(ComponentValueKind.Record, '(', ')');
                Functions.Add(new ContractFunction(name, verb == "import", isAsync, parameters, Take("->") ? Type() : null));
                break;
            default:
                throw Wrong();
        }

        if (_at != line.Length)
        {
            throw Wrong();
        }
    }

    private ContractType Type()
    {
        if (++_depth > MaxDepth)
        {
            throw Wrong();
        }

        ContractType type = Take("#")
            ? int.TryParse(Until(",>})"), NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < _types.Count ? _types[index] : throw Wrong()
            : Type(Until("<{,>})"));
        _depth--;
        return type;
    }

    private ContractType Type(string word)
    {
        ComponentValueKind kind = Enum.TryParse(word, ignoreCase: true, out ComponentValueKind known) && !char.IsDigit(word[0]) ? known : throw Wrong();
        switch (kind)
        {
            case ComponentValueKind.Record or ComponentValueKind.Variant or ComponentValueKind.Enum or ComponentValueKind.Flags:
                return Members(kind, '{', '}');
            case ComponentValueKind.Own or ComponentValueKind.Borrow:
                Expect('<');
                string resource = Until(">");
                Expect('>');
                return new ContractType(kind, [resource], []);
            case ComponentValueKind.List:
                Expect('<');
                ContractType element = Type();
                uint? length = Take(",") ? uint.Parse(Until(">"), NumberStyles.None, CultureInfo.InvariantCulture) : null;
                Expect('>');
                return new ContractType(kind, [], [element], length);
            case ComponentValueKind.Tuple or ComponentValueKind.Option or ComponentValueKind.Result or ComponentValueKind.Map
                or ComponentValueKind.Stream or ComponentValueKind.Future:
                return new ContractType(kind, [], Arguments());
            default:
                return new ContractType(kind, [], []);
        }
    }

    private ContractType?[] Arguments()
    {
        List<ContractType?> parts = [];
        Expect('<');
        do
        {
            parts.Add(Take("_") ? null : Type());
        }
        while (Take(","));
        Expect('>');
        return [.. parts];
    }

    private ContractType Members(ComponentValueKind kind, char open, char close)
    {
        List<string> names = [];
        List<ContractType?> parts = [];
        Expect(open);
        while (_at < _line.Length && _line[_at] != close)
        {
            names.Add(Until(":,})"));
            parts.Add(Take(":") ? Type() : null);
            Take(",");
        }

        Expect(close);
        return new ContractType(kind, [.. names], [.. parts]);
    }

    private string Until(string ends)
    {
        int end = _line.AsSpan(_at).IndexOfAny(ends);
        string word = end < 0 ? _line[_at..] : _line.Substring(_at, end);
        _at += word.Length;
        return word.Length > 0 ? word : throw Wrong();
    }

    private bool Take(string text)
    {
        bool isThere = _line.AsSpan(_at).StartsWith(text, StringComparison.Ordinal);
        _at += isThere ? text.Length : 0;
        return isThere;
    }

    private void Expect(char character)
    {
        if (_at >= _line.Length || _line[_at++] != character)
        {
            throw Wrong();
        }
    }

    private FormatException Wrong() => new($"the contract is not well formed at character {_at} of `{_line}`");
}
