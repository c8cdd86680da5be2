namespace Atoll.Sdk.Bindgen;

/// <summary>Names in kebab case in the cases of other languages.</summary>
internal static class Identifiers
{
    /// <summary><c>parse-XML</c> is <c>parse_xml</c>.</summary>
    public static string Snake(string name) => name.Replace('-', '_').ToLowerInvariant();

    /// <summary><c>parse-XML</c> is <c>PARSE_XML</c>.</summary>
    public static string Upper(string name) => name.Replace('-', '_').ToUpperInvariant();

    /// <summary><c>parse-XML</c> is <c>ParseXml</c>.</summary>
    public static string Pascal(string name) =>
        string.Concat(name.Split('-').Where(word => word.Length > 0).Select(word => char.ToUpperInvariant(word[0]) + word[1..].ToLowerInvariant()));

    /// <summary><c>parse-XML</c> is <c>parseXml</c>.</summary>
    public static string Camel(string name)
    {
        string pascal = Pascal(name);
        return char.ToLowerInvariant(pascal[0]) + pascal[1..];
    }
}
