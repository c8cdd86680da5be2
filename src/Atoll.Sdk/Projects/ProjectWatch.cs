using System.Security.Cryptography;
using System.Text;

namespace Atoll.Sdk.Projects;

/// <summary>
/// Waits until files of a project change. It looks at names, times and sizes a few times a second: a project is small, and unlike notices of the system that works for
/// folders of other machines and containers, and with editors that put a new file in the place of the old one.
/// </summary>
internal sealed class ProjectWatch(string root)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(150);
    private static readonly string[] Folders = ["wit", "src", "tests"];
    private string _seen = Look(root);

    /// <summary>Ends when something changed since the last time and then was left alone for one look.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        string last = _seen;
        while (true)
        {
            await Task.Delay(Interval, cancellation).ConfigureAwait(false);
            string now = Look(root);
            if (now != _seen && now == last)
            {
                _seen = now;
                return;
            }

            last = now;
        }
    }

    private static string Look(string root)
    {
        StringBuilder seen = new();
        Add(new FileInfo(Path.Combine(root, Manifests.ComponentManifest.FileName)));
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.System, MaxRecursionDepth = 32 };
        foreach (DirectoryInfo folder in Folders.Select(name => new DirectoryInfo(Path.Combine(root, name))).Where(folder => folder.Exists))
        {
            try
            {
                foreach (FileInfo file in folder.EnumerateFiles("*", all).OrderBy(file => file.FullName, StringComparer.Ordinal))
                {
                    Add(file);
                }
            }
            catch (IOException)
            {
                // A folder that goes away while it is read is a change; the next look sees what is left.
                seen.Append('?');
            }
        }

        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(seen.ToString())));

        void Add(FileInfo file) => seen.Append(file.FullName).Append('\0').Append(file.Exists ? file.LastWriteTimeUtc.Ticks : 0).Append('\0').Append(file.Exists ? file.Length : 0).Append('\n');
    }
}
