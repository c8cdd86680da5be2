namespace Atoll.Wasm;

/// <summary>How long compiled code of a module stays in the process (<see cref="WasmEngineOptions.CodeLifetime"/>).</summary>
public enum CodeLifetime
{
    /// <summary>Until nothing of the module is in use any more and .NET's collector notices.</summary>
    Unloadable,

    /// <summary>
    /// Until the process ends, whatever becomes of the module. Calls between functions are faster. For a few modules that run as long as the
    /// process: each further one takes memory that never comes back.
    /// </summary>
    Pinned,
}
