using Atoll.Wasm;
using Atoll.Wasm.Caching;

namespace Atoll.Cli;

/// <summary>Where this command keeps compiled code, and the engine's options for what runs once and ends.</summary>
internal static class CodeStore
{
    /// <summary>Names another folder than the user's own.</summary>
    public const string Variable = "ATOLL_CACHE_DIR";

    /// <summary>Names another folder for the key that entries are authenticated with.</summary>
    public const string KeyVariable = "ATOLL_KEY_DIR";

    public static string FolderOf(CliContext context) =>
        context.GetVariable(Variable) is { Length: > 0 } folder ? context.Resolve(folder) : DiskCodeCache.DefaultDirectory;

    public static string KeyFolderOf(CliContext context) =>
        context.GetVariable(KeyVariable) is { Length: > 0 } folder ? context.Resolve(folder) : DiskCodeCache.DefaultKeyDirectory;

    /// <summary>Opens the store and makes it if need be.</summary>
    public static DiskCodeCache Open(CliContext context)
    {
        try
        {
            return new DiskCodeCache(new DiskCodeCacheOptions { Directory = FolderOf(context), KeyDirectory = KeyFolderOf(context) });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Failed($"compiled code cannot be kept: {exception.Message} ({Variable} names a folder for code, {KeyVariable} one for its key.)", exception);
        }
    }

    /// <summary>The store for a run: none when nothing was ever kept, and none (with a word about it) when it cannot be trusted.</summary>
    public static DiskCodeCache? OpenExisting(CliContext context)
    {
        try
        {
            return Directory.Exists(FolderOf(context)) ? Open(context) : null;
        }
        catch (CliException exception)
        {
            context.Error.WriteLine($"note: {exception.Message}");
            return null;
        }
    }

    /// <summary>
    /// Stack of guests. Functions of some programs, Go's for one, have frames of many kilobytes, and their recursion fits V8's stack of 1 MiB because V8's are
    /// smaller. A thread with less stack than this ends sooner.
    /// </summary>
    private const int StackBytes = 4 << 20;

    /// <summary>What <c>run</c> makes its engine with (<c>serve</c> too, without fuel), and so what <c>compile</c> has to compile for.</summary>
    public static WasmEngineOptions Options(bool fuel, ICodeCache? cache) =>
        new() { ConsumeFuel = fuel, CodeLifetime = CodeLifetime.Pinned, CodeCache = cache, StackBudgetBytes = StackBytes };

    /// <summary>Makes an engine, and says when it cannot do what was asked for.</summary>
    public static WasmEngine Engine(WasmEngineOptions options, CliContext context)
    {
        WasmEngine engine = new(options);
        if (options.FaultChecks && !engine.Options.FaultChecks)
        {
            context.Error.WriteLine("note: --fault-checks has no effect here: it needs Linux on x64, .NET's own handler of SIGSEGV, and 16 GiB of address space (`ulimit -v`).");
        }

        return engine;
    }
}
