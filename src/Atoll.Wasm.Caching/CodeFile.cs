using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Atoll.Wasm.Caching;

/// <summary>
/// An entry as a file: a head, which is authenticated as a whole, then the images. The head has a code of authentication for each image, so that an
/// image can be read and checked when it is needed.
/// </summary>
/// <remarks>
/// "ATOLLC1\n", 32 bits: length of the rest of the head; key, name, tool (each 32 bits of length and UTF-8), 32 bits: number of images; for each
/// image 64 bits of offset, 32 bits of length, 32 bytes of HMAC-SHA256; then 32 bytes of HMAC-SHA256 over all before. Numbers are little-endian.
/// </remarks>
internal sealed class CodeFile : ICachedCode, IDisposable
{
    private const int PrefixLength = 12;
    private const int CodeLength = HMACSHA256.HashSizeInBytes;
    private const int MaximumHead = 64 << 20;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly byte[] _secret;
    private readonly Image[] _images;

    private CodeFile(string path, SafeFileHandle file, byte[] secret, string name, string? tool, Image[] images)
    {
        _path = path;
        _file = file;
        _secret = secret;
        Name = name;
        Tool = tool;
        _images = images;
    }

    private readonly record struct Image(long Offset, int Length, byte[] Code);

    public string Name { get; }

    public string? Tool { get; }

    public int ImageCount => _images.Length;

    private static ReadOnlySpan<byte> Magic => "ATOLLC1\n"u8;

    /// <summary>Opens an entry; null when there is none under the key that the secret authenticates. What is there in its place is removed.</summary>
    public static CodeFile? Open(string path, string key, byte[] secret)
    {
        SafeFileHandle? file = null;
        try
        {
            // An entry that is replaced or removed stays readable for who has it open.
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
            if (ReadHead(file, secret) is { } head && Parse(path, file, head, key, secret) is { } code)
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

    public static void Write(string path, string key, IReadOnlyList<ReadOnlyMemory<byte>> images, string name, string? tool, byte[] secret)
    {
        using MemoryStream head = new();
        using BinaryWriter writer = new(head, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(0);
        WriteText(writer, key);
        WriteText(writer, name);
        WriteText(writer, tool ?? "");
        writer.Write(images.Count);
        long offset = head.Length + (images.Count * (12L + CodeLength)) + CodeLength;
        foreach (ReadOnlyMemory<byte> image in images)
        {
            writer.Write(offset);
            writer.Write(image.Length);
            writer.Write(HMACSHA256.HashData(secret, image.Span));
            offset += image.Length;
        }

        byte[] bytes = head.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Magic.Length), bytes.Length - PrefixLength + CodeLength);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using FileStream file = new(path, options);
        file.Write(bytes);
        file.Write(HMACSHA256.HashData(secret, bytes));
        foreach (ReadOnlyMemory<byte> image in images)
        {
            file.Write(image.Span);
        }

        file.Flush(flushToDisk: true);
    }

    public byte[]? Read(int index)
    {
        Image image = _images[index];
        byte[] bytes = GC.AllocateUninitializedArray<byte>(image.Length);
        if (TryRead(_file, bytes, image.Offset) && CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(_secret, bytes), image.Code))
        {
            return bytes;
        }

        Remove(_path);
        return null;
    }

    public string? OpenFile(int index) =>
        Tool is not null && Read(index) is { } image ? ImageFile.Make(image, Path.GetDirectoryName(_path)!) : null;

    public void Dispose() => _file.Dispose();

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    /// <summary>The head without its own code of authentication; null when it is not authentic.</summary>
    private static byte[]? ReadHead(SafeFileHandle file, byte[] secret)
    {
        byte[] prefix = new byte[PrefixLength];
        if (!TryRead(file, prefix, 0) || !prefix.AsSpan().StartsWith(Magic))
        {
            return null;
        }

        int rest = BinaryPrimitives.ReadInt32LittleEndian(prefix.AsSpan(Magic.Length));
        if (rest is < CodeLength or > MaximumHead)
        {
            return null;
        }

        byte[] whole = new byte[PrefixLength + rest];
        if (!TryRead(file, whole, 0))
        {
            return null;
        }

        byte[] head = whole[..^CodeLength];
        return CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(secret, head), whole.AsSpan(head.Length)) ? head : null;
    }

    /// <summary>Reads a head, which is as this program wrote it; null when it is of another entry.</summary>
    private static CodeFile? Parse(string path, SafeFileHandle file, byte[] head, string key, byte[] secret)
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
            images[i] = new Image(reader.ReadInt64(), reader.ReadInt32(), reader.ReadBytes(CodeLength));
        }

        return new CodeFile(path, file, secret, name, tool.Length == 0 ? null : tool, images);
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
