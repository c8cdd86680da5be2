using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Cli;

/// <summary>Reads what the user calls a program: a module or component, in binary form or as text.</summary>
internal static class ProgramFile
{
    /// <summary>The binary of a .wasm or .wat file, a module or, where the caller takes them, a component; text is recognised by its content, not by the name.</summary>
    public static byte[] ReadBinary(string path, CliContext context, bool mayBeComponent = false)
    {
        byte[] bytes = ReadBytes(path, context);
        if (LooksLikeText(bytes))
        {
            byte[] text = bytes;
            bytes = Explain(path, () => ComponentWriter.FromText(text));
        }

        if (!mayBeComponent && Component.IsComponent(bytes))
        {
            throw new CliException(
                ExitCodes.BadModule,
                $"{path} is a component, and this takes core modules only. Give the core module, for example one built for wasm32-wasip1; `atoll run` runs components.");
        }

        return bytes;
    }

    public static byte[] ReadBytes(string path, CliContext context)
    {
        if (path.Length == 0)
        {
            throw CliException.Usage("the path of the file is empty. Is a variable of the shell without a value?");
        }

        string full = context.Resolve(path);
        if (Directory.Exists(full))
        {
            throw CliException.Failed($"{path} is a folder. Give a .wasm or .wat file.");
        }

        try
        {
            return File.ReadAllBytes(full);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CliException.Failed($"{path} does not exist. Check the path (looked at {full}).", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Failed($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Does something with a file and puts the file's name before what is wrong with its content.</summary>
    public static T Explain<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is MalformedModuleException or InvalidModuleException or UnlinkableException
            or MalformedComponentException or InvalidComponentException or ComponentWritingException)
        {
            throw new ModuleFileException(path, (WasmException)exception);
        }
    }

    /// <summary>A module in binary form begins with a zero byte; text never does.</summary>
    public static bool LooksLikeText(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> start = bytes.TrimStart(" \t\r\n\u00EF\u00BB\u00BF"u8);
        return !start.IsEmpty && (start[0] is (byte)'(' or (byte)';');
    }

    /// <summary>Whether a file begins as WebAssembly binaries do, modules and components.</summary>
    public static bool IsWasm(string fullPath)
    {
        Span<byte> start = stackalloc byte[4];
        using FileStream file = File.OpenRead(fullPath);
        return file.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4 && start.SequenceEqual("\0asm"u8);
    }
}

/// <summary>A module is bad, and this is the file that it is in.</summary>
internal sealed class ModuleFileException(string path, WasmException reason) : Exception(reason.Message, reason)
{
    public string Path { get; } = path;

    public WasmException Reason { get; } = reason;
}
