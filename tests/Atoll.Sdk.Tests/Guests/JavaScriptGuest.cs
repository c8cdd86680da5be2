using Atoll.Sdk.Toolchains;
using Atoll.Wit;

namespace Atoll.Sdk.Tests.Guests;

/// <summary>Builds components of JavaScript and TypeScript with the generated bindings and the packages of <c>eng/js</c>, which npm installs the first time.</summary>
internal static class JavaScriptGuest
{
    private const string Componentize = """
        import { createRequire } from 'node:module';
        import { readFileSync, writeFileSync } from 'node:fs';
        const [packages, witPath, world, runtime] = process.argv.slice(2);
        const { componentize } = createRequire(packages + '/package.json')('componentize-qjs');
        const jsPath = 'bindings/component.js';
        const { component } = await componentize({ witPath, world, jsPath, moduleRoot: '.', jsSource: readFileSync(jsPath, 'utf8'), stubWasi: true, ...(runtime ? { runtime } : { sync: true }) });
        writeFileSync('guest.wasm', component);
        """;

    private const string Transpile = """
        import { createRequire } from 'node:module';
        import { readFileSync, writeFileSync } from 'node:fs';
        const ts = createRequire(process.argv[2] + '/package.json')('typescript');
        const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
        writeFileSync('guest.js', ts.transpileModule(readFileSync('guest.ts', 'utf8'), { compilerOptions }).outputText);
        """;

    /// <summary>Builds a component; integers of 64 bits are exact in it unless the world has none.</summary>
    /// <param name="witFile">The world.</param>
    /// <param name="source">The guest.</param>
    /// <param name="hasOurRuntime">Whether the runtime is changed as <c>atoll build</c> does it.</param>
    /// <param name="forSize">Whether the smaller runtime is taken.</param>
    public static byte[] Build(string witFile, string source, bool hasOurRuntime = true, bool forSize = false)
    {
        using TemporaryFolder folder = new();
        WitModel model = WitModel.Parse(File.ReadAllText(witFile), witFile);
        WitWorld world = model.SelectWorld();
        Prepare(folder, witFile, source);
        if (File.Exists(Path.Combine(folder.Path, "guest.ts")))
        {
            Node(folder, "transpile.mjs", Transpile, []);
        }

        if (hasOurRuntime)
        {
            (byte[] runtime, bool takesOwned) = JavaScriptToolchain.Runtime(NodePackages.Folder(), forSize)!.Value;
            Assert.True(takesOwned);
            File.WriteAllBytes(Path.Combine(folder.Path, "runtime.wasm"), runtime);
            File.WriteAllText(Path.Combine(folder.Path, "bindings/runtime.js"), "export const takesOwned = true;\n");
        }

        Node(folder, "componentize.mjs", Componentize, [witFile, world.Name!, hasOurRuntime ? "runtime.wasm" : ""]);
        byte[] component = File.ReadAllBytes(Path.Combine(folder.Path, "guest.wasm"));
        return File.Exists(Path.Combine(folder.Path, "bindings/convert.js")) ? QuickJsComponent.WithExactIntegers(component) : component;
    }

    /// <summary>Checks the types of a guest and of the declarations, as strictly as the compiler can.</summary>
    public static void CheckTypes(string witFile, string source)
    {
        using TemporaryFolder folder = new();
        Prepare(folder, witFile, source);
        string compiler = Path.Combine(NodePackages.Folder(), "node_modules/typescript/bin/tsc");
        string[] options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--verbatimModuleSyntax", "--target", "es2022"];
        string[] files = [.. Directory.EnumerateFiles(folder.Path, "*.*ts", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(folder.Path, "guest.js"))];
        string node = Programs.Require("node", "install Node.js");
        Programs.Run(folder.Path, node, [compiler, .. options, "--module", "esnext", "--moduleResolution", "bundler", "--allowJs", "--checkJs", .. files]);
    }

    private static void Prepare(TemporaryFolder folder, string witFile, string source)
    {
        NodePackages.Folder();
        WitModel model = WitModel.Parse(File.ReadAllText(witFile), witFile);
        string name = Path.GetFileName(source).StartsWith("guest.ts", StringComparison.Ordinal) ? "guest.ts" : "guest.js";
        GuestLanguage language = name == "guest.ts" ? GuestLanguage.TypeScript : GuestLanguage.JavaScript;
        folder.Write(GuestBindings.Generate(language, model, model.SelectWorld()).Select(file => file with { Path = "bindings/" + file.Path }));

        // Without a guest the one to begin with is taken.
        File.Copy(File.Exists(source) ? source : Path.Combine(folder.Path, "bindings", source), Path.Combine(folder.Path, name));
    }

    private static void Node(TemporaryFolder folder, string name, string script, string[] arguments)
    {
        File.WriteAllText(Path.Combine(folder.Path, name), script);
        Programs.Run(folder.Path, Programs.Require("node", "install Node.js"), [name, NodePackages.Folder(), .. arguments]);
    }
}
