namespace Atoll.Cli;

/// <summary>The exit codes of every verb; docs/cli.md has the same table and a test compares them.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>It ran, and the answer is no: an assertion failed, a file cannot be read, a build failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the configuration is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The module is malformed, invalid, or needs imports that are not there.</summary>
    public const int BadModule = 3;

    /// <summary>The guest trapped.</summary>
    public const int Trap = 4;

    /// <summary>The guest reached a limit: time, fuel or memory.</summary>
    public const int Limit = 5;

    /// <summary>A fault of Atoll itself.</summary>
    public const int Internal = 70;

    /// <summary>Stopped by Ctrl-C or SIGTERM.</summary>
    public const int Cancelled = 130;

    /// <summary>Code and meaning, in order, as help and documentation show them.</summary>
    public static readonly IReadOnlyList<(int Code, string Meaning)> All =
    [
        (Ok, "done"),
        (Failed, "it ran, and the answer is no: an assertion failed, a file cannot be read, a build failed"),
        (Usage, "the command line or the configuration is wrong"),
        (BadModule, "the module is malformed, invalid, or needs imports that are not there"),
        (Trap, "the guest trapped"),
        (Limit, "the guest reached a limit: time, fuel or memory"),
        (Internal, "a fault of Atoll itself; please report it"),
        (Cancelled, "stopped by Ctrl-C or SIGTERM"),
    ];
}
