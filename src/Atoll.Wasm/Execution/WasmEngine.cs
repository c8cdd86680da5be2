using System.Security.Cryptography;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Compilation;
using Atoll.Wasm.Execution;
using Atoll.Wasm.Platform;
using Atoll.Wasm.Validation;

namespace Atoll.Wasm;

/// <summary>Compiles modules; holds the options and limits that all its modules and stores share.</summary>
/// <remarks>
/// Thread-safe; make one for a process or for each set of options. It owns no threads and no native memory, so it need not be disposed; modules
/// and stores keep what they need of it alive.
/// </remarks>
public sealed class WasmEngine
{
    /// <summary>Makes an engine.</summary>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="PlatformNotSupportedException">The process is not 64-bit and little-endian, or cannot run generated code.</exception>
    public WasmEngine(WasmEngineOptions? options = null)
    {
        Options = options ?? new WasmEngineOptions();
        Options.Check();
        if (!BitConverter.IsLittleEndian || nint.Size != 8 || !System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported)
        {
            throw new PlatformNotSupportedException("Atoll.Wasm needs a 64-bit little-endian process that can run generated code");
        }

        Pages = Options.PortableMemory ? PageAllocator.Portable : PageAllocator.System;
        GuardedPages = Options.FaultChecks && !Options.PortableMemory ? GuardedPageAllocator.TryGet() : null;
        Options = Options with { FaultChecks = GuardedPages is not null };
        Thunks = new HostThunks();
    }

    /// <summary>The options that it was made with; <see cref="WasmEngineOptions.FaultChecks"/> only if the system has them.</summary>
    public WasmEngineOptions Options { get; }

    internal PageAllocator Pages { get; }

    /// <summary>Where memories come from whose accesses are checked by faults; null when none are.</summary>
    internal GuardedPageAllocator? GuardedPages { get; }

    internal HostThunks Thunks { get; }

    /// <summary>Decodes, validates and compiles a module. The work is linear in the size of the module.</summary>
    /// <param name="wasm">The module in the binary format; copied.</param>
    /// <param name="cancellationToken">Stops the work between functions.</param>
    /// <exception cref="MalformedModuleException">The bytes are no module, or break one of <see cref="WasmEngineOptions.Limits"/>.</exception>
    /// <exception cref="InvalidModuleException">The module is not valid.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public WasmModule LoadModule(ReadOnlyMemory<byte> wasm, CancellationToken cancellationToken = default)
    {
        ModuleDefinition definition = ModuleDecoder.Decode(wasm.ToArray(), Options.Limits, Options.Features);
        return Load(definition, cancellationToken);
    }

    /// <summary>Finds the code of a module in the cache, or validates and compiles it.</summary>
    internal WasmModule Load(ModuleDefinition definition, CancellationToken cancellationToken)
    {
        if (Find(definition, out byte[]? hash) is { } kept)
        {
            return kept;
        }

        if (!definition.IsValidated)
        {
            ModuleValidator.Validate(definition, Options.Limits, cancellationToken);
        }

        return new WasmModule(this, definition, ModuleCompiler.Compile(definition, this, cancellationToken), hash);
    }

    /// <summary>Finds the code of a module in the cache. Code is kept of valid modules only, so one which is found need not be looked at again.</summary>
    /// <param name="definition">The module as it was decoded.</param>
    /// <param name="hash">The SHA-256 of its bytes, when there is a cache.</param>
    internal WasmModule? Find(ModuleDefinition definition, out byte[]? hash)
    {
        hash = null;
        if (Options.CodeCache is not { } cache)
        {
            return null;
        }

        hash = SHA256.HashData(definition.Bytes);
        return cache.Find(CodeKey.Of(hash, Options)) is { } kept && ModuleCompiler.Load(definition, this, kept) is { } loaded
            ? new WasmModule(this, definition, loaded, hash)
            : null;
    }

    /// <summary>Compiles all of a module, to be kept in a cache for engines with the same options. Loads nothing.</summary>
    /// <param name="wasm">The module in the binary format.</param>
    /// <param name="cancellationToken">Stops the work between functions.</param>
    /// <exception cref="MalformedModuleException">The bytes are no module, or break one of <see cref="WasmEngineOptions.Limits"/>.</exception>
    /// <exception cref="InvalidModuleException">The module is not valid.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public ModuleCode CompileForCache(ReadOnlyMemory<byte> wasm, CancellationToken cancellationToken = default)
    {
        ModuleDefinition definition = DecodeAndValidate(wasm, cancellationToken);
        string key = CodeKey.Of(SHA256.HashData(definition.Bytes), Options);
        return new ModuleCode(key, [.. ModuleCompiler.CompileImages(definition, this, key, cancellationToken).Select(image => new ReadOnlyMemory<byte>(image))]);
    }

    /// <summary>Decodes and validates a module without compiling it.</summary>
    /// <param name="wasm">The module in the binary format.</param>
    /// <param name="cancellationToken">Stops the work between functions.</param>
    /// <exception cref="MalformedModuleException">The bytes are no module, or break one of <see cref="WasmEngineOptions.Limits"/>.</exception>
    /// <exception cref="InvalidModuleException">The module is not valid.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Validate(ReadOnlyMemory<byte> wasm, CancellationToken cancellationToken = default) =>
        _ = DecodeAndValidate(wasm, cancellationToken);

    private ModuleDefinition DecodeAndValidate(ReadOnlyMemory<byte> wasm, CancellationToken cancellationToken)
    {
        ModuleDefinition definition = ModuleDecoder.Decode(wasm.ToArray(), Options.Limits, Options.Features);
        ModuleValidator.Validate(definition, Options.Limits, cancellationToken);
        return definition;
    }
}
