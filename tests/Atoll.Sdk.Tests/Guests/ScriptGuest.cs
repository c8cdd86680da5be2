using Atoll.Components;
using Atoll.Wit;

namespace Atoll.Sdk.Tests.Guests;

/// <summary>Builds components of AssemblyScript with the generated bindings.</summary>
internal static class ScriptGuest
{
    private const string Hint = "npm install --prefix artifacts/npm/assemblyscript assemblyscript@0.28.20";

    public static byte[] Build(string witFile, string source)
    {
        WitModel model = WitModel.Parse(File.ReadAllText(witFile), witFile);
        WitWorld world = model.SelectWorld();
        using TemporaryFolder folder = new();
        folder.Write(GuestBindings.Generate(GuestLanguage.AssemblyScript, model, world));
        File.Copy(source, Path.Combine(folder.Path, "guest.ts"));
        return ComponentWriter.FromModule(GuestModules.Complete(GuestLanguage.AssemblyScript, Compile(folder.Path, $"{world.Name}-entry.ts"), world));
    }

    private static byte[] Compile(string folder, string entry)
    {
        string node = Programs.Require("node", "it runs asc");
        string asc = Path.Combine(Environment.GetEnvironmentVariable("ATOLL_ASSEMBLYSCRIPT") ?? Path.Combine(Files.Root, "artifacts/npm/assemblyscript"), "node_modules/assemblyscript/bin/asc.js");
        if (!File.Exists(asc))
        {
            Programs.Missing($"AssemblyScript is not installed: {Hint}");
        }

        Programs.Run(folder, node, asc, entry, "-O3", "--runtime", "incremental", "--use", "abort=", "-o", "core.wasm");
        return File.ReadAllBytes(Path.Combine(folder, "core.wasm"));
    }
}
