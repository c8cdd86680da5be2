namespace Atoll.Cli;

/// <summary>Writes a file so that a reader sees the old content or the new, never a part.</summary>
internal static class AtomicFile
{
    public static void Write(string path, byte[] content) => Write(path, file => file.Write(content));

    /// <summary>Writes a file with what <paramref name="write"/> puts into the stream; when that fails there is no file.</summary>
    public static void Write(string path, Action<Stream> write)
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
        catch (Exception exception)
        {
            if (File.Exists(aside))
            {
                File.Delete(aside);
            }

            if (exception is IOException or UnauthorizedAccessException)
            {
                throw CliException.Failed($"{path} cannot be written: {exception.Message}", exception);
            }

            throw;
        }
    }
}
