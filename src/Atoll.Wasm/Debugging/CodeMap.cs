using Atoll.Wasm.Binary;
using Atoll.Wasm.Compilation;
using Atoll.Wasm.Validation;

namespace Atoll.Wasm.Debugging;

/// <summary>
/// Leads from a place in generated code back to the instruction: which offset of the module a run of IL comes from. Nothing is kept for this
/// while code runs; the function is compiled a second time, with notes, when somebody asks.
/// </summary>
internal static class CodeMap
{
    /// <summary>Offset in the module of the instruction that an offset of IL belongs to; -1 when it cannot be told.</summary>
    /// <param name="definition">The module.</param>
    /// <param name="engine">Whose options the code was made with.</param>
    /// <param name="body">Number of the function, imports not counted.</param>
    /// <param name="ilOffset">Offset in the function's method.</param>
    public static int Find(ModuleDefinition definition, WasmEngine engine, int body, int ilOffset)
    {
        if (ilOffset < 0)
        {
            return -1;
        }

        ModuleValidator.Ensure(definition, engine.Options.Limits);
        int found = -1;
        foreach ((int il, int offset) in ModuleCompiler.MapOf(definition, engine, body))
        {
            if (il > ilOffset)
            {
                break;
            }

            found = offset;
        }

        return found;
    }
}
