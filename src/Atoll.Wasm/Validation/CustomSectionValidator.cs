using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;

namespace Atoll.Wasm.Validation;

/// <summary>
/// Looks at the custom sections that this engine knows: names and branch hints. They never make a module malformed or invalid; scripts
/// and tools can ask about them all the same.
/// </summary>
internal static class CustomSectionValidator
{
    /// <summary>Checks the sections of a module that is itself valid.</summary>
    /// <exception cref="MalformedModuleException">A section does not follow its format.</exception>
    /// <exception cref="InvalidModuleException">A section speaks of something that the module does not have.</exception>
    public static void Check(ModuleDefinition module)
    {
        foreach (CustomSection section in module.CustomSections)
        {
            if (section.Name == ModuleNames.SectionName)
            {
                ModuleNames.Read(module.Bytes, section.Content, strict: true);
            }
            else if (section.Name == BranchHints.SectionName)
            {
                CheckHints(module, section);
            }
        }
    }

    private static void CheckHints(ModuleDefinition module, CustomSection section)
    {
        foreach ((int function, List<(int Offset, byte Value)> hints) in BranchHints.Read(module, section))
        {
            if (Array.Exists(BranchHints.Targets(module, function, hints), target => target is not (Opcode.If or Opcode.BrIf)))
            {
                throw new InvalidModuleException($"@{BranchHints.SectionName} annotation: invalid target", section.Content.Start, function);
            }
        }
    }
}
