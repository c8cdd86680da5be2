using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;

namespace Atoll.Components.Writing;

/// <summary>Gives imports names of their own: a module may import the same function twice, but not a module within a component ("Explainer", "Instance Definitions").</summary>
internal static class UniqueImports
{
    /// <summary>The module with other names for imports that are not the first of their names.</summary>
    /// <param name="module">The module.</param>
    /// <param name="original">Gets the name that each renamed import had.</param>
    /// <returns>The module itself when there is nothing to do, or when it imports more than functions.</returns>
    public static ModuleDefinition Of(ModuleDefinition module, Dictionary<(string Module, string Name), string> original)
    {
        if (module.Imports.DistinctBy(import => (import.Module, import.Name)).Count() == module.Imports.Length
            || module.Imports.Any(import => import.Kind != ExternKind.Function))
        {
            return module;
        }

        const int PreambleBytes = 8;
        ByteBuffer output = new();
        output.Bytes(module.Bytes.AsSpan(0, PreambleBytes));
        WasmReader reader = new(module.Bytes, PreambleBytes, module.Bytes.Length);
        while (!reader.AtEnd)
        {
            int start = reader.Position;
            byte id = reader.ReadByte();
            reader.ReadBytes((int)reader.ReadVarU32());
            if (id == 2)
            {
                output.Byte(id);
                output.Vector(Imports(module, original).Span);
            }
            else
            {
                output.Bytes(module.Bytes.AsSpan(start, reader.Position - start));
            }
        }

        return ModuleDecoder.Decode(output.ToArray(), ModuleLimits.Default, WasmFeatures.Default);
    }

    private static ByteBuffer Imports(ModuleDefinition module, Dictionary<(string Module, string Name), string> original)
    {
        HashSet<(string Module, string Name)> taken = [.. module.Imports.Select(import => (import.Module, import.Name))];
        HashSet<(string Module, string Name)> seen = [];
        ByteBuffer bytes = new();
        bytes.Unsigned((uint)module.Imports.Length);
        for (int i = 0; i < module.Imports.Length; i++)
        {
            ImportDefinition import = module.Imports[i];
            string name = import.Name;
            if (!seen.Add((import.Module, name)))
            {
                for (int number = i; !taken.Add((import.Module, name)); number++)
                {
                    name = $"{import.Name} {number}";
                }

                original.Add((import.Module, name), import.Name);
            }

            bytes.Name(import.Module);
            bytes.Name(name);
            bytes.Byte((byte)import.Kind);
            bytes.Unsigned((uint)module.Functions[i]);
        }

        return bytes;
    }
}
