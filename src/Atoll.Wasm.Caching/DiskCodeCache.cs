using System.Security.Cryptography;

namespace Atoll.Wasm.Caching;

/// <summary>Where and how much a <see cref="DiskCodeCache"/> keeps.</summary>
public sealed record DiskCodeCacheOptions
{
    /// <summary>The folder; made with mode 0700 if it is not there.</summary>
    /// <value>Default: <see cref="DiskCodeCache.DefaultDirectory"/>.</value>
    public string Directory { get; init; } = DiskCodeCache.DefaultDirectory;

    /// <summary>The folder with the key that entries are authenticated with; made with mode 0700 if it is not there.</summary>
    /// <remarks>It is another than <see cref="Directory"/>, so that a folder of entries which came from elsewhere is worth nothing.</remarks>
    /// <value>Default: <see cref="DiskCodeCache.DefaultKeyDirectory"/>.</value>
    public string KeyDirectory { get; init; } = DiskCodeCache.DefaultKeyDirectory;

    /// <summary>Most bytes that all entries take; what was not used for longest goes first.</summary>
    /// <value>Default: 2 GiB.</value>
    public long MaxBytes { get; init; } = 2L << 30;
}

/// <summary>An entry of a cache.</summary>
/// <param name="Key">The key of the <see cref="ModuleCode"/>.</param>
/// <param name="Name">What the entry was called when it was stored, for people.</param>
/// <param name="Tool">The ahead-of-time compiler that made machine code, or null for an entry without.</param>
/// <param name="Bytes">Size on disk.</param>
/// <param name="LastUsed">When it was last found or stored.</param>
public sealed record CacheEntry(string Key, string Name, string? Tool, long Bytes, DateTimeOffset LastUsed)
{
    /// <summary>Whether it is of this build of the engine, this runtime and this processor. Others are of no use here, and go after a day without use.</summary>
    public bool IsCurrent => Key.StartsWith(ModuleCode.CurrentBuild, StringComparison.Ordinal);
}

/// <summary>Keeps compiled code in a folder that belongs to one user.</summary>
/// <remarks>
/// What is in the folder runs with all rights of the process that finds it. So the folder must belong to the current user and be closed to everybody
/// else; every entry is authenticated with a key of the installation's own (HMAC-SHA256, AES-256-GMAC), on the very bytes that are then loaded; what does not match is
/// never used and is removed. Entries are written aside and renamed. Used by any number of threads and processes.
/// </remarks>
public sealed class DiskCodeCache : ICodeCache
{
    private const string Extension = ".code";

    internal const string AsideExtension = ".tmp";

    /// <summary>Writing takes seconds; what is older is what a process left that was killed.</summary>
    private static readonly TimeSpan OldestAside = TimeSpan.FromHours(1);

    private static readonly TimeSpan OldestForeign = TimeSpan.FromDays(1);

    private readonly DiskCodeCacheOptions _options;
    private readonly CodeSeal _seal;

    /// <summary>Opens a cache; makes its folder if need be.</summary>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <exception cref="UnauthorizedAccessException">The folder belongs to somebody else, or others may use it; the message says what to do.</exception>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    public DiskCodeCache(DiskCodeCacheOptions? options = null)
    {
        _options = options ?? new DiskCodeCacheOptions();
        PrivateFolder.Ensure(_options.Directory);
        PrivateFolder.Ensure(_options.KeyDirectory);
        _seal = new CodeSeal(InstallationSecret.Read(_options.KeyDirectory));
    }

