using System.Collections.Generic;
using System.Linq;

namespace Atoll.Bindings.Naming;

/// <summary>C# names for names in kebab case. The runtime makes Pascal case by the same rule.</summary>
internal static class Identifiers
{
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default", "delegate",
        "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in",
        "int", "interface", "internal", "is", "lock", "long", "namespace", "new", "null", "object", "operator", "out", "override", "params", "private",
        "protected", "public", "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this",
        "throw", "true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while", "field", "value",
    };

    /// <summary>Members that every class has.</summary>
    public static readonly string[] OfObject = ["Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString"];

    /// <summary>Members that every record has.</summary>
    public static readonly string[] OfRecord = [.. OfObject, "Clone", "Deconstruct", "EqualityContract", "PrintMembers"];

    /// <summary><c>parse-XML</c> is <c>ParseXml</c>.</summary>
    public static string Pascal(string name) =>
        string.Concat(name.Split('-').Where(word => word.Length > 0).Select(word => char.ToUpperInvariant(word[0]) + word.Substring(1).ToLowerInvariant()));

    /// <summary><c>parse-XML</c> is <c>parseXml</c>; keywords get their mark.</summary>
    public static string Camel(string name)
    {
        string pascal = Pascal(name);
        string camel = char.ToLowerInvariant(pascal[0]) + pascal.Substring(1);
        return Keywords.Contains(camel) ? "@" + camel : camel;
    }

    /// <summary>A private field.</summary>
    public static string Field(string pascal) => "_" + char.ToLowerInvariant(pascal[0]) + pascal.Substring(1);
}

/// <summary>Names that must differ. What is taken already gets a word behind it, and a number if that is not enough.</summary>
internal sealed class NameScope(IEnumerable<string> reserved, bool ignoreCase = false)
{
    private readonly HashSet<string> _taken = new(reserved, ignoreCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    public string Take(string name, string suffix)
    {
        string free = name;
        for (int i = 1; !_taken.Add(free); i++)
        {
            free = name + suffix + (i == 1 ? "" : i.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        return free;
    }
}
