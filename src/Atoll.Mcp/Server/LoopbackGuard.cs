using System.Net;
using System.Security.Cryptography;
using System.Text;
using Atoll.Host.Configuration;
using Microsoft.AspNetCore.Http;

namespace Atoll.Mcp.Server;

/// <summary>
/// Keeps the HTTP server to programs of this machine. A web page in a browser can send requests to loopback too, and by rebinding a name
/// to 127.0.0.1 even as its own origin: so Host must name loopback and this port, and Origin, which browsers send, must be loopback.
/// </summary>
internal static class LoopbackGuard
{
    /// <summary>Checks the address to listen on.</summary>
    /// <exception cref="ConfigurationException">It is not loopback.</exception>
    public static IPAddress? ParseBindAddress(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address))
        {
            return address;
        }

        throw new ConfigurationException(
            $"Refusing to listen on {Printable.Shorten(host, 100)}: without access tokens, everybody who reaches the port could use the tools. "
            + "Use --host 127.0.0.1, ::1 or localhost, and a tunnel (ssh -L) from other machines.");
    }

    /// <summary>Why a request is refused; null when it is not.</summary>
    public static string? Check(HttpRequest request, int port)
    {
        var hosts = request.Headers.Host;
        if (hosts.Count != 1 || !IsLoopbackAuthority(hosts[0], out var hostPort) || hostPort != port)
        {
            return $"the Host header must be localhost:{port}, 127.0.0.1:{port} or [::1]:{port}";
        }

        var origins = request.Headers.Origin;
        foreach (var origin in origins)
        {
            if (origin is null || !(TryCut(origin, "http://", out var authority) || TryCut(origin, "https://", out authority)) || !IsLoopbackAuthority(authority, out _))
            {
                return "the Origin header names a page that is not served from this machine";
            }
        }

        return null;
    }

    /// <summary>Whether a request carries the token, compared in a time that tells nothing about it.</summary>
    public static bool HasToken(HttpRequest request, string token)
        => request.Headers.Authorization is [{ } value] && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(value), Encoding.UTF8.GetBytes("Bearer " + token));

    private static bool TryCut(string text, string prefix, out string rest)
    {
        rest = text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? text[prefix.Length..] : "";
        return rest.Length > 0;
    }

    // Compared as text: anything that needs parsing (user info, path, other spellings of an address) is refused.
    private static bool IsLoopbackAuthority(string? authority, out int port)
    {
        port = 80;
        if (authority is null)
        {
            return false;
        }

        var name = authority;
        var colon = authority.LastIndexOf(':');
        if (colon > authority.LastIndexOf(']'))
        {
            name = authority[..colon];
            if (!int.TryParse(authority.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out port) || port > 65535)
            {
                return false;
            }
        }

        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name is "127.0.0.1" or "[::1]";
    }
}
