using System.Collections.Immutable;
using System.Security.Cryptography;
using Atoll.Components;
using Atoll.Wasi.FileSystem;
using Atoll.Wasi.Streams;

namespace Atoll.Wasi;

/// <summary>What a guest may do with a granted directory.</summary>
public enum FileAccessGrant
{
    /// <summary>Read files and directories.</summary>
    ReadOnly,

    /// <summary>Read, create, change and delete files and directories.</summary>
    ReadWrite,
}

/// <summary>Opens parts of the outside world for WASI guests.</summary>
public static class WasiGrants
{
    private const int MaximumGuestPath = 1024;

    /// <summary>Opens a directory. It is opened once, now, and shared by all guests that run with these grants.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="guestPath">Path under which the guest sees it, with '/'.</param>
    /// <param name="hostPath">The directory.</param>
    /// <param name="access">What the guest may do.</param>
    /// <exception cref="ArgumentException">A path is empty, or the guest's cannot be passed to a guest.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static Grants AllowDirectory(this Grants grants, string guestPath, string hostPath, FileAccessGrant access) =>
        AllowDirectory(grants, guestPath, hostPath, access, SandboxKind.Auto);

    /// <summary>Sets an environment variable.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="name">Its name, without '=' and NUL.</param>
    /// <param name="value">Its value, without NUL.</param>
    /// <exception cref="ArgumentException">Name or value cannot be passed to a guest.</exception>
    public static Grants AllowEnvironment(this Grants grants, string name, string value)
    {
        if (string.IsNullOrEmpty(name) || name.Contains('=') || name.Contains('\0') || value.Contains('\0'))
        {
            throw new ArgumentException($"'{name}' cannot be an environment variable: names must not be empty or contain '=' or NUL, values not NUL");
        }

        return grants.With(new EnvironmentGrant(name, value));
    }

    /// <summary>Sets the arguments, the program's name first; replaces earlier ones.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="arguments">The arguments, without NUL.</param>
    /// <exception cref="ArgumentException">An argument contains NUL.</exception>
    public static Grants AllowArguments(this Grants grants, params IEnumerable<string> arguments) => grants.With(new ArgumentsGrant([.. arguments.Select(Checked)]));

    private static string Checked(string argument) =>
        argument.Contains('\0') ? throw new ArgumentException("an argument must not contain NUL") : argument;

    /// <summary>Connects standard input. The stream stays the caller's.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="input">
    /// What the guest reads. Unless it is in memory it is read on a thread of its own, up to 64 KiB ahead, so that a waiting guest can be stopped.
    /// </param>
    /// <param name="neverWaits">The stream has its bytes at hand, so that it can be read on the guest's thread: what waits there cannot be stopped.</param>
    public static Grants AllowStdin(this Grants grants, Stream input, bool neverWaits = false) =>
        grants.With(new StdioGrant(0, input, long.MaxValue, neverWaits));

    /// <summary>Connects standard output. The stream stays the caller's.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="output">
    /// Where the guest writes. Unless it is in memory it is written on a thread of its own, so that a guest whose output nobody takes can be stopped.
    /// </param>
    /// <param name="limitBytes">Bytes after which the guest is stopped.</param>
    /// <param name="neverWaits">The stream takes bytes at once, so that it can be written on the guest's thread: what waits there cannot be stopped.</param>
    public static Grants AllowStdout(this Grants grants, Stream output, long limitBytes = long.MaxValue, bool neverWaits = false) =>
        grants.With(new StdioGrant(1, output, limitBytes, neverWaits));

    /// <summary>Connects standard error. The stream stays the caller's.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="output">
    /// Where the guest writes. Unless it is in memory it is written on a thread of its own, so that a guest whose output nobody takes can be stopped.
    /// </param>
    /// <param name="limitBytes">Bytes after which the guest is stopped.</param>
    /// <param name="neverWaits">The stream takes bytes at once, so that it can be written on the guest's thread: what waits there cannot be stopped.</param>
    public static Grants AllowStderr(this Grants grants, Stream output, long limitBytes = long.MaxValue, bool neverWaits = false) =>
        grants.With(new StdioGrant(2, output, limitBytes, neverWaits));

    /// <summary>Opens the clocks.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="time">Source of time, or null for the system's.</param>
    public static Grants AllowClock(this Grants grants, TimeProvider? time = null) => grants.With(new ClockGrant(time ?? TimeProvider.System));

    /// <summary>Opens the source of random bytes.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="source">Fills a buffer, or null for the system's secure source. Called by any thread that runs a guest.</param>
    public static Grants AllowRandom(this Grants grants, Action<Span<byte>>? source = null) =>
        grants.With(new RandomGrant(source ?? (static buffer => RandomNumberGenerator.Fill(buffer))));

    internal static Grants AllowDirectory(Grants grants, string guestPath, string hostPath, FileAccessGrant access, SandboxKind kind)
    {
        ArgumentException.ThrowIfNullOrEmpty(guestPath);
        if (guestPath.Contains('\0') || guestPath.Length > MaximumGuestPath)
        {
            throw new ArgumentException($"the guest's path must not contain NUL or be longer than {MaximumGuestPath} characters", nameof(guestPath));
        }

        ArgumentException.ThrowIfNullOrEmpty(hostPath);
        return grants.With(new DirectoryGrant(guestPath, Sandbox.Open(hostPath, kind), access));
    }
}

internal sealed record DirectoryGrant(string GuestPath, SandboxDirectory Directory, FileAccessGrant Access) : IGrant
{
    public IEnumerable<Capability> Capabilities
    {
        get
        {
            string pattern = GuestPaths.Normalize(GuestPath).TrimEnd('/') + "/**";
            yield return Capability.Of("fs", "read", pattern);
            if (Access == FileAccessGrant.ReadWrite)
            {
                yield return Capability.Of("fs", "write", pattern);
            }
        }
    }
}

internal sealed record EnvironmentGrant(string Name, string Value) : IGrant
{
    public IEnumerable<Capability> Capabilities => [Capability.Of("env", "read", Name)];
}

internal sealed record ArgumentsGrant(ImmutableArray<string> Arguments) : IGrant
{
    public IEnumerable<Capability> Capabilities => [];
}

internal sealed record StdioGrant(int Descriptor, Stream Stream, long LimitBytes, bool NeverWaits) : IGrant
{
    private readonly Lazy<InputPump> _input = new(() => new InputPump(Stream));

    /// <summary>Whether reading or writing may take as long as somebody outside likes: files, pipes, consoles, sockets.</summary>
    public bool MayWait => !NeverWaits && Stream.GetType() != typeof(MemoryStream) && Stream != Stream.Null;

    /// <summary>Reads ahead; shared by all runs with this grant.</summary>
    public InputPump Input => _input.Value;

    public IEnumerable<Capability> Capabilities =>
        [Descriptor == 0 ? Capability.Of("stdio", "read", "stdin") : Capability.Of("stdio", "write", Descriptor == 1 ? "stdout" : "stderr")];
}

internal sealed record ClockGrant(TimeProvider Time) : IGrant
{
    public IEnumerable<Capability> Capabilities => [Capability.Of("clock", "read", "**")];
}

internal sealed record RandomGrant(Action<Span<byte>> Fill) : IGrant
{
    public IEnumerable<Capability> Capabilities => [Capability.Of("random", "read", "**")];
}
