using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Atoll.Wasm.Caching;

/// <summary>
/// An entry as a file: a head, which is authenticated as a whole, then the images. The head has a code of authentication for each image, so that an
/// image can be read and checked when it is needed.
/// </summary>
/// <remarks>
/// "ATOLLC2\n", 32 bits: length of the rest of the head; key, name, tool (each 32 bits of length and UTF-8), 32 bits: number of images; for each
/// image 64 bits of offset, 32 bits of length and its code (<see cref="CodeSeal"/>); then the code of all before. Numbers are little-endian.
/// </remarks>
internal sealed class CodeFile : ICachedCode, IDisposable
{
    private const int PrefixLength = 12;
    private const int MaximumHead = 64 << 20;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly CodeSeal _seal;
    private readonly Image[] _images;

    private CodeFile(string path, SafeFileHandle file, CodeSeal seal, string name, string? tool, Image[] images)
    {
        _path = path;
        _file = file;
        _seal = seal;
        Name = name;
        Tool = tool;
        _images = images;
    }

    private readonly record struct Image(long Offset, int Length, byte[] Code);

    public string Name { get; }

    public string? Tool { get; }

    public int ImageCount => _images.Length;

    private static ReadOnlySpan<byte> Magic => "ATOLLC2\n"u8;

    /// <summary>Opens an entry; null when there is none under the key that the seal authenticates. What is there in its place is removed.</summary>
    public static CodeFile? Open(string path, string key, CodeSeal seal)
    {
        SafeFileHandle? file = null;
        try
        {
            // An entry that is replaced or removed stays readable for who has it open.
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
            if (ReadHead(file, seal) is { } head && Parse(path, file, head, key, seal) is { } code)
            {
                file = null;
                return code;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            file?.Dispose();
        }

        // A good entry that another process has just put there may go with it: that costs compiling once more.
        Remove(path);
        return null;
    }

    /// <summary>Removes a file, if that is possible. It may be gone already, or be in use on systems that keep such files.</summary>
    public static bool Remove(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static void Write(string path, string key, IReadOnlyList<ReadOnlyMemory<byte>> images, string name, string? tool, CodeSeal seal)
    {
        using MemoryStream head = new();
        using BinaryWriter writer = new(head, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(0);
        WriteText(writer, key);
        WriteText(writer, name);
        WriteText(writer, tool ?? "");
        writer.Write(images.Count);
        long offset = head.Length + (images.Count * (12L + CodeSeal.ImageLength)) + CodeSeal.HeadLength;
        foreach (ReadOnlyMemory<byte> image in images)
        {
            writer.Write(offset);
            writer.Write(image.Length);
            writer.Write(seal.OfImage(image.Span));
            offset += image.Length;
        }

        byte[] bytes = head.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Magic.Length), bytes.Length - PrefixLength + CodeSeal.HeadLength);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using FileStream file = new(path, options);
        file.Write(bytes);
        file.Write(seal.OfHead(bytes));
        foreach (ReadOnlyMemory<byte> image in images)
        {
            file.Write(image.Span);
        }

        file.Flush(flushToDisk: true);
    }

    public byte[]? Read(int index)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(_images[index].Length);
        return TryRead(index, bytes) ? bytes : null;
    }

    public string? OpenFile(int index)
    {
        if (Tool is null)
        {
            return null;
        }

        // Not an array of its own for each image: those are large, and the system hands out their pages one by one.
        byte[] buffer = ArrayPool<byte>.Shared.Rent(_images[index].Length);
        try
        {
            Span<byte> image = buffer.AsSpan(0, _images[index].Length);
            return TryRead(index, image) ? ImageFile.Make(image, Path.GetDirectoryName(_path)!) : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Reads an image and authenticates what was read. If that fails, the entry is removed.</summary>
    private bool TryRead(int index, Span<byte> bytes)
    {
        if (TryRead(_file, bytes, _images[index].Offset) && _seal.IsImage(bytes, _images[index].Code))
        {
            return true;
        }

        Remove(_path);
        return false;
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    /// <summary>The head without its own code of authentication; null when it is not authentic.</summary>
    private static byte[]? ReadHead(SafeFileHandle file, CodeSeal seal)
    {
        byte[] prefix = new byte[PrefixLength];
        if (!TryRead(file, prefix, 0) || !prefix.AsSpan().StartsWith(Magic))
        {
            return null;
        }

        int rest = BinaryPrimitives.ReadInt32LittleEndian(prefix.AsSpan(Magic.Length));
        if (rest is < CodeSeal.HeadLength or > MaximumHead)
        {
            return null;
        }

        byte[] whole = new byte[PrefixLength + rest];
        if (!TryRead(file, whole, 0))
        {
            return null;
        }

        byte[] head = whole[..^CodeSeal.HeadLength];
        return seal.IsHead(head, whole.AsSpan(head.Length)) ? head : null;
    }

    /// <summary>Reads a head, which is as this program wrote it; null when it is of another entry.</summary>
    private static CodeFile? Parse(string path, SafeFileHandle file, byte[] head, string key, CodeSeal seal)
    {
        using BinaryReader reader = new(new MemoryStream(head, PrefixLength, head.Length - PrefixLength), Encoding.UTF8);
        if (ReadText(reader) != key)
        {
            return null;
        }

        string name = ReadText(reader);
        string tool = ReadText(reader);
        Image[] images = new Image[reader.ReadInt32()];
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = new Image(reader.ReadInt64(), reader.ReadInt32(), reader.ReadBytes(CodeSeal.ImageLength));
        }

        return new CodeFile(path, file, seal, name, tool.Length == 0 ? null : tool, images);
    }

    private static string ReadText(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32()));

    private static bool TryRead(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(file, bytes, offset);
            if (read == 0)
            {
                return false;
            }

            bytes = bytes[read..];
            offset += read;
        }

        return true;
    }
}