    /// <summary>The folder of the current user: below <c>XDG_CACHE_HOME</c>, or what the system has for such data.</summary>
    public static string DefaultDirectory
    {
        get
        {
            string? home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(home) || !Path.IsPathFullyQualified(home))
            {
                string user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
                home = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                    : OperatingSystem.IsMacOS() ? Path.Combine(user, "Library", "Caches")
                    : Path.Combine(user, ".cache");
            }

            return Path.Combine(home, "atoll", "code");
        }
    }

    /// <summary>The folder of the current user's own data: below <c>XDG_DATA_HOME</c>, or what the system has for such data.</summary>
    public static string DefaultKeyDirectory =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "atoll", "key");

    /// <summary>The folder that it keeps entries in.</summary>
    public string Directory => _options.Directory;

    /// <summary>Most bytes that all entries take.</summary>
    public long MaxBytes => _options.MaxBytes;

    /// <inheritdoc/>
    public ICachedCode? Find(string key)
    {
        string path = PathOf(key);
        CodeFile? file = CodeFile.Open(path, key, _seal);
        if (file is not null)
        {
            Touch(path);
        }

        return file;
    }

    /// <summary>Stores an entry, in place of one that is there; then removes what is too much.</summary>
    /// <param name="key">The key of a <see cref="ModuleCode"/>.</param>
    /// <param name="images">Its images, perhaps with machine code added.</param>
    /// <param name="name">What people call the module; cut after 200 characters.</param>
    /// <param name="tool">The ahead-of-time compiler that added machine code, or null.</param>
    /// <exception cref="IOException">The entry cannot be written.</exception>
    public CacheEntry Store(string key, IReadOnlyList<ReadOnlyMemory<byte>> images, string name, string? tool)
    {
        ArgumentNullException.ThrowIfNull(images);
        string path = PathOf(key);
        string aside = Path.Combine(_options.Directory, $"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}{AsideExtension}");
        try
        {
            CodeFile.Write(aside, key, images, name.Length > 200 ? name[..200] : name, tool, _seal);
            if (OperatingSystem.IsWindows())
            {
                // Nothing is renamed over a file that somebody has open there; but such a file can be removed.
                CodeFile.Remove(path);
            }

            File.Move(aside, path, overwrite: true);
        }
        finally
        {
            File.Delete(aside);
        }

        // The time that the system notes by itself may lie before that of an earlier use.
        Touch(path);
        Evict(path);
        return new CacheEntry(key, name, tool, images.Sum(image => (long)image.Length), DateTimeOffset.UtcNow);
    }

    /// <summary>All entries that can be trusted, the one that was used last first. The others are removed.</summary>
    public IReadOnlyList<CacheEntry> List()
    {
        List<CacheEntry> entries = [];
        foreach (Found found in Files(Extension))
        {
            if (Open(found) is { } code)
            {
                entries.Add(new CacheEntry(found.Key, code.Name, code.Tool, found.Bytes, found.LastUsed));
                code.Dispose();
            }
        }

        return entries;
    }

    /// <summary>Removes all entries, and what was left of writing some.</summary>
    /// <returns>Number of files and of bytes.</returns>
    public (int Files, long Bytes) Clear()
    {
        int count = 0;
        long bytes = 0;
        foreach (Found found in Files(Extension).Concat(AbandonedFiles()))
        {
            if (CodeFile.Remove(found.Path))
            {
                count++;
                bytes += found.Bytes;
            }
        }

        return (count, bytes);
    }

    private static void Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (IOException)
        {
            // Another process has just removed it; what is open stays readable.
        }
    }

    /// <summary>
    /// Removes what cannot be trusted, what other builds left, and what was not used for longest, until the rest is within the bound. The newest entry stays.
    /// </summary>
    private void Evict(string newest)
    {
        long bytes = 0;
        foreach (Found found in Files(Extension))
        {
            bytes += found.Bytes;
            if (found.Path == newest)
            {
                continue;
            }

            using CodeFile? code = Open(found);
            bool isForeign = !found.Key.StartsWith(ModuleCode.CurrentBuild, StringComparison.Ordinal) && found.LastUsed < DateTime.UtcNow - OldestForeign;
            if (code is null || isForeign || bytes > _options.MaxBytes)
            {
                CodeFile.Remove(found.Path);
                bytes -= found.Bytes;
            }
        }

        foreach (Found found in AbandonedFiles())
        {
            CodeFile.Remove(found.Path);
        }
    }

    private CodeFile? Open(Found found) => CodeFile.Open(found.Path, found.Key, _seal);

    private IEnumerable<Found> AbandonedFiles() => Files(AsideExtension).Where(found => found.LastUsed < DateTime.UtcNow - OldestAside);

    /// <summary>The files of a kind as they are at this moment, the one that was used last first. Other processes add and remove some meanwhile.</summary>
    private List<Found> Files(string extension)
    {
        List<Found> files = [];
        foreach (FileInfo file in new DirectoryInfo(_options.Directory).EnumerateFiles("*" + extension))
        {
            try
            {
                files.Add(new Found(Path.Combine(_options.Directory, file.Name), file.Length, file.LastWriteTimeUtc));
            }
            catch (IOException)
            {
                // Gone already.
            }
        }

        files.Sort(static (a, b) => b.LastUsed.CompareTo(a.LastUsed));
        return files;
    }

    private string PathOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Length == 64 && key.All(char.IsAsciiHexDigitLower)
            ? Path.Combine(_options.Directory, key + Extension)
            : throw new ArgumentException("a key has 64 hexadecimal digits");
    }

    private readonly record struct Found(string Path, long Bytes, DateTime LastUsed)
    {
        public string Key => System.IO.Path.GetFileNameWithoutExtension(Path);
    }
}
