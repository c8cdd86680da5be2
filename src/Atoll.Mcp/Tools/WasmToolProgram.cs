using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using Atoll.Components;
using Atoll.Host.Configuration;
using Atoll.Host.Security;
using Atoll.Wasi;
using Atoll.Wasm;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Tools;

/// <summary>
/// A program of WASI: a module of preview 1 or a component that exports <c>wasi:cli/run</c>. Compiled once; each call gets an instance as if it were new, so
/// nothing of one call can be seen by the next. Thread-safe.
/// </summary>
internal sealed partial class WasmToolProgram(ToolManifest manifest, WasmModules modules, ILogger logger) : IToolProgram
{
    private const int MaxErrorBytes = 256 << 10;
    private readonly ToolGrants _grants = new(manifest.Name, logger);
    private readonly Lazy<WasmProgram> _program = new(() => modules.Load(manifest.Entry, manifest.Sha256, manifest.File));

    public ProgramOutput Run(ProgramCall call)
    {
        CurrentCall current = new(call.Logger, manifest.Name);
        return Run(call, current) with { DeniedNetwork = current.DeniedNetwork };
    }

    private ProgramOutput Run(ProgramCall call, CurrentCall current)
    {
        using var output = new BoundedOutput(call.MaxOutputBytes);
        using var errors = new LogOutput(current, MaxErrorBytes);
        try
        {
            // Compiling is the host's work and uses up nothing of the guest's time.
            var program = _program.Value;
            var grants = _grants.For(call.Access)
                .OnDecision(current.See)
                .AllowStdin(new MemoryStream(call.Input.ToArray(), writable: false))
                .AllowStdout(output, neverWaits: true)
                .AllowStderr(errors, neverWaits: true);
            var code = program.Run(grants, (ulong)call.Frame.MemoryBytes, TimeSpan.FromMilliseconds(call.Frame.CpuMilliseconds), call.CancellationToken);
            errors.End();
            return code == 0
                ? new ProgramOutput(output.Written, null)
                : new ToolError("crashed", $"{manifest.Name} ended with exit code {code}, which is a defect of the tool; what it wrote to standard error is in the server's log.");
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (LimitExceededException e) when (e.Limit is LimitKind.Memory or LimitKind.Table)
        {
            return new ToolError("memory_limit", $"{manifest.Name} cannot start: {e.Message}. Raise budgets.memory_bytes, which is {call.Frame.MemoryBytes}.");
        }
        catch (LimitExceededException)
        {
            return new ToolError("time_limit", $"{manifest.Name} was stopped after {call.Frame.CpuMilliseconds} ms. Ask for less at a time, or raise budgets.cpu_ms.");
        }
        catch (TrapException) when (output.IsFull)
        {
            return new ToolError("output_limit", $"{manifest.Name} wrote more than {call.MaxOutputBytes} bytes and was stopped. Ask for less at a time, or raise budgets.output_bytes.");
        }
        catch (TrapException e)
        {
            errors.End();
            LogTrap(call.Logger, manifest.Name, e.Kind, string.Join(" < ", e.GuestStack.Take(16)));
            var kind = e.Kind == TrapKind.StackExhausted ? "used up its stack" : $"crashed ({e.Kind})";
            return new ToolError("crashed", $"{manifest.Name} {kind}; the server's log has the guest's stack. Its memory limit is {call.Frame.MemoryBytes} bytes (budgets.memory_bytes).");
        }
        catch (GuestThrownException e)
        {
            errors.End();
            LogThrow(call.Logger, manifest.Name, e.Message, string.Join(" < ", e.GuestStack.Take(16)));
            return new ToolError("crashed", $"{manifest.Name} threw an exception that it did not catch; the server's log has the guest's stack.");
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            return Unavailable(e);
        }
    }

    private static bool IsUnavailable(Exception e) => e is WasmException or NotSupportedException or IOException or UnauthorizedAccessException or ToolUnavailableException;

    private ToolError Unavailable(Exception e)
    {
        LogUnavailable(logger, e, manifest.Name);
        return new ToolError("unavailable", $"{manifest.Name} cannot run: {Printable.Shorten(e.Message, 1000)}");
    }

    [LoggerMessage(EventId = 300, Level = LogLevel.Warning, Message = "{Tool} trapped: {Kind}; guest stack: {GuestStack}")]
    private static partial void LogTrap(ILogger logger, string tool, TrapKind kind, string guestStack);

    [LoggerMessage(EventId = 304, Level = LogLevel.Warning, Message = "{Tool}: {Error}; guest stack: {GuestStack}")]
    private static partial void LogThrow(ILogger logger, string tool, string error, string guestStack);

    [LoggerMessage(EventId = 301, Level = LogLevel.Error, Message = "{Tool} cannot run")]
    private static partial void LogUnavailable(ILogger logger, Exception exception, string tool);
}

/// <summary>The program's file cannot be used.</summary>
internal sealed class ToolUnavailableException(string message) : Exception(message);

/// <summary>The engine, the linkers and the compiled programs that all tools share; equal files are compiled once. Thread-safe.</summary>
internal sealed class WasmModules : IDisposable
{
    private const long MaxFileBytes = 64 << 20;
    private readonly ConcurrentDictionary<string, Lazy<WasmProgram>> _byHash = new(StringComparer.Ordinal);
    private readonly ComponentLinker _componentLinker = new ComponentLinker().AddWasi();

    /// <param name="cache">Where code is looked for, or null. Modules are never dropped here, so nothing is lost with code that cannot be unloaded.</param>
    public WasmModules(ICodeCache? cache)
    {
        Engine = new WasmEngine(cache is null ? new WasmEngineOptions() : new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned, CodeCache = cache });
        Linker = new Linker(Engine).AddWasiPreview1();
    }

    public WasmEngine Engine { get; }

    private Linker Linker { get; }

    /// <param name="entry">The program's file.</param>
    /// <param name="sha256">The hash that it must have; null for any.</param>
    /// <param name="wantedBy">Who wants that hash.</param>
    public WasmProgram Load(string entry, string? sha256, string wantedBy)
    {
        using var file = new FileStream(entry, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length > MaxFileBytes)
        {
            throw new ToolUnavailableException($"{entry} has {file.Length} bytes; at most {MaxFileBytes} are loaded.");
        }

        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);

        // The very bytes that were checked are the ones that are compiled.
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (sha256 is not null && sha256 != hash)
        {
            throw new ToolUnavailableException($"{entry} has the SHA-256 {hash}, but {wantedBy} wants {sha256}. Build it again or correct the manifest.");
        }

        return _byHash.GetOrAdd(hash, _ => new Lazy<WasmProgram>(() => Component.IsComponent(bytes)
            ? new CommandProgram(_componentLinker, Component.Load(Engine, bytes))
            : new ModuleProgram(Linker, Engine.LoadModule(bytes)))).Value;
    }

    public void Dispose()
    {
        foreach (var program in _byHash.Values.Where(program => program.IsValueCreated))
        {
            program.Value.Dispose();
        }
    }
}
