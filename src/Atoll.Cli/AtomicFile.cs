namespace Atoll.Cli;

/// <summary>Writes a file so that a reader sees the old content or the new, never a part.</summary>
internal static class AtomicFile
{
    public static void Write(string path, byte[] content) => Write(path, file => file.Write(content));

    /// <summary>Writes a file with what <paramref name="write"/> puts into the stream; when that fails the file is as it was. What a link leads to is written, and the link stays.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        if (Directory.Exists(path))
        {
            throw CliException.Failed($"{path} cannot be written: it is a folder. Name a file.");
        }

        if (Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder))
        {
            throw CliException.Failed($"{path} cannot be written: the folder {folder} does not exist. Make it first, or correct the path.");
        }

        try
        {
            if (IsDevice(path))
            {
                // Nothing may take the place of a device.
                using FileStream device = new(path, FileMode.Open, FileAccess.Write);
                write(device);
            }
            else
            {
                Replace(Target(path, isFinal: true) ?? path, write);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Failed($"{path} cannot be written: {exception.Message}", exception);
        }
    }

    private static void Replace(string path, Action<Stream> write)
    {
        string aside = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (FileStream file = new(aside, FileMode.Create, FileAccess.Write))
            {
                write(file);
            }

            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            if (File.Exists(aside))
            {
                File.Delete(aside);
            }

            throw;
        }
    }

    /// <summary>Whether a path, or a link on its way, leads to where Unix has what is no file: <c>/dev/stdout</c>, <c>/dev/full</c>. In <c>/dev/shm</c> there are files.</summary>
    private static bool IsDevice(string path)
    {
        const int MaxLinks = 40;
        string? next = path;
        for (int i = 0; i < MaxLinks && next is not null && !OperatingSystem.IsWindows(); i++)
        {
            bool isAmongDevices = next.StartsWith("/dev/", StringComparison.Ordinal) && !next.StartsWith("/dev/shm/", StringComparison.Ordinal);
            if (isAmongDevices || next.StartsWith("/proc/", StringComparison.Ordinal))
            {
                return true;
            }

            next = Target(next, isFinal: false);
        }

        return false;
    }

    /// <summary>Where a link leads, whether or not something is there; null for what is no link.</summary>
    private static string? Target(string path, bool isFinal) => new FileInfo(path).LinkTarget is null ? null : File.ResolveLinkTarget(path, isFinal)!.FullName;
}
