using System.Diagnostics;
using Atoll.Components;
using Atoll.Sdk;
using Atoll.Wit;

namespace Atoll.Bench;

/// <summary>Builds the guests of <c>bench/sdk</c> with clang 19.</summary>
internal static class SdkGuests
{
    private static readonly string[] Flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wl,--strip-debug,--gc-sections,--stack-first"];

    /// <summary>The guest on generated bindings.</summary>
    public static byte[] Bound(bool isFreestanding)
    {
        WitModel model = Model();
        GuestBindingsOptions options = new() { IsFreestanding = isFreestanding };
        IReadOnlyList<GeneratedFile> files = GuestBindings.Generate(GuestLanguage.C, model, model.SelectWorld(), options);
        string source = File.ReadAllText(At("bound.c"));
        GeneratedFile bound = new("bound.c", isFreestanding ? source.Replace("#include <stdlib.h>", "", StringComparison.Ordinal) : source);
        return ComponentWriter.FromModule(Compile([.. files, bound], isFreestanding));
    }

    /// <summary>The guest on the canonical ABI by hand.</summary>
    public static byte[] Hand()
    {
        byte[] module = Compile([new GeneratedFile("hand.c", File.ReadAllText(At("hand.c")))], isFreestanding: false);
        return ComponentWriter.FromModule(ComponentWriter.EmbedWorld(module, Model().SelectWorld()));
    }

    private static string At(string file) => Path.Combine(Repository.Root, "bench/sdk", file);

    private static WitModel Model() => WitModel.Parse(File.ReadAllText(At("bench.wit")), "bench.wit");

    private static byte[] Compile(IReadOnlyList<GeneratedFile> files, bool isFreestanding)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("atoll-bench-");
        try
        {
            foreach (GeneratedFile file in files)
            {
                File.WriteAllText(Path.Combine(folder.FullName, file.Path), file.Text);
            }

            string[] target = isFreestanding
                ? ["--target=wasm32-unknown-unknown", "-ffreestanding", "-nostdlib", "-Wl,--no-entry"]
                : ["--target=wasm32-wasi", "--sysroot=/usr", "-mexec-model=reactor"];
            IEnumerable<string> sources = files.Select(file => file.Path).Where(path => path.EndsWith(".c", StringComparison.Ordinal));
            ProcessStartInfo start = new("clang-19", [.. target, .. Flags, "-fuse-ld=/usr/bin/wasm-ld-19", .. sources, "-o", "guest.wasm"])
            {
                WorkingDirectory = folder.FullName,
            };
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0
                ? File.ReadAllBytes(Path.Combine(folder.FullName, "guest.wasm"))
                : throw new InvalidOperationException("clang-19 failed. It needs the packages clang-19, lld-19, wasi-libc and libclang-rt-19-dev-wasm32.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
