using Atoll.Components;
using Atoll.Wit;

namespace Atoll.Sdk.Tests.Guests;

/// <summary>Builds components of C with the generated bindings.</summary>
internal static class CGuest
{
    private static readonly string[] Common = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wl,--strip-debug,--gc-sections,--stack-first"];

    public static byte[] Build(string witFile, string source, bool isFreestanding, string? world = null, params IEnumerable<string> flags)
    {
        using TemporaryFolder folder = new();
        folder.Write(Generate(witFile, isFreestanding, world));
        File.Copy(source, Path.Combine(folder.Path, "guest.c"));
        string[] sources = [.. Directory.EnumerateFiles(folder.Path, "*.c").Order(StringComparer.Ordinal)];
        return ComponentWriter.FromModule(Compile(folder.Path, sources, isFreestanding, flags));
    }

    public static IReadOnlyList<GeneratedFile> Generate(string witFile, bool isFreestanding = false, string? world = null)
    {
        WitModel model = WitModel.Parse(File.ReadAllText(witFile), witFile);
        return GuestBindings.Generate(GuestLanguage.C, model, model.SelectWorld(world), new GuestBindingsOptions { IsFreestanding = isFreestanding });
    }

    /// <summary>Compiles and links a core module.</summary>
    public static byte[] Compile(string folder, IEnumerable<string> sources, bool isFreestanding, params IEnumerable<string> flags)
    {
        const string Packages = "apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32";
        string clang = Programs.Require("clang-19", Packages);
        string linker = Programs.Require("wasm-ld-19", Packages);
        string[] target = isFreestanding
            ? ["--target=wasm32-unknown-unknown", "-ffreestanding", "-nostdlib", "-Wl,--no-entry"]
            : ["--target=wasm32-wasi", "--sysroot=/usr", .. flags.Contains("-c") ? Array.Empty<string>() : ["-mexec-model=reactor"]];
        Programs.Run(folder, clang, [.. target, .. Common, $"-fuse-ld={linker}", .. flags, .. sources, "-o", "guest.wasm"]);
        return File.ReadAllBytes(Path.Combine(folder, "guest.wasm"));
    }
}
