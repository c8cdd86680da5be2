namespace Atoll.Host.Configuration;

/// <summary>Reads members of one object and collects every problem instead of stopping at the first.</summary>
internal sealed class SourceReader(string file, SourceJson node, List<Problem> problems)
{
    public SourceJson Node { get; } = node;

    public string File { get; } = file;

    public void Report(SourceJson at, string message) => problems.Add(ProblemAt(File, at, message));

    /// <summary>A problem that lies where a value stands.</summary>
    public static Problem ProblemAt(string file, SourceJson at, string message)
    {
        var (line, column) = at.Position;
        var (endLine, endColumn) = at.End;
        return new Problem(file, line, column, message) { EndLine = endLine, EndColumn = endColumn };
    }

    /// <summary>Reports members that are not known: a misspelled security setting must not pass in silence.</summary>
    public void RefuseUnknown(params ReadOnlySpan<string> known)
    {
        foreach (var (name, value) in Node.Members)
        {
            if (!known.Contains(name))
            {
                Report(value, $"unknown property \"{Printable.Shorten(name)}\"; known are {string.Join(", ", known!)}. Remove or correct it.");
            }
        }
    }

    public SourceReader? Object(string name)
        => Get(name, SourceJsonKind.Object, "an object") is { } value ? new SourceReader(File, value, problems) : null;

    public IReadOnlyList<SourceJson>? Array(string name, int maxItems = 256)
    {
        if (Get(name, SourceJsonKind.Array, "an array") is not { } value)
        {
            return null;
        }

        if (value.Items.Count > maxItems)
        {
            Report(value, $"\"{name}\" has {value.Items.Count} items; at most {maxItems} are accepted.");
            return null;
        }

        return value.Items;
    }

    public string? String(string name, bool required = false, int maxLength = 4096)
    {
        if (Get(name, SourceJsonKind.String, "a string", required) is not { } value)
        {
            return null;
        }

        if (value.Text.Length > maxLength)
        {
            Report(value, $"\"{name}\" has {value.Text.Length} characters; at most {maxLength} are accepted.");
            return null;
        }

        return value.Text;
    }

    public bool? Boolean(string name) => Get(name, SourceJsonKind.Boolean, "true or false") is { } value ? value.Boolean : null;

    public long? Integer(string name, long min, long max)
    {
        if (Get(name, SourceJsonKind.Number, "a number") is not { } value)
        {
            return null;
        }

        if (!value.TryGetInt64(out var number) || number < min || number > max)
        {
            Report(value, $"\"{name}\" must be a whole number from {min} to {max}.");
            return null;
        }

        return number;
    }

    public SourceJson? Get(string name, SourceJsonKind kind, string what, bool required = false)
    {
        if (!Node.Members.TryGetValue(name, out var value))
        {
            if (required)
            {
                Report(Node, $"\"{name}\" is missing; add it ({what}).");
            }

            return null;
        }

        if (value.Kind != kind)
        {
            Report(value, $"\"{name}\" must be {what}, not {value.Kind.ToString().ToLowerInvariant()}.");
            return null;
        }

        return value;
    }
}
