using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Atoll.Bench;

/// <summary>Whole processes, from start to end: the command of this clone, and Node.</summary>
internal static partial class WholeProcess
{
    private const int Children = -1;

    public static string Atoll => Path.Combine(Repository.Root, "atoll");

    /// <summary>What a process took.</summary>
    /// <param name="CpuMilliseconds">Processor time, of user and system.</param>
    /// <param name="WallMilliseconds">Time from the call to the end.</param>
    /// <param name="Output">What it wrote to standard output.</param>
    public readonly record struct Usage(double CpuMilliseconds, double WallMilliseconds, string Output);

    /// <summary>Node with a WASI preview 1 program.</summary>
    public static Usage RunNode(string program, string[] arguments, string input = "") =>
        Run("node", ["--no-warnings", Path.Combine(Repository.Root, "bench", "engine", "run.mjs"), program, .. arguments], input, null);

    /// <summary>Runs a command; nothing else that this process started may end meanwhile.</summary>
    /// <param name="command">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="cache">A folder below which the command of this clone keeps compiled code.</param>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static Usage Run(string command, string[] arguments, string input, string? cache)
    {
        // Files: from a pipe that is still empty Node's WASI reads "try again", and into one it writes no more than the first 64 KiB.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("atoll-bench-");
        try
        {
            string from = Path.Combine(folder.FullName, "in"), to = Path.Combine(folder.FullName, "out");
            File.WriteAllText(from, input);
            ProcessStartInfo start = new("/bin/sh", ["-c", "from=$1 to=$2; shift 2; exec \"$@\" <\"$from\" >\"$to\"", "sh", from, to, command, .. arguments]) { RedirectStandardError = true };
            if (cache is not null)
            {
                start.Environment["ATOLL_CACHE_DIR"] = Path.Combine(cache, "code");
                start.Environment["ATOLL_KEY_DIR"] = Path.Combine(cache, "key");
            }

            double before = ChildrenMilliseconds();
            long began = Stopwatch.GetTimestamp();
            using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{command} cannot be started");
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            double wall = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            return process.ExitCode == 0
                ? new Usage(ChildrenMilliseconds() - before, wall, File.ReadAllText(to))
                : throw new InvalidOperationException($"{Path.GetFileName(command)} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Trim()}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Compares two ways to run something, in turns; the first round of each is not counted, and both must say the same.</summary>
    public static Comparison Compare(int runs, Func<Usage> ours, Func<Usage> theirs)
    {
        Comparison comparison = new();
        for (int i = 0; i <= runs; i++)
        {
            Usage mine = ours(), peer = theirs();
            if (mine.Output != peer.Output)
            {
                throw new InvalidOperationException($"the outputs differ: {mine.Output[..Math.Min(80, mine.Output.Length)]} … {peer.Output[..Math.Min(80, peer.Output.Length)]}");
            }

            if (i > 0)
            {
                comparison.Add(mine.CpuMilliseconds, peer.CpuMilliseconds);
            }
        }

        return comparison;
    }

    /// <summary>Processor time of all processes that this one started and that have ended.</summary>
    private static unsafe double ChildrenMilliseconds()
    {
        if (OperatingSystem.IsWindows())
        {
            throw new InvalidOperationException("processor time of processes that have ended is measured on Unix only");
        }

        // struct rusage begins with two struct timeval, each of seconds and microseconds.
        long* usage = stackalloc long[32];
        return getrusage(Children, usage) == 0 ? ((usage[0] + usage[2]) * 1000) + ((usage[1] + usage[3]) / 1000.0) : throw new InvalidOperationException("getrusage failed");
    }

    [LibraryImport("libc")]
    private static unsafe partial int getrusage(int who, long* usage);
}
