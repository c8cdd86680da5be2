using Atoll.Components;
using Atoll.Wit;

namespace Atoll.Sdk.Tests.Guests;

/// <summary>Builds components of Rust with the generated bindings.</summary>
internal static class RustGuest
{
    private const string Target = "wasm32-unknown-unknown";
    private const string Packages = "apt-get install rustc libstd-rust-dev-wasm32 lld-14, or `rustup target add wasm32-unknown-unknown`; ATOLL_RUSTC may name the compiler";

    private static readonly Lazy<string?> Compiler = new(FindCompiler);

    public static byte[] Build(string witFile, string source, string? world = null, bool isSmall = false)
    {
        using TemporaryFolder folder = new();
        WitModel model = WitModel.Parse(File.ReadAllText(witFile), witFile);
        folder.Write(GuestBindings.Generate(GuestLanguage.Rust, model, model.SelectWorld(world)));
        File.Copy(source, Path.Combine(folder.Path, "lib.rs"));
        return ComponentWriter.FromModule(Compile(folder.Path, isSmall));
    }

    /// <summary>Compiles and links <c>lib.rs</c> of a folder to a core module.</summary>
    public static byte[] Compile(string folder, bool isSmall)
    {
        if (Compiler.Value is not { } compiler)
        {
            Programs.Missing($"there is no rustc with {Target}: {Packages}");
            return [];
        }

        // Debian's compiler has no linker of its own; rustup's has.
        string? linker = Candidates("wasm-ld-14").FirstOrDefault();
        string[] size = isSmall ? ["-C", "opt-level=s", "-C", "lto=fat", "-C", "codegen-units=1"] : ["-O"];
        Programs.Run(folder, compiler, [
            "--edition", "2021", "--target", Target, "--crate-type", "cdylib", "-C", "panic=abort", "-C", "strip=debuginfo", .. size,
            .. linker is null ? Array.Empty<string>() : ["-C", $"linker={linker}"], "lib.rs", "-o", "guest.wasm"]);
        return File.ReadAllBytes(Path.Combine(folder, "guest.wasm"));
    }

    private static string? FindCompiler() =>
        (Environment.GetEnvironmentVariable("ATOLL_RUSTC") is { Length: > 0 } named ? [named] : Candidates("rustc")).FirstOrDefault(HasTarget);

    private static bool HasTarget(string compiler)
    {
        // Whatever the compiler says: the library of the target is there or is not.
        string folder = Programs.Run(Path.GetTempPath(), compiler, "--print", "target-libdir", "--target", Target).Trim();
        return Directory.Exists(folder) && Directory.EnumerateFiles(folder, "libstd-*.rlib").Any();
    }

    private static IEnumerable<string> Candidates(string name)
    {
        string beside = Path.GetDirectoryName(Environment.GetEnvironmentVariable("ATOLL_RUSTC") ?? "") ?? "";
        string[] folders = [beside, .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/bin"];
        return folders.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, name)).Where(File.Exists);
    }
}
