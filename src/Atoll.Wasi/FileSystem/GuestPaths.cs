using System.Text;

namespace Atoll.Wasi.FileSystem;

/// <summary>Paths as guests give them, in the form in which capabilities name them.</summary>
internal static class GuestPaths
{
    private const int MaximumLength = 1024;

    /// <summary>
    /// Absolute, without "." and "..", without what a capability cannot hold. A relative path counts from "/", where guests begin; ".." above it
    /// stays there. For names in grants and in the audit only: nothing is opened by it.
    /// </summary>
    public static string Normalize(string path)
    {
        List<string> kept = [];
        foreach (string part in (path.Length > MaximumLength ? path[..MaximumLength] : path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && kept.Count > 0)
            {
                kept.RemoveAt(kept.Count - 1);
            }
            else if (part is not ("." or ".."))
            {
                kept.Add(part);
            }
        }

        StringBuilder clean = new("/");
        clean.AppendJoin('/', kept);
        for (int i = 0; i < clean.Length; i++)
        {
            if (char.IsControl(clean[i]) || clean[i] == '*' || char.IsSurrogate(clean[i]))
            {
                clean[i] = '?';
            }
        }

        return clean.ToString();
    }
}
