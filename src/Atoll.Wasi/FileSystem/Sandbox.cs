namespace Atoll.Wasi.FileSystem;

/// <summary>How a sandboxed directory keeps paths inside.</summary>
internal enum SandboxKind
{
    /// <summary>The best that the system has.</summary>
    Auto,

    /// <summary>Linux: the kernel resolves paths beneath the root (<c>openat2</c>).</summary>
    OpenAt2,

    /// <summary>Unix: component by component, links followed by hand.</summary>
    Components,

    /// <summary>Any system, with .NET's file functions; not safe against changes by other processes.</summary>
    Portable,
}

/// <summary>Opens sandbox roots.</summary>
internal static class Sandbox
{
    // Containers may forbid openat2 while the kernel has it.
    private static readonly Lazy<bool> KernelResolves = new(ProbeOpenAt2);

    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="PlatformNotSupportedException">The system does not have the kind that was asked for.</exception>
    public static SandboxDirectory Open(string hostPath, SandboxKind kind = SandboxKind.Auto)
    {
        string full = Path.GetFullPath(hostPath);
        if (!Directory.Exists(full))
        {
            throw new DirectoryNotFoundException($"the directory '{full}' does not exist or cannot be read");
        }

        if (kind == SandboxKind.Portable || (kind == SandboxKind.Auto && !OperatingSystem.IsLinux()))
        {
            return new PortableDirectory(full);
        }

        if (!OperatingSystem.IsLinux() || (kind == SandboxKind.OpenAt2 && !KernelResolves.Value))
        {
            throw new PlatformNotSupportedException($"this system has no sandboxed directories of the kind {kind}");
        }

        int descriptor = Linux.open(full, Linux.PathOnly | Linux.OnlyDirectory | Linux.CloseOnExec, 0);
        return descriptor < 0
            ? throw new IOException($"the directory '{full}' cannot be opened ({Linux.LastError})")
            : new LinuxDirectory(new Descriptor(descriptor), kind != SandboxKind.Components && KernelResolves.Value);
    }

    private static bool ProbeOpenAt2()
    {
        using Descriptor root = new(Linux.open("/", Linux.PathOnly | Linux.OnlyDirectory | Linux.CloseOnExec, 0));
        int descriptor = Linux.OpenBeneath(root, ".", Linux.PathOnly | Linux.OnlyDirectory | Linux.CloseOnExec);
        if (descriptor < 0)
        {
            return false;
        }

        _ = Linux.close(descriptor);
        return true;
    }
}
