using System.Security.Cryptography;

namespace Atoll.Wasm.Caching;

/// <summary>Where and how much a <see cref="DiskCodeCache"/> keeps.</summary>
public sealed record DiskCodeCacheOptions
{
    /// <summary>The folder; made with mode 0700 if it is not there.</summary>
    /// <value>Default: <see cref="DiskCodeCache.DefaultDirectory"/>.</value>
    public string Directory { get; init; } = DiskCodeCache.DefaultDirectory;

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
public sealed record CacheEntry(string Key, string Name, string? Tool, long Bytes, DateTimeOffset LastUsed);

/// <summary>Keeps compiled code in a folder that belongs to one user.</summary>
/// <remarks>
/// What is in the folder runs with all rights of the process that finds it. So the folder must belong to the current user and be closed to everybody
/// else; every entry is authenticated with a key of the folder's own (HMAC-SHA256), on the very bytes that are then loaded; what does not match is ignored,
/// and replaced when somebody stores again. Entries are written aside and renamed. Used by any number of threads and processes.
/// </remarks>
public sealed class DiskCodeCache : ICodeCache
{
    private const string Extension = ".code";

    private readonly DiskCodeCacheOptions _options;
    private readonly byte[] _secret;

    /// <summary>Opens a cache; makes its folder if need be.</summary>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <exception cref="UnauthorizedAccessException">The folder belongs to somebody else, or others may use it; the message says what to do.</exception>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    public DiskCodeCache(DiskCodeCacheOptions? options = null)
    {
        _options = options ?? new DiskCodeCacheOptions();
        PrivateFolder.Ensure(_options.Directory);
        _secret = InstallationSecret.Read(_options.Directory);
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

    /// <summary>The folder that it keeps entries in.</summary>
    public string Directory => _options.Directory;

    /// <inheritdoc/>
    public ICachedCode? Find(string key)
    {
        string path = PathOf(key);
        CodeFile? file = CodeFile.Open(path, key, _secret);
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
        string aside = Path.Combine(_options.Directory, $"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp");
        try
        {
            CodeFile.Write(aside, key, images, name.Length > 200 ? name[..200] : name, tool, _secret);
            File.Move(aside, path, overwrite: true);
        }
        finally
        {
            File.Delete(aside);
        }

        // The time that the system notes by itself may lie before that of an earlier use.
        Touch(path);
        Evict(path);
        return new CacheEntry(key, name, tool, new FileInfo(path).Length, DateTimeOffset.UtcNow);
    }

    /// <summary>All entries that can be trusted, the one that was used last first.</summary>
    public IReadOnlyList<CacheEntry> List()
    {
        List<CacheEntry> entries = [];
        foreach (FileInfo file in Files())
        {
            string key = Path.GetFileNameWithoutExtension(file.Name);
            if (CodeFile.Open(file.FullName, key, _secret) is { } code)
            {
                entries.Add(new CacheEntry(key, code.Name, code.Tool, file.Length, file.LastWriteTimeUtc));
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
        foreach (FileInfo file in new DirectoryInfo(_options.Directory).EnumerateFiles())
        {
            if (file.Extension is Extension or ".tmp")
            {
                count++;
                bytes += file.Length;
                file.Delete();
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

    /// <summary>Removes what was not used for longest, until the rest is within the bound. The newest entry stays.</summary>
    private void Evict(string newest)
    {
        long bytes = 0;
        foreach (FileInfo file in Files())
        {
            bytes += file.Length;
            if (bytes > _options.MaxBytes && file.FullName != Path.GetFullPath(newest))
            {
                file.Delete();
            }
        }

        // Writing takes seconds; what is a day old is what a process left that was killed.
        foreach (FileInfo file in new DirectoryInfo(_options.Directory).EnumerateFiles("*.tmp"))
        {
            if (file.LastWriteTimeUtc < DateTime.UtcNow.AddDays(-1))
            {
                file.Delete();
            }
        }
    }

    private IEnumerable<FileInfo> Files() =>
        new DirectoryInfo(_options.Directory).EnumerateFiles("*" + Extension).OrderByDescending(file => file.LastWriteTimeUtc);

    private string PathOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Length == 64 && key.All(char.IsAsciiHexDigitLower)
            ? Path.Combine(_options.Directory, key + Extension)
            : throw new ArgumentException("a key has 64 hexadecimal digits");
    }
}
