using System.Text;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview2.Http;

using Outcome = Result<Unit, HeaderError>;

/// <summary><c>wasi:http/types.fields</c>: headers or trailers, in their order, with the names as they were given.</summary>
/// <param name="context">The run.</param>
/// <param name="items">What is in it; the object's own from here on, unless it is immutable.</param>
/// <param name="isImmutable">Whether it belongs to a message.</param>
/// <param name="parent">The message.</param>
internal sealed class Fields(WasiContext context, FieldList items, bool isImmutable = false, WasiResource? parent = null) : WasiResource(context, parent)
{
    public FieldList Items { get; } = items;

    /// <summary><c>from-list</c></summary>
    public static Result<Fields, HeaderError> FromList(WasiContext context, (string Name, byte[] Value)[] entries)
    {
        FieldList items = new();
        foreach ((string name, byte[] value) in entries)
        {
            if (FieldList.Check(name, value) is { } error)
            {
                return Result<Fields, HeaderError>.Fail(error);
            }

            items.Add(name, value);
        }

        return Result<Fields, HeaderError>.Ok(new Fields(context, items));
    }

    /// <summary><c>get</c></summary>
    public byte[][] Get(string name) => [.. Items.Where(item => FieldList.IsSame(item.Name, name)).Select(item => item.Value)];

    /// <summary><c>has</c></summary>
    public bool Has(string name) => Items.Contains(name);

    /// <summary><c>set</c></summary>
    public Outcome Set(string name, byte[][] values)
    {
        foreach (byte[] value in values)
        {
            if (FieldList.Check(name, value) is { } error)
            {
                return Outcome.Fail(error);
            }
        }

        if (Refusal(name) is { } refusal)
        {
            return Outcome.Fail(refusal);
        }

        Items.Remove(name);
        foreach (byte[] value in values)
        {
            Items.Add(name, value);
        }

        return Outcome.Ok(default);
    }

    /// <summary><c>delete</c></summary>
    public Outcome Delete(string name)
    {
        if (Refusal(name) is { } refusal)
        {
            return Outcome.Fail(refusal);
        }

        Items.Remove(name);
        return Outcome.Ok(default);
    }

    /// <summary><c>append</c></summary>
    public Outcome Append(string name, byte[] value)
    {
        if ((FieldList.Check(name, value) ?? Refusal(name)) is { } refusal)
        {
            return Outcome.Fail(refusal);
        }

        Items.Add(name, value);
        return Outcome.Ok(default);
    }

    /// <summary><c>clone</c></summary>
    public Fields Clone() => new(Context, Items.Copy());

    private HeaderError? Refusal(string name) => isImmutable ? new HeaderError.Immutable() : FieldList.Check(name, []);
}

/// <summary>Names and values of headers or trailers, in order. There is a limit to what a guest can put in.</summary>
internal sealed class FieldList : List<(string Name, byte[] Value)>
{
    /// <summary>Most fields in one list.</summary>
    public const int MaximumCount = 1000;

    /// <summary>Most bytes of one list, counted as HTTP/2 does (RFC 9113, section 10.5.1): with 32 for each field.</summary>
    public const int MaximumBytes = 128 * 1024;

    private const int BytesPerField = 32;

