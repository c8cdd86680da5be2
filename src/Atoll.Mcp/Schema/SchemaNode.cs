using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Atoll.Host.Configuration;

namespace Atoll.Mcp.Schema;

[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Number = 4,
    Integer = 8,
    String = 16,
    Array = 32,
    Object = 64,
}

/// <summary>One compiled (sub)schema. Set up by the compiler, then only read.</summary>
internal sealed class SchemaNode
{
    // A $ref that leads back to itself would never end; no real document nests this deep.
    private const int MaxDepth = 128;

    public bool Never { get; set; }

    public JsonTypes Types { get; set; }

    public JsonElement[]? Enum { get; set; }

    public Dictionary<string, SchemaNode>? Properties { get; set; }

    public string[]? Required { get; set; }

    public SchemaNode? AdditionalProperties { get; set; }

    public SchemaNode? Items { get; set; }

    public bool UniqueItems { get; set; }

    public SchemaNode[]? AllOf { get; set; }

    public SchemaNode[]? AnyOf { get; set; }

    public SchemaNode[]? OneOf { get; set; }

    public SchemaNode? Not { get; set; }

    public SchemaNode? Reference { get; set; }

    public Regex? Pattern { get; set; }

    public bool IsPath { get; set; }

    public int? MinLength { get; set; }

    public int? MaxLength { get; set; }

    public int? MinItems { get; set; }

    public int? MaxItems { get; set; }

    public int? MinProperties { get; set; }

    public int? MaxProperties { get; set; }

    public double? Minimum { get; set; }

    public double? Maximum { get; set; }

    public double? ExclusiveMinimum { get; set; }

    public double? ExclusiveMaximum { get; set; }

    public double? MultipleOf { get; set; }

    /// <summary>Subschemas that look at the same value.</summary>
    public IEnumerable<SchemaNode> SameValue()
    {
        if (AllOf is null && AnyOf is null && OneOf is null && Reference is null)
        {
            return [];
        }

        IEnumerable<SchemaNode> nodes = [.. AllOf ?? [], .. AnyOf ?? [], .. OneOf ?? []];
        return Reference is null ? nodes : nodes.Append(Reference);
    }

    /// <summary>Whether this or a reachable subschema marks a path.</summary>
    public bool MarksPaths(HashSet<SchemaNode> seen)
        => seen.Add(this)
            && (IsPath
                || SameValue().Any(n => n.MarksPaths(seen))
                || (Properties?.Values.Any(n => n.MarksPaths(seen)) ?? false)
                || (AdditionalProperties?.MarksPaths(seen) ?? false)
                || (Items?.MarksPaths(seen) ?? false));

    public void Validate(JsonElement value, string at, ValidationRun run, int depth)
    {
        if (depth > MaxDepth || !run.Step())
        {
            run.Add(at, "is too deep or too much for its schema, which may refer to itself");
            return;
        }

        if (Never)
        {
            run.Add(at, "is not allowed");
            return;
        }

        if (Types != JsonTypes.None && (Types & TypesOf(value)) == 0)
        {
            run.Add(at, $"must be {TypeNames()}, not {Name(value.ValueKind)}");
            return;
        }

        if (Enum is not null && !Array.Exists(Enum, e => JsonElement.DeepEquals(e, value)))
        {
            run.Add(at, Enum.Length == 1
                ? $"must be {Printable.Shorten(Enum[0].GetRawText(), 100)}"
                : $"must be one of {Printable.Shorten(string.Join(", ", Enum.Take(12).Select(e => e.GetRawText())), 300)}");
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                ValidateObject(value, at, run, depth);
                break;
            case JsonValueKind.Array:
                ValidateArray(value, at, run, depth);
                break;
            case JsonValueKind.String:
                ValidateString(value, at, run);
                break;
            case JsonValueKind.Number:
                ValidateNumber(value.GetDouble(), at, run);
                break;
        }

        ValidateCombined(value, at, run, depth);
    }

    private void ValidateObject(JsonElement value, string at, ValidationRun run, int depth)
    {
        foreach (var name in Required ?? [])
        {
            if (!value.TryGetProperty(name, out _))
            {
                run.Add(at, $"misses \"{Printable.Shorten(name, 100)}\"");
            }
        }

        if (MinProperties is not null || MaxProperties is not null)
        {
            Range(value.GetPropertyCount(), MinProperties, MaxProperties, "properties", at, run);
        }

        if (Properties is null && AdditionalProperties is null)
        {
            return;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (run.IsFull)
            {
                return;
            }

            if (Properties is not null && Properties.TryGetValue(member.Name, out var node))
            {
                node.Validate(member.Value, at + "/" + member.Name, run, depth + 1);
            }
            else if (AdditionalProperties is { Never: true })
            {
                var known = Properties is { Count: > 0 } ? "; known are " + string.Join(", ", Properties.Keys) : "";
                run.Add(at + "/" + member.Name, "is not a known property" + known);
            }
            else
            {
                AdditionalProperties?.Validate(member.Value, at + "/" + member.Name, run, depth + 1);
            }
        }
    }

