using System.Collections.Immutable;
using System.Text;

namespace Atoll.Testing;

/// <summary>A request that a guest sent.</summary>
/// <param name="Method"><c>GET</c> and so on.</param>
/// <param name="Url">The whole address.</param>
/// <param name="Headers">Headers, in order; a name may come several times.</param>
/// <param name="Body">The body; empty for none.</param>
public sealed record MockHttpRequest(string Method, Uri Url, ImmutableArray<KeyValuePair<string, string>> Headers, ImmutableArray<byte> Body)
{
    /// <summary>The body as text in UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Body.AsSpan());

    /// <summary>The first value of a header; null when there is none.</summary>
    /// <param name="name">The name; upper and lower case do not differ.</param>
    public string? Header(string name)
    {
        foreach ((string known, string value) in Headers)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }
}

/// <summary>What a guest is answered.</summary>
/// <param name="Status">The status.</param>
public sealed record MockHttpResponse(int Status = 200)
{
    /// <summary>Headers.</summary>
    public ImmutableDictionary<string, string> Headers { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>An answer with a text in UTF-8.</summary>
    /// <param name="text">The text.</param>
    /// <param name="contentType">What it is.</param>
    /// <param name="status">The status.</param>
    public static MockHttpResponse Text(string text, string contentType = "text/plain; charset=utf-8", int status = 200) => new(status)
    {
        Headers = ImmutableDictionary<string, string>.Empty.Add("Content-Type", contentType),
        Body = Encoding.UTF8.GetBytes(text),
    };

    /// <summary>An answer in JSON.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="status">The status.</param>
    public static MockHttpResponse Json(string json, int status = 200) => Text(json, "application/json", status);
}
