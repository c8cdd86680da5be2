using Atoll.Components.Binary;
using Atoll.Components.Writing;
using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen.Rust;

/// <summary>Writes one module of Rust, edition 2021, that rustc compiles from version 1.63 on.</summary>
internal sealed class RustGenerator : IGuestGenerator
{
    private const int BytesInLine = 64;

    public IReadOnlyList<GeneratedFile> Generate(BindingPlan plan, GuestBindingsOptions options)
    {
        IndentingWriter writer = new();
        RustNames names = new(plan);
        RustTypes types = new(plan, names, writer);
        RustFunctions functions = new(names, types, writer);
        Head(plan, writer);
        writer.Lines((RustRuntime.Text + RustRuntimeValues.Text + RustRuntimeResources.Text).TrimEnd('\n').Split('\n'));
        types.WriteTuples();
        foreach (PlannedScope scope in plan.Imports)
        {
            Module(scope, names, writer, () =>
            {
                types.Write(scope);
                functions.WriteImports(scope);
            });
        }

        PlannedScope? own = plan.Exports.FirstOrDefault(scope => scope.ExternName is null);
        if (own is not null)
        {
            functions.WriteExports(own);
        }

        if (plan.Exports.Any(scope => scope.ExternName is not null))
        {
            writer.Separate();
            writer.Line("/// What the world exports: for each interface a trait `Guest`, which the type implements that `component!` is given.");
            writer.Open("pub mod exports");
            foreach (PlannedScope scope in plan.Exports.Where(scope => scope.ExternName is not null))
            {
                Module(scope, names, writer, () =>
                {
                    types.Write(scope);
                    functions.WriteExports(scope);
                });
            }

            writer.Close();
        }

        ComponentMacro(functions.Exports, writer);
        Section(plan, writer);
        return [new GeneratedFile("bindings.rs", writer.ToString())];
    }

    private static void Head(BindingPlan plan, IndentingWriter writer)
    {
        writer.Line($"// Written by `atoll bindgen rust` for the world {plan.World.QualifiedName}. Do not change it: write it again.");
        writer.Lines(
            "// It belongs into the root of a crate as `mod bindings;` (edition 2021, rustc 1.63 or newer). Implement the traits `Guest` for one type and give it to",
            "// `bindings::component!(TheType);`; where the module has another place, to `component!(TheType, in crate::that::place);`.",
            "// Parameters belong to the function that gets them; what it returns is freed when the host has read it.");
        writer.Line("#![allow(dead_code, unused_imports, unused_macros, unused_mut, unused_variables, unused_unsafe, non_snake_case, non_upper_case_globals)]");
        writer.Line("#![allow(improper_ctypes_definitions, clippy::all)]");
        writer.Line();
        writer.Line("use rt::{String, Vec};");
        writer.Line();
    }

    private static void Module(PlannedScope scope, RustNames names, IndentingWriter writer, Action write)
    {
        string[] path = names.Module(scope);
        if (path.Length == 0)
        {
            write();
            return;
        }

        writer.Separate();
        writer.Lines(IndentingWriter.DocLines(scope.Docs).Select(line => line.Length == 0 ? "///" : $"/// {line}"));
        writer.Open($"pub mod {path[^1]}");
        string root = string.Concat(Enumerable.Repeat("super::", path.Length));
        writer.Line($"use {root}rt;");
        writer.Line("use rt::{String, Vec};");
        write();
        writer.Close();
    }

    private static void ComponentMacro(IReadOnlyList<RustExport> exports, IndentingWriter writer)
    {
        if (exports.Count == 0)
        {
            return;
        }

        writer.Separate();
        writer.Line("/// Exports what a type implements: `bindings::component!(TheType);`.");
        writer.Open("macro_rules! component");
        writer.Open("($component:ty) =>");
        writer.Line("$crate::bindings::component!($component, in $crate::bindings);");
        writer.Close("};");
        writer.Open("($component:ty, in $($bindings:tt)+) =>", " {");
        writer.Line("#[allow(dead_code)]");
        writer.Open("const _: () =", " {");
        for (int i = 0; i < exports.Count; i++)
        {
            RustExport export = exports[i];
            string parameters = string.Join(", ", export.Parameters.Select((type, index) => $"p{index}: {RustFunctions.Text(type)}"));
            string arrow = export.Result is { } result ? $" -> {RustFunctions.Text(result)}" : "";
            writer.Line($"#[cfg_attr(target_arch = \"wasm32\", export_name = \"{export.Name}\")]");
            writer.Open($"unsafe extern \"C\" fn export_{i}({parameters}){arrow}");
            writer.Line($"$($bindings)+::{export.Path}({string.Join(", ", export.Parameters.Select((_, index) => $"p{index}"))})");
            writer.Close();
        }

        writer.Close("};");
        writer.Close("};");
        writer.Close();
        writer.Line("pub(crate) use component;");
    }

    // The world, for `atoll component new`: see EmbeddedWorld.
    private static void Section(BindingPlan plan, IndentingWriter writer)
    {
        byte[] bytes = EmbeddedWorld.Encode(plan.World, StringEncoding.Utf8);
        writer.Separate();
        writer.Line("/// The world, in the form in which modules carry it: `atoll component new` reads it.");
        writer.Line("#[cfg(target_arch = \"wasm32\")]");
        writer.Line("#[doc(hidden)]");
        writer.Line($"#[link_section = \"{EmbeddedWorld.SectionName(plan.World)}\"]");
        writer.Open($"pub static WORLD: [u8; {bytes.Length}] = *b\"\\", "");
        for (int i = 0; i < bytes.Length; i += BytesInLine)
        {
            string text = string.Concat(bytes.Skip(i).Take(BytesInLine).Select(Escape));
            writer.Line(text + (i + BytesInLine >= bytes.Length ? "\";" : "\\"));
        }

        writer.Close("");
    }

    // A line of the literal may not begin with a space: the compiler skips those after a backslash at a line's end.
    private static string Escape(byte value) => value switch
    {
        (byte)'"' => "\\\"",
        (byte)'\\' => "\\\\",
        > 0x20 and < 0x7f => ((char)value).ToString(),
        _ => $"\\x{value:x2}",
    };
}
