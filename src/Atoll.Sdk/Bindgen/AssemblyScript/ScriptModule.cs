using System.Globalization;
using System.Text;

namespace Atoll.Sdk.Bindgen.AssemblyScript;

/// <summary>Names of exports as asc can write them, which exports identifiers only.</summary>
internal static class ScriptModule
{
    /// <summary>What an identifier begins with that stands for another name; <c>$</c> and two hexadecimal digits are a character that identifiers cannot have.</summary>
    private const string Mark = "wit$";

    public static string Identifier(string name)
    {
        StringBuilder text = new(Mark);
        foreach (char letter in name)
        {
            text.Append(char.IsAsciiLetterOrDigit(letter) || letter == '_' ? letter.ToString() : string.Create(CultureInfo.InvariantCulture, $"${(int)letter:x2}"));
        }

        return text.ToString();
    }

    /// <summary>The name that an identifier stands for, or itself.</summary>
    public static string Original(string name)
    {
        if (!name.StartsWith(Mark, StringComparison.Ordinal))
        {
            return name;
        }

        StringBuilder text = new();
        for (int i = Mark.Length; i < name.Length; i++)
        {
            if (name[i] == '$' && i + 2 < name.Length && byte.TryParse(name.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                text.Append((char)value);
                i += 2;
            }
            else
            {
                text.Append(name[i]);
            }
        }

        return text.ToString();
    }
}
