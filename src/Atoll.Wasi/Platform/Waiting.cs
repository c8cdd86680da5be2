using Atoll.Components;
using Atoll.Wasi.Preview2.Http;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Platform;

/// <summary>Lets a guest wait for work that .NET's threads do.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>The time that a guest asked for, within bounds.</summary>
    /// <param name="nanoseconds">What it asked for.</param>
    /// <param name="otherwise">For none.</param>
    /// <param name="longest">The most that it can have.</param>
    /// <param name="error">Set when it is too long.</param>
    public static TimeSpan Limit(ulong? nanoseconds, TimeSpan otherwise, TimeSpan longest, out PlatformError? error)
    {
        ulong most = (ulong)longest.Ticks * 100;
        error = nanoseconds > most ? new PlatformError.Invalid($"the time-out is longer than {longest.TotalSeconds} seconds") : null;
        TimeSpan asked = nanoseconds is { } given ? TimeSpan.FromTicks((long)(Math.Min(given, most) / 100)) : otherwise;
        return asked < Shortest ? Shortest : asked;
    }

    /// <summary>Does work and waits for it; cancels it when its time is over or the guest is stopped.</summary>
    /// <param name="caller">Who waits.</param>
    /// <param name="context">The run.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="work">The work; not on the guest's thread, whose stack is the guest's.</param>
    /// <exception cref="Wasm.LimitExceededException">The guest's deadline has passed.</exception>
    /// <exception cref="OperationCanceledException">Somebody cancelled.</exception>
    public static Result<T, PlatformError> Run<T>(ComponentCaller caller, WasiContext context, TimeSpan timeout, Func<CancellationToken, Task<T>> work)
    {
        CancellationTokenSource cancellation = new(timeout);
        Task<T> task = Task.Run(() => work(cancellation.Token), CancellationToken.None);
        try
        {
            Pollable.Wait(caller, context, new TaskWaitable(context, task));
        }
        catch
        {
            cancellation.Cancel();
            throw;
        }
        finally
        {
            task.ContinueWith(
                static (ended, source) =>
                {
                    _ = ended.Exception;
                    ((CancellationTokenSource)source!).Dispose();
                },
                cancellation, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        try
        {
            return PlatformResult.Ok(task.GetAwaiter().GetResult());
        }
        catch (Exception exception) when (exception is PlatformFailure || HttpErrors.IsExpected(exception))
        {
            if (HttpErrors.FailureIn(exception) is { Denied: { } denied })
            {
                context.Deny(denied);
            }

            return PlatformResult.Fail<T>(PlatformError.Of(exception));
        }
    }
}
