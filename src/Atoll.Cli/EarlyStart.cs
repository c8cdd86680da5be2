using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasi.Platform;
using Atoll.Wasm;

namespace Atoll.Cli;

/// <summary>
/// What every run of a program needs, begun before the command line is read. A short program's time is mostly the runtime's, which loads types and finds code: on two
/// processors, where there are two.
/// </summary>
internal static class EarlyStart
{
    private static readonly Lazy<ComponentLinker> Shared = new(static () => new ComponentLinker().AddWasi().AddPlatform());

    /// <summary>What components are linked to. Nobody adds anything to it.</summary>
    public static ComponentLinker Linker => Shared.Value;

    /// <summary>Begins on another thread, if the arguments name a verb that runs programs.</summary>
    public static void Begin(string[] arguments)
    {
        if (Environment.ProcessorCount > 1 && arguments is ["run" or "invoke", _, ..])
        {
            // What fails here fails again where it is needed, and is reported there.
            _ = Task.Factory.StartNew(() => Prepare(arguments[0] == "invoke"), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    private static void Prepare(bool isComponent)
    {
        // Brings the system's cryptography in, too.
        _ = ModuleCode.CurrentBuild;
        if (isComponent)
        {
            _ = Shared.Value;
        }
    }
}
