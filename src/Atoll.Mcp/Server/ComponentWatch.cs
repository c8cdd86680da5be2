namespace Atoll.Mcp.Server;

/// <summary>Looks a few times a second whether files changed that tools are made of; a file that is put in the place of another counts too.</summary>
/// <param name="paths">The files, and folders of components and manifests, that matter now.</param>
internal sealed class ComponentWatch(Func<IReadOnlyList<string>> paths)
{
    private const int MaxFiles = 512;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs until the token is cancelled; ends at once when there is nothing to watch at its start.</summary>
    /// <param name="changed">What to do when something changed and then was left alone for one look.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(Action changed, CancellationToken cancellationToken)
    {
        if (paths().Count == 0)
        {
            return;
        }

        (string, DateTime, long)[] taken = Look(), last = taken;
        using PeriodicTimer timer = new(Interval);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            (string, DateTime, long)[] now = Look();

            // Half a file is there while a compiler writes it.
            if (now.SequenceEqual(last) && !now.SequenceEqual(taken))
            {
                changed();

                // What matters may be others now.
                taken = now = Look();
            }

            last = now;
        }
    }

    private (string Path, DateTime Written, long Length)[] Look()
    {
        try
        {
            return
            [
                .. paths().SelectMany(path => Directory.Exists(path) ? Directory.EnumerateFiles(path).Where(IsRelevant).Order(StringComparer.Ordinal).Take(MaxFiles) : [path])
                    .Select(path => new FileInfo(path)).Select(file => (file.FullName, file.Exists ? file.LastWriteTimeUtc : default, file.Exists ? file.Length : -1)),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder went away between two looks, or may not be read now.
            return [];
        }
    }

    private static bool IsRelevant(string file) => Path.GetExtension(file) is ".wasm" or ".json";
}
