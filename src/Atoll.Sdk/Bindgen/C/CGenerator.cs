using System.Text;
using Atoll.Components.Binary;
using Atoll.Components.Writing;
using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen.C;

/// <summary>Bindings for C: one header and one source.</summary>
internal sealed class CGenerator : IGuestGenerator
{
    public IReadOnlyList<GeneratedFile> Generate(BindingPlan plan, GuestBindingsOptions options)
    {
        CNames names = new(plan, options.Prefix ?? plan.World.Name!);
        CTypes types = new(plan, names);
        CFunctions functions = new(plan, names);
        return
        [
            new GeneratedFile(names.Prefix + ".h", Header(plan, names, types, functions, options)),
            new GeneratedFile(names.Prefix + ".c", Source(plan, names, types, functions, options)),
        ];
    }

    private static string Header(BindingPlan plan, CNames names, CTypes types, CFunctions functions, GuestBindingsOptions options)
    {
        IndentingWriter writer = new();
        string guard = names.Prefix.ToUpperInvariant() + "_H";
        writer.Lines(CTexts.Header(plan.World.QualifiedName!, names.Prefix));
        writer.Line($"#ifndef {guard}");
        writer.Line($"#define {guard}");
        writer.Line();
        writer.Lines("#include <stdbool.h>", "#include <stddef.h>", "#include <stdint.h>");
        if (!options.IsFreestanding)
        {
            writer.Line("#include <stdlib.h>");
        }

        writer.Line();
        writer.Lines("#ifdef __cplusplus", "extern \"C\" {", "#endif");
        writer.Line();
        if (options.IsFreestanding)
        {
            writer.Lines(CTexts.FreestandingDeclarations);
            writer.Line();
        }

        else
        {
            writer.Lines(CTexts.SmallAllocator(names.Prefix));
            writer.Line();
        }

        writer.Lines(CTexts.Strings(names.Prefix));
        types.Declare(writer);
        writer.Separate();
        types.DeclareFrees(writer);
        functions.Declare(writer);
        writer.Line();
        writer.Lines("#ifdef __cplusplus", "}", "#endif");
        writer.Line();
        writer.Line("#endif");
        return writer.ToString();
    }

    private static string Source(BindingPlan plan, CNames names, CTypes types, CFunctions functions, GuestBindingsOptions options)
    {
        IndentingWriter writer = new();
        writer.Line($"// Bindings of {plan.World.QualifiedName} for C, made by atoll bindgen. Changes are lost when it runs again.");
        writer.Line($"#include \"{names.Prefix}.h\"");
        writer.Line();
        writer.Lines(CTexts.Core);
        if (options.IsFreestanding)
        {
            writer.Line();
            writer.Lines(CTexts.FreestandingDefinitions);
        }

        writer.Separate();
        types.AssertLayouts(writer);
        types.DefineFrees(writer);
        functions.Define(writer);
        writer.Separate();
        WriteWorld(writer, plan);
        return writer.ToString();
    }

    /// <summary>
    /// The world travels in the module, as a custom section: assembly text makes one, while <c>__attribute__((section))</c> would make data of it.
    /// </summary>
    private static void WriteWorld(IndentingWriter writer, BindingPlan plan)
    {
        const int BytesPerLine = 40;
        byte[] content = EmbeddedWorld.Encode(plan.World, StringEncoding.Utf8);
        writer.Line("// The world, for `atoll component new`. Linkers that are told to strip everything take it away: use --strip-debug.");
        writer.Open("__asm__", "(");
        writer.Line($"\".section \\\".custom_section.{EmbeddedWorld.SectionName(plan.World)}\\\",\\\"\\\",@\\n\"");
        foreach (byte[] line in content.Chunk(BytesPerLine))
        {
            StringBuilder text = new();
            foreach (byte value in line)
            {
                text.Append(char.IsAsciiLetterOrDigit((char)value) || value is (byte)'-' or (byte)':' or (byte)'/'
                    ? ((char)value).ToString()
                    : $"\\\\{Convert.ToString(value, 8).PadLeft(3, '0')}");
            }

            writer.Line($"\".ascii \\\"{text}\\\"\\n\"");
        }

        writer.Line("\".text\\n\"");
        writer.Close(");");
    }
}
