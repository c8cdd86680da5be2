using Atoll.Components.Types;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Components.Writing;

/// <summary>The module that gives preview 1 to a program on top of WASI 0.2 (<c>Adapter/state.c</c> says how), cut down to what the program uses.</summary>
internal static class Preview1Adapter
{
    /// <summary>The module name of preview 1's functions.</summary>
    public const string ModuleName = "wasi_snapshot_preview1";

    private const string Realloc = "cabi_import_realloc";
    private const string Start = "_start";
    private const string RunInterface = "wasi:cli/run";

    private static readonly Lazy<byte[]> Module = new(() => Resource("preview1.wasm"));
    private static readonly Lazy<string> Wit = new(() => System.Text.Encoding.UTF8.GetString(Resource("preview1.wit")));

    /// <summary>The adapter for a program, and what it imports and exports; null for a program that needs none.</summary>
    /// <param name="program">The program. One that exports <c>_start</c> becomes a command.</param>
    /// <param name="world">The world of the program.</param>
    public static (GuestModule Adapter, EmbeddedWorld World)? For(GuestModule program, ComponentType world)
    {
        HashSet<string> wanted = [.. program.Definition.Imports.Where(import => import.Module == ModuleName).Select(program.NameOf)];
        ComponentType types = WitTypes.Of(WitModel.Parse(Wit.Value, "preview1.wit").SelectWorld());
        bool isCommand = program.Find([Start], ExternKind.Function) is not null
            && !world.Exports.Any(item => item.Name.StartsWith(RunInterface, StringComparison.Ordinal));
        if (isCommand)
        {
            wanted.Add(CoreNames.Function(types.Exports[0].Name, "run")[0]);
        }

        if (wanted.Count == 0)
        {
            return null;
        }

        wanted.Add(Realloc);
        wanted.UnionWith(CoreNames.Initialize);
        GuestModule adapter = new(ModuleTrimmer.Trim(Module.Value, wanted.Contains), [Realloc], CancellationToken.None);
        ComponentType cut = isCommand ? types : new ComponentType(types.Imports, [], [], []);
        return (adapter, new EmbeddedWorld("of the preview 1 adapter", cut, Binary.StringEncoding.Utf8));
    }

    private static byte[] Resource(string name)
    {
        using Stream stream = typeof(Preview1Adapter).Assembly.GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