    private void ValidateArray(JsonElement value, string at, ValidationRun run, int depth)
    {
        Range(value.GetArrayLength(), MinItems, MaxItems, "items", at, run);
        if (UniqueItems)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            if (value.EnumerateArray().Any(item => !seen.Add(item.GetRawText())))
            {
                run.Add(at, "has an item twice");
            }
        }

        if (Items is null)
        {
            return;
        }

        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (run.IsFull)
            {
                return;
            }

            Items.Validate(item, at + "/" + index.ToString(CultureInfo.InvariantCulture), run, depth + 1);
            index++;
        }
    }

    private void ValidateString(JsonElement value, string at, ValidationRun run)
    {
        if (MinLength is null && MaxLength is null && Pattern is null)
        {
            return;
        }

        var text = value.GetString()!;
        if (MinLength is not null || MaxLength is not null)
        {
            // The specification counts code points (RFC 8259 characters), not UTF-16 units.
            var length = text.Length - text.AsSpan().CountAny(LowSurrogates);
            Range(length, MinLength, MaxLength, "characters", at, run);
        }

        try
        {
            if (Pattern is not null && !Pattern.IsMatch(text))
            {
                run.Add(at, $"must match {Printable.Shorten(Pattern.ToString(), 100)}");
            }
        }
        catch (RegexMatchTimeoutException)
        {
            run.Add(at, "could not be matched against the schema's pattern in time");
        }
    }

    private static System.Buffers.SearchValues<char> LowSurrogates { get; }
        = System.Buffers.SearchValues.Create([.. Enumerable.Range(0xDC00, 0x400).Select(c => (char)c)]);

    private void ValidateNumber(double number, string at, ValidationRun run)
    {
        Check(number < Minimum, "must be at least", Minimum, at, run);
        Check(number > Maximum, "must be at most", Maximum, at, run);
        Check(number <= ExclusiveMinimum, "must be above", ExclusiveMinimum, at, run);
        Check(number >= ExclusiveMaximum, "must be below", ExclusiveMaximum, at, run);
        if (MultipleOf is { } step)
        {
            var quotient = number / step;
            Check(Math.Abs(quotient - Math.Round(quotient)) > 1e-9 * Math.Max(1, Math.Abs(quotient)), "must be a multiple of", step, at, run);
        }
    }

    private void ValidateCombined(JsonElement value, string at, ValidationRun run, int depth)
    {
        Reference?.Validate(value, at, run, depth + 1);
        foreach (var node in AllOf ?? [])
        {
            node.Validate(value, at, run, depth + 1);
        }

        if (AnyOf is not null && !Array.Exists(AnyOf, n => n.Matches(value, run, depth)))
        {
            run.Add(at, "matches none of the allowed forms (anyOf)");
        }

        if (OneOf is not null && Array.FindAll(OneOf, n => n.Matches(value, run, depth)).Length is var count and not 1)
        {
            run.Add(at, $"matches {count} of the allowed forms; exactly one is wanted (oneOf)");
        }

        if (Not is not null && Not.Matches(value, run, depth))
        {
            run.Add(at, "has a form that is not allowed (not)");
        }
    }

    private bool Matches(JsonElement value, ValidationRun run, int depth)
    {
        var inner = run.Inner();
        Validate(value, "", inner, depth + 1);
        return inner.Errors is null;
    }

    private static void Range(int count, int? min, int? max, string what, string at, ValidationRun run)
    {
        Check(count < min, "must have at least", min, at, run, what);
        Check(count > max, "must have at most", max, at, run, what);
    }

    private static void Check(bool wrong, string what, double? limit, string at, ValidationRun run, string unit = "")
    {
        if (wrong)
        {
            run.Add(at, string.Create(CultureInfo.InvariantCulture, $"{what} {limit} {unit}").TrimEnd());
        }
    }

    private static JsonTypes TypesOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Object => JsonTypes.Object,
        // 1.0 is an integer (JSON Schema core §4.2.3).
        JsonValueKind.Number => value.GetDouble() is var d && d == Math.Floor(d) && double.IsFinite(d) ? JsonTypes.Integer : JsonTypes.Number,
        _ => JsonTypes.None,
    };

    private string TypeNames()
    {
        var types = (Types & JsonTypes.Number) != 0 ? Types & ~JsonTypes.Integer : Types;
        return types.ToString().ToLowerInvariant().Replace(", ", " or ", StringComparison.Ordinal);
    }

    private static string Name(JsonValueKind kind) => kind is JsonValueKind.True or JsonValueKind.False ? "boolean" : kind.ToString().ToLowerInvariant();
}
