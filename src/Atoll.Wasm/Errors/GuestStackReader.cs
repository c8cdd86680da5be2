using System.Collections.Immutable;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Atoll.Wasm.Compilation;
using Atoll.Wasm.Debugging;
using Atoll.Wasm.Execution;
using Atoll.Wasm.Interpretation;

namespace Atoll.Wasm;

/// <summary>Turns the .NET stack of an exception into guest frames: every guest function is a method whose number is its token.</summary>
internal static class GuestStackReader
{
    /// <summary>Frames that are kept; deep recursion would otherwise give ten thousand of them.</summary>
    public const int MaximumFrames = 100;

    private const string RuntimeThrowHelpers = "Internal.Runtime.CompilerHelpers.ThrowHelpers";

    // Weak values too: the code leads to its load context, and a load context keeps its reflection objects, these keys, until it unloads.
    private static readonly ConditionalWeakTable<Module, WeakReference<CompiledModule>> Modules = [];

    /// <summary>Functions that the interpreter ran when an exception came by, innermost first.</summary>
    private static readonly ConditionalWeakTable<Exception, List<(CompiledModule Code, int Function)>> Interpreted = [];

    /// <summary>Code that stays until the process ends: the stack of an exception can be asked for at any time.</summary>
    private static readonly List<CompiledModule> Pinned = [];

    /// <summary>The code that an exception's stack leads through: without it the frames could not be told when the exception outlives its store.</summary>
    private static readonly ConditionalWeakTable<Exception, CompiledModule[]> Kept = [];

    /// <summary>Keeps the code of a store as long as an exception that came out of it.</summary>
    public static void Keep(Exception exception, Store store) => Kept.TryAdd(exception, store.CodeInUse());

    public static void Register(Module module, CompiledModule code) => Modules.Add(module, new WeakReference<CompiledModule>(code));

    public static void Keep(CompiledModule code)
    {
        lock (Pinned)
        {
            Pinned.Add(code);
        }
    }

    /// <summary>Whether the exception left a method of guest code directly, so that no host code can have thrown it.</summary>
    public static bool ThrownByGuest(Exception exception)
    {
        MethodBase? thrower = exception.TargetSite;
        if (thrower?.DeclaringType?.FullName == RuntimeThrowHelpers)
        {
            // Checks that the hardware does not make are calls of the runtime's own helpers: the method below them failed.
            thrower = new StackTrace(exception, fNeedFileInfo: false).GetFrame(1)?.GetMethod();
        }

        return thrower?.Module is { } module && Modules.TryGetValue(module, out _);
    }

    /// <summary>
    /// Notes that an exception comes out of a function that the interpreter runs. An exception filter, so that it sees the exception before
    /// frames are gone; it catches nothing.
    /// </summary>
    public static bool Note(Exception exception, InstanceContext context, int function)
    {
        List<(CompiledModule, int)> frames = Interpreted.GetOrCreateValue(exception);
        if (frames.Count < MaximumFrames)
        {
            frames.Add((context.Instance.Module.Code, function));
        }

        return false;
    }

    private static CompiledModule? CodeOf(Module module) =>
        Modules.TryGetValue(module, out WeakReference<CompiledModule>? entry) && entry.TryGetTarget(out CompiledModule? code) ? code : null;

    /// <summary>The guest functions on the current thread's stack, innermost first.</summary>
    public static List<GuestFunction> ReadCurrent()
    {
        List<GuestFunction> functions = [];
        StackTrace trace = new(skipFrames: 1, fNeedFileInfo: false);
        for (int i = 0; i < trace.FrameCount; i++)
        {
            if (trace.GetFrame(i)?.GetMethod() is { } method && CodeOf(method.Module) is { } code && CompiledModule.FunctionOf(method) is >= 0 and int index)
            {
                functions.Add(new GuestFunction(code, index));
            }
        }

        return functions;
    }

    /// <param name="exception">The exception.</param>
    /// <param name="codeOffset">Offset in its module of the instruction that the innermost frame was at, or -1.</param>
    public static ImmutableArray<GuestFrame> Read(Exception exception, int codeOffset = -1)
    {
        ImmutableArray<GuestFrame>.Builder frames = ImmutableArray.CreateBuilder<GuestFrame>();
        StackTrace trace = new(exception, fNeedFileInfo: false);
        Queue<(CompiledModule Code, int Function)> interpreted = Interpreted.TryGetValue(exception, out List<(CompiledModule, int)>? noted) ? new(noted) : [];
        for (int i = 0; i < trace.FrameCount && frames.Count < MaximumFrames; i++)
        {
            StackFrame? at = trace.GetFrame(i);
            MethodBase? method = at?.GetMethod();
            // Overflows are thrown from one place in a method.
            int ilOffset = exception is OverflowException && frames.Count == 0 ? -1 : at?.GetILOffset() ?? -1;
            if (method == Interpreter.Method && interpreted.TryDequeue(out (CompiledModule Code, int Function) next))
            {
                frames.Add(next.Code.FrameOf(next.Function, -1, -1));
            }
            else if (method is not null && CodeOf(method.Module)?.FrameOf(method, ilOffset, frames.Count == 0 ? codeOffset : -1) is { } frame)
            {
                frames.Add(frame);
            }
        }

        return frames.DrainToImmutable();
    }
}
