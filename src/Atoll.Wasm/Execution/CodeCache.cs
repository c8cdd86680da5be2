using System.Collections.Immutable;
using Atoll.Wasm.Compilation;

namespace Atoll.Wasm;

/// <summary>Where an engine finds code that was compiled before (<see cref="WasmEngineOptions.CodeCache"/>).</summary>
/// <remarks>
/// What it gives runs in the process with all of its rights: it must give exactly the bytes that were stored under a key, and nobody else may be able
/// to store any. Used by any number of threads.
/// </remarks>
public interface ICodeCache
{
    /// <summary>Looks an entry up.</summary>
    /// <param name="key">The key of a <see cref="ModuleCode"/>.</param>
    /// <returns>The entry, or null when there is none that can be trusted.</returns>
    ICachedCode? Find(string key);
}

/// <summary>An entry of a cache. Kept as long as its module; used by any number of threads.</summary>
public interface ICachedCode
{
    /// <summary>The number of images that were stored.</summary>
    int ImageCount { get; }

    /// <summary>Reads an image.</summary>
    /// <param name="index">Its number, from 0 on.</param>
    /// <returns>The bytes; null when they cannot be read or trusted any more.</returns>
    byte[]? Read(int index);

    /// <summary>
    /// Gives an image as a file. Machine code in an image is used by the runtime when it is loaded from a file into code that stays (<see cref="CodeLifetime.Pinned"/>),
    /// and at no other time.
    /// </summary>
    /// <param name="index">Its number, from 0 on.</param>
    /// <returns>
    /// Full path of a file with exactly the bytes that <see cref="Read"/> gives, which nobody can change any more; no other image may have the path as long as the
    /// process lives. Null when there is no machine code in it, or it cannot be read or trusted any more.
    /// </returns>
    string? OpenFile(int index);
}

/// <summary>The code of a module in the form in which a cache keeps it: .NET assemblies.</summary>
/// <remarks>An ahead-of-time compiler may put its own code into each image, which stays what it was for everybody else.</remarks>
public sealed class ModuleCode
{
    internal ModuleCode(string key, ImmutableArray<ReadOnlyMemory<byte>> images)
    {
        Key = key;
        Images = images;
    }

    /// <summary>How keys begin whose code this process can use: 16 hexadecimal digits for the engine's build, the runtime and the processor.</summary>
    public static string CurrentBuild => CodeKey.Build;

    /// <summary>
    /// Names everything that the code depends on: the module's bytes, the engine's build and its options, the runtime, the processor's features. 64
    /// hexadecimal digits.
    /// </summary>
    public string Key { get; }

    /// <summary>The assemblies. The first, <c>Atoll.Generated</c>, has the module's state; number n after it is <c>Atoll.Generated.(n - 1)</c> and has a part of the functions of a large module.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Images { get; }
}
