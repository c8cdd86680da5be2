namespace Atoll.Wasm;

/// <summary>How long compiled code of a module stays in the process (<see cref="WasmEngineOptions.CodeLifetime"/>), and with that what the runtime can do with it.</summary>
public enum CodeLifetime
{
    /// <summary>
    /// Until nothing of the module is in use any more and .NET's collector notices. The runtime compiles code once, fully optimised, and ignores what was
    /// compiled ahead of time.
    /// </summary>
    Unloadable,

    /// <summary>
    /// Until the process ends, whatever becomes of the module: each further one takes memory that never comes back. The runtime uses what was compiled ahead
    /// of time, and compiles small code without loops quickly at first and again when it turns out to be hot. For processes that run a program and end, or
    /// that use few modules for as long as they live.
    /// </summary>
    Pinned,
}
