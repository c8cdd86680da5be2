using System.Security.Cryptography;

namespace Atoll.Wasm.Caching;

/// <summary>Makes and checks the codes of authentication of entries, with the key of the installation. Thread-safe.</summary>
/// <remarks>
/// A head is authenticated with HMAC-SHA256, images with AES-256-GMAC (NIST SP 800-38D): they are megabytes, and a start waits for them; processors without instructions
/// for SHA-256 take ten times as long for it. GMAC needs a number that is used once for each image, which is random; it stands with the code in the head, so
/// nobody can give an image another one.
/// </remarks>
internal sealed class CodeSeal(byte[] secret)
{
    /// <summary>Bytes of a head's code.</summary>
    public const int HeadLength = HMACSHA256.HashSizeInBytes;

    /// <summary>Bytes of an image's code.</summary>
    public const int ImageLength = NonceLength + TagLength;

    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly byte[] _imageKey = HMACSHA256.HashData(secret, "images"u8);

    /// <summary>The code of a head.</summary>
    public byte[] OfHead(ReadOnlySpan<byte> head) => HMACSHA256.HashData(secret, head);

    /// <summary>Whether a head has a code.</summary>
    public bool IsHead(ReadOnlySpan<byte> head, ReadOnlySpan<byte> code) => CryptographicOperations.FixedTimeEquals(OfHead(head), code);

    /// <summary>A code of an image; another one each time.</summary>
    public byte[] OfImage(ReadOnlySpan<byte> image)
    {
        byte[] code = new byte[ImageLength];
        RandomNumberGenerator.Fill(code.AsSpan(0, NonceLength));
        Authenticate(image, code.AsSpan(0, NonceLength), code.AsSpan(NonceLength));
        return code;
    }

    /// <summary>Whether a code is one of an image.</summary>
    public bool IsImage(ReadOnlySpan<byte> image, ReadOnlySpan<byte> code)
    {
        Span<byte> tag = stackalloc byte[TagLength];
        Authenticate(image, code[..NonceLength], tag);
        return CryptographicOperations.FixedTimeEquals(tag, code[NonceLength..]);
    }

    /// <summary>GMAC: GCM with nothing to encrypt.</summary>
    private void Authenticate(ReadOnlySpan<byte> image, ReadOnlySpan<byte> nonce, Span<byte> tag)
    {
        using AesGcm cipher = new(_imageKey, TagLength);
        cipher.Encrypt(nonce, [], [], tag, image);
    }
}
