using System.Globalization;

namespace Atoll.Cli.Packaging;

/// <summary>A type as the JIT compiler names it: <c>System.Collections.Generic.List`1+Enumerator[System.__Canon]</c>.</summary>
/// <param name="Name">Full name without arguments; <c>+</c> before the name of a nested type.</param>
/// <param name="Arguments">What its parameters stand for, those of enclosing types first.</param>
internal sealed record CompiledType(string Name, IReadOnlyList<CompiledType> Arguments);

/// <summary>A method as the JIT compiler names it in its summary (<c>DOTNET_JitStdOutFile</c>). Parameters are only counted: types have other names there than in metadata.</summary>
/// <param name="Type">The type that it belongs to.</param>
/// <param name="Name">Its name in metadata.</param>
/// <param name="Arguments">What its own type parameters stand for.</param>
/// <param name="ParameterCount">How many parameters it has.</param>
/// <param name="Size">How many bytes of IL it has.</param>
internal sealed record CompiledName(CompiledType Type, string Name, IReadOnlyList<CompiledType> Arguments, int ParameterCount, int Size)
{
    private const string Before = ": JIT compiled ";
    private const string BeforeSize = "IL size=";

    /// <summary>Reads a line of the summary, <c>  12: JIT compiled Type:Method[T](int,byref) [Tier0, IL size=9, code size=39]</c>; null when it is none, or names a stub.</summary>
    public static CompiledName? TryParse(string line)
    {
        int start = line.IndexOf(Before, StringComparison.Ordinal), end = line.LastIndexOf(" [", StringComparison.Ordinal), sizeAt = line.LastIndexOf(BeforeSize, StringComparison.Ordinal);
        if (start < 0 || end < (start += Before.Length) || sizeAt < end)
        {
            return null;
        }

        ReadOnlySpan<char> digits = line.AsSpan(sizeAt + BeforeSize.Length);
        if (!int.TryParse(digits[..Math.Max(0, digits.IndexOf(','))], NumberStyles.None, CultureInfo.InvariantCulture, out int size))
        {
            return null;
        }

        ReadOnlySpan<char> text = line.AsSpan(start, end - start);
        int colon = OutsideOfBrackets(text, ':');
        int open = colon < 0 ? -1 : text.IndexOf('(');
        if (open < colon + 2 || ParseType(text[..colon]) is not { } type)
        {
            return null;
        }

        // Names of explicit implementations may hold brackets too, but not at their end.
        ReadOnlySpan<char> name = text[(colon + 1)..open];
        int bracket = name[^1] == ']' ? OutsideOfBrackets(name, '[') : -1;
        IReadOnlyList<CompiledType>? arguments = bracket < 0 ? [] : ParseAll(name[(bracket + 1)..^1]);
        return arguments is null ? null : new CompiledName(type, (bracket < 0 ? name : name[..bracket]).ToString(), arguments, Count(text[(open + 1)..]), size);
    }

    private static CompiledType? ParseType(ReadOnlySpan<char> text)
    {
        int bracket = OutsideOfBrackets(text, '[');
        if (bracket < 0)
        {
            return text.IsEmpty ? null : new CompiledType(text.ToString(), []);
        }

        return text[^1] == ']' && ParseAll(text[(bracket + 1)..^1]) is { } arguments ? new CompiledType(text[..bracket].ToString(), arguments) : null;
    }

    private static List<CompiledType>? ParseAll(ReadOnlySpan<char> text)
    {
        List<CompiledType> found = [];
        while (true)
        {
            int comma = OutsideOfBrackets(text, ',');
            if (ParseType(comma < 0 ? text : text[..comma]) is not { } one)
            {
                return null;
            }

            found.Add(one);
            if (comma < 0)
            {
                return found;
            }

            text = text[(comma + 1)..];
        }
    }

    private static int Count(ReadOnlySpan<char> parameters)
    {
        int close = parameters.LastIndexOf(')');
        ReadOnlySpan<char> rest = close < 0 ? parameters : parameters[..close];
        int count = rest.IsEmpty ? 0 : 1;
        for (int comma; (comma = OutsideOfBrackets(rest, ',')) >= 0; rest = rest[(comma + 1)..])
        {
            count++;
        }

        return count;
    }

    private static int OutsideOfBrackets(ReadOnlySpan<char> text, char wanted)
    {
        int depth = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (depth == 0 && text[i] == wanted)
            {
                return i;
            }

            depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
        }

        return -1;
    }
}
