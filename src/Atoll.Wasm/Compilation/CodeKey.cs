using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
        WasmEngineOptions relevant = options with { CodeCache = null, StartInterpreted = false };
        string text = string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexString(moduleHash)}\n{Build}\n{relevant}\n{options.StackGuard} {options.EachIsGiant}");
        return Build + Hash(text)[BuildDigits..];
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>
    /// What the processor can do. Machine code says for itself what it needs, and is not used without; this keeps entries of different machines apart. (To ask
    /// the runtime what it supports is a method that cannot be compiled ahead of time.)
    /// </summary>
    private static string Processor()
    {
        if (!X86Base.IsSupported)
        {
            return $"{RuntimeInformation.ProcessArchitecture} {Vector128.IsHardwareAccelerated}";
        }

        (_, _, int basic, int more) = X86Base.CpuId(1, 0);
        (_, int extended, int further, _) = X86Base.CpuId(7, 0);
        return string.Create(CultureInfo.InvariantCulture, $"{RuntimeInformation.ProcessArchitecture} {basic:x} {more:x} {extended:x} {further:x}");
    }
}
