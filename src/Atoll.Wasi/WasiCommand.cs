using System.Diagnostics;
using Atoll.Components;
using Atoll.Wasi.Preview1;
using Atoll.Wasm;

namespace Atoll.Wasi;

/// <summary>Defines WASI on linkers, and runs its programs.</summary>
public static class WasiCommand
{
    private const string RunInterface = "wasi:cli/run@0.2.0";

    // What a stopped program wrote before should still arrive; but it must not hold up the one who stopped it.
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(50);

    /// <summary>Defines the functions of <c>wasi_snapshot_preview1</c>. They act on the <see cref="WasiContext"/> of the caller's store.</summary>
    /// <param name="linker">Where to define them.</param>
    public static Linker AddWasiPreview1(this Linker linker)
    {
        ArgumentNullException.ThrowIfNull(linker);
        Preview1Host.AddTo(linker);
        return linker;
    }

    /// <summary>
    /// Defines the interfaces of WASI 0.2, for imports of every version 0.2.x. They act on the <see cref="WasiContext"/> that is the <see cref="Store.State"/> of
    /// the store in which the component is.
    /// </summary>
    /// <param name="linker">Where to define them.</param>
    public static ComponentLinker AddWasi(this ComponentLinker linker)
    {
        ArgumentNullException.ThrowIfNull(linker);
        Preview2.WasiHost.AddTo(linker);
        return linker;
    }

    /// <summary>Runs a module that exports <c>_start</c> once, in a store of its own, on the calling thread, which waits when the program does.</summary>
    /// <param name="linker">A linker with <see cref="AddWasiPreview1"/>, and whatever else the program imports.</param>
    /// <param name="module">The program.</param>
    /// <param name="grants">What it may reach.</param>
    /// <param name="options">Limits; its <see cref="StoreOptions.State"/> and <see cref="StoreOptions.MayBlock"/> are not used.</param>
    /// <param name="atEnd">Gets the store however the program ended, before it is disposed: for <see cref="Store.LastCall"/> and the like.</param>
    /// <returns>The program's exit code; 0 when it returns from its start function.</returns>
    /// <exception cref="UnlinkableException">The program imports what the linker does not define, or has no <c>_start</c>.</exception>
    /// <exception cref="TrapException">The program trapped.</exception>
    /// <exception cref="GuestThrownException">The program threw an exception that it did not catch.</exception>
    /// <exception cref="LimitExceededException">A limit stopped it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="HostFunctionException">The host failed, for example because a stream could not be written.</exception>
    public static int Run(Linker linker, WasmModule module, Grants grants, StoreOptions? options = null, Action<Store>? atEnd = null)
    {
        ArgumentNullException.ThrowIfNull(linker);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(grants);
        return Run(module.Engine, grants, options, atEnd, store =>
        {
            Instance instance = linker.Instantiate(store, module);
            Function start = instance.GetFunction("_start")
                ?? throw new UnlinkableException(["the module exports no function _start: it is a library, not a program"]);
            return () =>
            {
                start.Invoke();
                return 0;
            };
        });
    }

    /// <summary>Runs a component that exports <c>wasi:cli/run</c> once, in a store of its own, on the calling thread, which waits when the program does.</summary>
    /// <param name="linker">A linker with <see cref="AddWasi"/>, and whatever else the component imports.</param>
    /// <param name="component">The program.</param>
    /// <param name="grants">What it may reach.</param>
    /// <param name="options">Limits; its <see cref="StoreOptions.State"/> and <see cref="StoreOptions.MayBlock"/> are not used.</param>
    /// <param name="atEnd">Gets the store however the program ended, before it is disposed: for <see cref="Store.LastCall"/> and the like.</param>
    /// <returns>The program's exit code: what it exits with, or 0 when <c>run</c> succeeds and 1 when it fails.</returns>
    /// <exception cref="UnlinkableException">The component imports what the linker does not define, or exports no <c>wasi:cli/run</c> of a version 0.2.x.</exception>
    /// <exception cref="NotSupportedException">The component uses a part of the Component Model that is not there yet; the message names it.</exception>
    /// <exception cref="TrapException">The program trapped.</exception>
    /// <exception cref="GuestThrownException">The program threw an exception that it did not catch.</exception>
    /// <exception cref="LimitExceededException">A limit stopped it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="HostFunctionException">The host failed, for example because a stream could not be written.</exception>
    public static int Run(ComponentLinker linker, Component component, Grants grants, StoreOptions? options = null, Action<Store>? atEnd = null)
    {
        ArgumentNullException.ThrowIfNull(linker);
        ArgumentNullException.ThrowIfNull(component);
        ArgumentNullException.ThrowIfNull(grants);
        return Run(component.Engine, grants, options, atEnd, store =>
        {
            string name = FindRun(component);
            try
            {
                return RunOf(linker.Instantiate(store, component), name);
            }
            catch (ArgumentException exception)
            {
                throw new UnlinkableException([$"a function is of another type than the host's: {exception.Message}"]);
            }
        });
    }

