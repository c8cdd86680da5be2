using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;

namespace Atoll.Wasm.Compilation;

/// <summary>The key under which a module's code is kept: a hash of everything that the code depends on.</summary>
internal static class CodeKey
{
    private const int BuildDigits = 16;

    /// <summary>The first digits of all keys of this build of the engine (no assembly is edited in place), this runtime and this processor.</summary>
    public static string Build { get; } = Hash(string.Join(
        ' ', typeof(CodeKey).Module.ModuleVersionId, typeof(object).Module.ModuleVersionId, Environment.Version, RuntimeInformation.RuntimeIdentifier, Processor()))[..BuildDigits];

    public static string Of(ReadOnlySpan<byte> moduleHash, WasmEngineOptions options)
    {
        // The limits too: an entry stands for a module that was found valid under them.
        WasmEngineOptions relevant = options with { CodeCache = null };
        string text = string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexString(moduleHash)}\n{Build}\n{relevant}\n{options.StackGuard}");
        return Build + Hash(text)[BuildDigits..];
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>What the processor can do, as far as code generation asks.</summary>
    private static string Processor() => string.Join(
        ' ',
        RuntimeInformation.ProcessArchitecture, Vector512.IsHardwareAccelerated, Vector256.IsHardwareAccelerated, Vector128.IsHardwareAccelerated,
        Sse41.IsSupported, Sse42.IsSupported, Popcnt.IsSupported, Avx.IsSupported, Avx2.IsSupported, Bmi1.IsSupported, Bmi2.IsSupported, Fma.IsSupported,
        Lzcnt.IsSupported, Avx512F.IsSupported, Avx512BW.IsSupported, Avx512DQ.IsSupported, Avx512Vbmi.IsSupported, AdvSimd.IsSupported, Dp.IsSupported,
        Rdm.IsSupported, ArmBase.Arm64.IsSupported);
}
