using Atoll.Components;
using Atoll.Wit;

namespace Atoll.Sdk.Tests.Guests;

/// <summary>Builds components of AssemblyScript with the generated bindings.</summary>
internal static class ScriptGuest
{
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
        string asc = Path.Combine(NodePackages.Folder(), "node_modules/assemblyscript/bin/asc.js");
        Programs.Run(folder, node, asc, entry, "-O3", "--runtime", "incremental", "--use", "abort=", "-o", "core.wasm");
        return File.ReadAllBytes(Path.Combine(folder, "core.wasm"));
    }
}
