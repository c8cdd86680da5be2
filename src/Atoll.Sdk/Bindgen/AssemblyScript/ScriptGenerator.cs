using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen.AssemblyScript;

/// <summary>Bindings for AssemblyScript: the world's types and imports, the canonical ABI, and the file that is compiled.</summary>
internal sealed class ScriptGenerator : IGuestGenerator
{
    public IReadOnlyList<GeneratedFile> Generate(BindingPlan plan, GuestBindingsOptions options)
    {
        ScriptNames names = new(plan, options.Prefix ?? plan.World.Name!);
        ScriptAbi abi = new(plan, names);
        ScriptFunctions functions = new(abi, names);
        return
        [
            new GeneratedFile(names.Prefix + ".ts", World(plan, names, functions)),
            new GeneratedFile(names.Prefix + "-abi.ts", Memory(plan, names, abi)),
            new GeneratedFile(names.Prefix + "-entry.ts", Entry(plan, names, functions)),
        ];
    }

    private static string World(BindingPlan plan, ScriptNames names, ScriptFunctions functions)
    {
        IndentingWriter writer = Begin(plan);
        writer.Line("// Types, and what the guest imports. Classes of exported resources extend Exported. Handles are given back with drop().");
        writer.Lines($"import * as abi from \"./{names.Prefix}-abi\";", $"import * as world from \"./{names.Prefix}\";", "import * as guest from \"./guest\";");
        writer.Line();
        ScriptTypes types = new(plan, names);
        types.WriteGeneral(writer);
        foreach (PlannedScope scope in plan.All)
        {
            bool hasTypes = plan.Types.Any(type => type.Scope == scope);
            if (hasTypes || scope.Resources.Count > 0 || (scope.Side == Side.Import && scope.Functions.Count > 0))
            {
                writer.Separate();
                ScriptTypes.Docs(writer, scope.Docs);
                writer.Open($"export namespace {names.Scope(scope)}");
                types.Write(writer, scope);
                functions.WriteImports(writer, scope);
                writer.Close();
            }
        }

        return writer.ToString();
    }

    private static string Memory(BindingPlan plan, ScriptNames names, ScriptAbi abi)
    {
        IndentingWriter writer = Begin(plan);
        writer.Lines($"import * as world from \"./{names.Prefix}\";", "import * as guest from \"./guest\";");
        writer.Line();
        uint area = plan.All.SelectMany(scope => scope.Functions).Where(function => function.ResultSpills).Select(function => function.Result!.Size).DefaultIfEmpty().Max();
        writer.Lines(ScriptTexts.Memory(area));
        abi.Write(writer);
        return writer.ToString();
    }

    private static string Entry(BindingPlan plan, ScriptNames names, ScriptFunctions functions)
    {
        IndentingWriter writer = Begin(plan);
        writer.Lines(ScriptTexts.Entry(names.Prefix));
        foreach (PlannedScope scope in plan.Exports)
        {
            functions.WriteExports(writer, scope);
        }

        return writer.ToString();
    }

    private static IndentingWriter Begin(BindingPlan plan)
    {
        IndentingWriter writer = new("  ");
        writer.Line($"// Bindings of {plan.World.QualifiedName} for AssemblyScript, made by atoll bindgen. Changes are lost when it runs again.");
        return writer;
    }
}
