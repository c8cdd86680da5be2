namespace Atoll.Cli;

/// <summary>Writes a file so that a reader sees the old content or the new, never a part.</summary>
internal static class AtomicFile
{
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string aside = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (FileStream file = new(aside, FileMode.Create, FileAccess.Write))
            {
                file.Write(content);
            }

            File.Move(aside, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(aside))
            {
                File.Delete(aside);
            }

            throw CliException.Failed($"{path} cannot be written: {exception.Message}", exception);
        }
    }
}
