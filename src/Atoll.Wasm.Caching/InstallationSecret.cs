using System.Security.Cryptography;

namespace Atoll.Wasm.Caching;

/// <summary>The key that entries are authenticated with: random bytes, made once.</summary>
internal static class InstallationSecret
{
    private const string FileName = "secret";
    private const int Length = 32;

    public static byte[] Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                if (File.Exists(path))
                {
                    PrivateFolder.CheckFile(path);
                    byte[] secret = File.ReadAllBytes(path);
                    if (secret.Length == Length)
                    {
                        return secret;
                    }

                    // Cut short when the disk was full, say. Entries under it are lost, which is what a cache may do.
                    File.Delete(path);
                }

                Write(directory, path);
            }
            catch (IOException) when (attempt < 3)
            {
                // Another process made or replaced it in between.
            }
        }
    }

    /// <summary>Written aside, and linked to its name only if nobody was faster: all processes must use the same one.</summary>
    private static void Write(string directory, string path)
    {
        string aside = Path.Combine(directory, $"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp");
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (FileStream file = new(aside, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(Length));
        }

        try
        {
            File.Move(aside, path, overwrite: false);
        }
        finally
        {
            File.Delete(aside);
        }
    }
}