    // What stands between two hops is the host's, and so is where a message goes (RFC 9110, sections 7.2 and 7.6.1).
    private static readonly HashSet<string> Forbidden = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Host", "HTTP2-Settings", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade",
    };

    private int _bytes;

    public static bool IsSame(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether only the host reads and writes it.</summary>
    public static bool IsForbidden(string name) => Forbidden.Contains(name);

    /// <summary>Why a guest cannot have such a field; null when it can (RFC 9110, sections 5.1 and 5.5).</summary>
    public static HeaderError? Check(string name, ReadOnlySpan<byte> value) =>
        !HttpSyntax.IsToken(name) || !HttpSyntax.IsFieldValue(value) ? new HeaderError.InvalidSyntax()
        : IsForbidden(name) ? new HeaderError.Forbidden()
        : null;

    /// <exception cref="TrapException">It is too much.</exception>
    public void Add(string name, byte[] value)
    {
        int size = name.Length + value.Length + BytesPerField;
        if (Count == MaximumCount || size > MaximumBytes - _bytes)
        {
            throw new TrapException(TrapKind.Host, $"the guest put more than {MaximumCount} fields or {MaximumBytes} bytes into headers or trailers");
        }

        _bytes += size;
        Add((name, value));
    }

    /// <summary>Adds text that came from outside, of which characters stand for bytes.</summary>
    public void Add(string name, string value) => Add(name, Encoding.Latin1.GetBytes(value));

    public bool Contains(string name) => Exists(item => IsSame(item.Name, name));

    public void Remove(string name) => RemoveAll(item =>
    {
        bool isIt = IsSame(item.Name, name);
        _bytes -= isIt ? item.Name.Length + item.Value.Length + BytesPerField : 0;
        return isIt;
    });

    public FieldList Copy()
    {
        FieldList copy = new() { _bytes = _bytes };
        copy.AddRange(this);
        return copy;
    }

    /// <summary>The length that the fields announce for a body; null for none.</summary>
    /// <returns>Whether they are sound: at most one length.</returns>
    public bool TryGetLength(out ulong? length)
    {
        length = null;
        foreach ((string name, byte[] value) in this)
        {
            if (IsSame(name, "Content-Length"))
            {
                if (length is not null || !ulong.TryParse(value, System.Globalization.NumberStyles.None, null, out ulong number) || number > long.MaxValue)
                {
                    return false;
                }

                length = number;
            }
        }

        return true;
    }
}

/// <summary>What texts of HTTP may look like (RFC 9110 and RFC 3986).</summary>
internal static class HttpSyntax
{
    /// <summary>Longest path, authority or method that a guest can send.</summary>
    public const int MaximumText = 16 * 1024;

    private static readonly System.Buffers.SearchValues<char> TokenCharacters =
        System.Buffers.SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static bool IsToken(string text) => text.Length is > 0 and <= MaximumText && !text.AsSpan().ContainsAnyExcept(TokenCharacters);

    /// <summary>Visible characters, spaces and tabs, and whatever is not ASCII; no spaces around it.</summary>
    public static bool IsFieldValue(ReadOnlySpan<byte> value)
    {
        foreach (byte character in value)
        {
            if (character is < 0x20 and not (byte)'\t' or 0x7F)
            {
                return false;
            }
        }

        return value.IsEmpty || (value[0] is not ((byte)' ' or (byte)'\t') && value[^1] is not ((byte)' ' or (byte)'\t'));
    }

    /// <summary>A path with a query and without a fragment; <c>*</c> is for OPTIONS.</summary>
    public static bool IsPath(string text) =>
        text.Length <= MaximumText && (text.Length == 0 || text[0] is '/' or '?' || text == "*") && IsVisible(text) && !text.Contains('#');

    public static bool IsScheme(string text) =>
        text.Length is > 0 and <= 64 && char.IsAsciiLetter(text[0]) && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '+' or '-' or '.');

    /// <summary>A host and perhaps a port; nobody's name and password.</summary>
    public static bool IsAuthority(string text) => TrySplit(text, out _, out _);

    /// <summary>Takes an authority apart.</summary>
    public static bool TrySplit(string authority, out string host, out int? port)
    {
        host = authority;
        port = null;
        if (authority.Length is 0 or > 512 || !IsVisible(authority) || authority.AsSpan().ContainsAny("/\\?#@ %<>\"^`{|}"))
        {
            return false;
        }

        int colon = authority.LastIndexOf(':');
        if (colon > authority.LastIndexOf(']'))
        {
            host = authority[..colon];
            if (!ushort.TryParse(authority.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out ushort number) || number == 0)
            {
                return false;
            }

            port = number;
        }

        return host.StartsWith('[')
            ? host.EndsWith(']') && System.Net.IPAddress.TryParse(host, out System.Net.IPAddress? address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            : host.Length > 0 && !host.AsSpan().ContainsAny("[]:") && Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
    }

    private static bool IsVisible(string text) => !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}