    /// <summary>Runs a component that exports <c>wasi:cli/run</c> once, in an instance of a pool as if it were new, on the calling thread.</summary>
    /// <param name="pool">
    /// A pool of the program, whose linker has <see cref="AddWasi"/>. What the program does while it is instantiated has the state of <see cref="InstancePoolOptions.MakeState"/>; whether
    /// it may wait on a thread that is none for guests, the options of the pool's stores say (<see cref="StoreOptions.MayBlock"/>).
    /// </param>
    /// <param name="grants">What it may reach.</param>
    /// <param name="timeout">Time until it is stopped; null for no end. Other limits are those of the pool.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The program's exit code: what it exits with, or 0 when <c>run</c> succeeds and 1 when it fails.</returns>
    /// <exception cref="UnlinkableException">The component exports no <c>wasi:cli/run</c> of a version 0.2.x.</exception>
    /// <exception cref="TrapException">The program trapped.</exception>
    /// <exception cref="GuestThrownException">The program threw an exception that it did not catch.</exception>
    /// <exception cref="LimitExceededException">A limit stopped it, or all instances are rented.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="HostFunctionException">The host failed, for example because a stream could not be written.</exception>
    public static int Run(ComponentPool pool, Grants grants, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(grants);
        StoreOptions limits = new() { Timeout = timeout, CancellationToken = cancellationToken };
        long began = Stopwatch.GetTimestamp();
        string name = FindRun(pool.Component);
        using WasiContext context = new(grants);
        using ComponentLease lease = pool.Rent(cancellationToken, context);
        try
        {
            lease.Store.SetDeadline(timeout);
            return RunToEnd(context, limits, began, RunOf(lease.Instance, name));
        }
        finally
        {
            // Before the instance goes back, which drops what the guest still owns.
            context.Dispose();
        }
    }

    private static string FindRun(Component component) => component.Type.FindExport(RunInterface)?.Name
        ?? throw new UnlinkableException(["the component exports no wasi:cli/run@0.2.x: it is a library, not a program"]);

    // A component may claim any type for a function of the host; that it does not fit is told here.
    private static Func<int> RunOf(ComponentInstance instance, string name)
    {
        ComponentFunction run = instance.GetFunction($"{name}#run") ?? throw new UnlinkableException([$"{name} has no function run"]);
        Func<Result<Unit, Unit>> call = run.ToDelegate<Func<Result<Unit, Unit>>>();
        return () => call().IsError ? 1 : 0;
    }

    /// <param name="engine">The program's engine.</param>
    /// <param name="grants">What it may reach.</param>
    /// <param name="options">Limits.</param>
    /// <param name="atEnd">Gets the store at the end.</param>
    /// <param name="load">Instantiates the program; gives what runs it and its exit code.</param>
    private static int Run(WasmEngine engine, Grants grants, StoreOptions? options, Action<Store>? atEnd, Func<Store, Func<int>> load)
    {
        options ??= new StoreOptions();
        long began = Stopwatch.GetTimestamp();
        using WasiContext context = new(grants);
        using Store store = new(engine, options with { State = context, MayBlock = true });
        Func<int> run = load(store);
        return RunToEnd(context, options, began, run, () => atEnd?.Invoke(store));
    }

    private static int RunToEnd(WasiContext context, StoreOptions options, long began, Func<int> run, Action? atEnd = null)
    {
        int code;
        try
        {
            code = run();
        }
        catch (GuestExitException exit)
        {
            code = exit.ExitCode;
        }
        catch (Exception exception) when (exception is WasmException or OperationCanceledException)
        {
            FlushAfterError(context, exception is TrapException or GuestThrownException ? TimeLeft(options, began) : LastWords);
            throw;
        }
        finally
        {
            atEnd?.Invoke();
        }

        Flush(context, options, began);
        return code;
    }

    private static TimeSpan? TimeLeft(StoreOptions options, long began) =>
        options.Timeout is { } timeout ? TimeSpan.FromTicks(Math.Max(0, (timeout - Stopwatch.GetElapsedTime(began)).Ticks)) : null;

    /// <summary>A program is done when its output has been taken.</summary>
    private static void Flush(WasiContext context, StoreOptions options, long began)
    {
        bool done;
        try
        {
            done = context.Flush(TimeLeft(options, began), options.CancellationToken);
        }
        catch (IOException exception)
        {
            throw new HostFunctionException("standard output", exception);
        }

        if (!done)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            throw new LimitExceededException(LimitKind.Time, "the program ended, but nobody took its output before its time was up");
        }
    }

    private static void FlushAfterError(WasiContext context, TimeSpan? limit)
    {
        try
        {
            context.Flush(limit ?? LastWords, CancellationToken.None);
        }
        catch (IOException)
        {
            // The error that is on its way to the caller came first and says more.
        }
    }
}
