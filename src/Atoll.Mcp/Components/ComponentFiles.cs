using System.Security.Cryptography;
using Atoll.Components;
using Atoll.Host.Configuration;
using Atoll.Mcp.Tools;
using Atoll.Wasm;

namespace Atoll.Mcp.Components;

/// <summary>Components by file; equal files are decoded and compiled once, for as long as somebody uses the component. Thread-safe.</summary>
internal sealed class ComponentFiles(WasmEngine engine)
{
    private const long MaxFileBytes = 64 << 20;
    private readonly Lock _lock = new();

    // A file that is changed again and again must not keep every component that was in it.
    private readonly Dictionary<string, WeakReference<Component>> _byHash = new(StringComparer.Ordinal);

    /// <summary>How many components it knows of.</summary>
    internal int Count => _byHash.Count;

    /// <summary>Whether a file is a component, as its first bytes say.</summary>
    public static bool IsComponent(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] start = new byte[8];
            return file.ReadAtLeast(start, 8, throwOnEndOfStream: false) == 8 && Component.IsComponent(start);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Reads and validates a component.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sha256">The hash that it must have; null for any.</param>
    /// <exception cref="ToolUnavailableException">It cannot be used; the message says why.</exception>
    public Component Load(string path, string? sha256)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (file.Length > MaxFileBytes)
            {
                throw new ToolUnavailableException($"{path} has {file.Length} bytes; at most {MaxFileBytes} are loaded.");
            }

            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            string hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
            if (sha256 is not null && sha256 != hash)
            {
                throw new ToolUnavailableException($"{path} has the SHA-256 {hash}, but {sha256} is wanted. Build it again or correct the manifest.");
            }

            return Component.IsComponent(bytes) ? Get(hash, bytes) : throw new ToolUnavailableException($"{path} is no component.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or WasmException)
        {
            throw new ToolUnavailableException($"{path} cannot be used: {Printable.Shorten(e.Message, 1000)}");
        }
    }

    private Component Get(string hash, byte[] bytes)
    {
        lock (_lock)
        {
            if (_byHash.TryGetValue(hash, out WeakReference<Component>? known) && known.TryGetTarget(out Component? component))
            {
                return component;
            }

            component = Component.Load(engine, bytes);
            foreach (string gone in _byHash.Where(entry => !entry.Value.TryGetTarget(out _)).Select(entry => entry.Key).ToArray())
            {
                _byHash.Remove(gone);
            }

            _byHash[hash] = new WeakReference<Component>(component);
            return component;
        }
    }
}
