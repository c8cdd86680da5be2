using System.Globalization;
using System.Text;
using Atoll.Wasm;

namespace Atoll.Cli;

/// <summary>A profile that <c>run --profile</c> writes.</summary>
internal sealed record GuestProfile
{
    private const string Formats = "its name must end in .json (speedscope) or in .folded or .txt (flamegraph.pl, inferno)";

    public required string Path { get; init; }

    public TimeSpan? Interval { get; init; }

    private bool IsFolded => !Path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    /// <summary>What the options ask for; null when they do not.</summary>
    public static GuestProfile? For(string? path, TimeSpan? interval, CliContext context)
    {
        if (path is null)
        {
            return interval is null ? null : throw CliException.Usage("--profile-interval goes with --profile OUT, which is missing.");
        }

        if (!new[] { ".json", ".folded", ".txt" }.Any(end => path.EndsWith(end, StringComparison.OrdinalIgnoreCase)))
        {
            throw CliException.Usage($"--profile: {path}: {Formats}.");
        }

        if (interval is { } span && (span < TimeSpan.FromMilliseconds(1) || span > TimeSpan.FromMinutes(1)))
        {
            throw CliException.Usage("--profile-interval must be between 1ms and 1m.");
        }

        string full = context.Resolve(path);
        return Directory.Exists(System.IO.Path.GetDirectoryName(full))
            ? new GuestProfile { Path = full, Interval = interval }
            : throw CliException.Usage($"--profile: the folder of {full} does not exist. Make it first, or correct the path.");
    }

    public GuestProfiler Begin() => new(Interval);

    /// <summary>Writes it, and says so. Why the program ended must not be lost over a file that cannot be written.</summary>
    public void Write(GuestProfiler profiler, string program, TextWriter messages)
    {
        try
        {
            AtomicFile.Write(Path, stream =>
            {
                if (IsFolded)
                {
                    using StreamWriter text = new(stream, new UTF8Encoding(false), leaveOpen: true);
                    profiler.WriteFolded(text);
                }
                else
                {
                    profiler.WriteSpeedscope(stream, System.IO.Path.GetFileName(program));
                }
            });
        }
        catch (CliException exception)
        {
            messages.WriteLine($"note: no profile: {exception.Message}");
            return;
        }

        string next = IsFolded ? $"inferno-flamegraph {Path} > profile.svg makes a picture of it." : "Open it at https://www.speedscope.app.";
        messages.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"profile: {profiler.Samples:N0} samples of {profiler.Time.TotalMilliseconds:N0} ms are in {Path}. {next}"));
    }
}
