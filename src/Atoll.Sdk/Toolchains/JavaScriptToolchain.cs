using Atoll.Sdk.Bindgen.JavaScript;
using Atoll.Sdk.Projects;

namespace Atoll.Sdk.Toolchains;

/// <summary>JavaScript and TypeScript, on QuickJS: the engine is in the component.</summary>
internal sealed class JavaScriptToolchain(bool isTypeScript) : Toolchain
{
    // The program's files and the bindings come together in one folder. TypeScript is stripped of its types, and checking them is the editor's work.
    private const string Script = """
        import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
        import { createRequire } from 'node:module';
        import { dirname, join } from 'node:path';
        const [packages, source, bindings, objects, world, output, stub, runtime, takesOwned] = process.argv.slice(2);
        const require = createRequire(packages + '/package.json');
        const isTypeScript = source.endsWith('.ts');
        const ts = isTypeScript ? require('typescript') : null;
        const host = { getCurrentDirectory: () => '', getCanonicalFileName: name => name, getNewLine: () => '\n' };
        let failed = false;
        const take = (file, target) => {
          mkdirSync(dirname(target), { recursive: true });
          if (file.endsWith('.js')) {
            copyFileSync(file, target);
            return;
          }
          const result = ts.transpileModule(readFileSync(file, 'utf8'), {
            fileName: file, reportDiagnostics: true,
            compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true },
          });
          if (result.diagnostics.length > 0) {
            console.error(ts.formatDiagnostics(result.diagnostics, host));
            failed = true;
          }
          writeFileSync(target, result.outputText);
        };
        const takeAll = (folder, target) => {
          for (const file of readdirSync(folder, { recursive: true })) {
            if (/\.js$/.test(file) || (isTypeScript && /\.ts$/.test(file) && !file.endsWith('.d.ts'))) take(join(folder, file), join(target, file.replace(/\.ts$/, '.js')));
          }
        };
        rmSync(objects, { recursive: true, force: true });
        takeAll(dirname(source), objects);
        takeAll(bindings, join(objects, 'bindings'));
        if (failed) process.exit(1);
        const about = join(objects, 'bindings', 'runtime.js');
        if (existsSync(about)) writeFileSync(about, `export const takesOwned = ${takesOwned};\n`);
        const entry = join(objects, 'bindings', 'component.js');
        const { componentize } = require('componentize-qjs');
        const { component } = await componentize({
          witPath: 'wit', jsSource: readFileSync(entry, 'utf8'), jsPath: entry, moduleRoot: objects, world, stubWasi: stub === 'stub', ...(runtime ? { runtime } : { sync: true }),
        });
        writeFileSync(output, component);
        """;

    public override string Language => isTypeScript ? "ts" : "js";

    public override GuestLanguage Bindings => isTypeScript ? GuestLanguage.TypeScript : GuestLanguage.JavaScript;

    public override IReadOnlyList<string> DefaultSources(ProjectFolder project) => [$"src/guest.{Language}"];

    public override Task<FoundTools> FindAsync(ToolEnvironment environment, CancellationToken cancellation) =>
        NodeTools.FindAsync(isTypeScript ? "TypeScript" : "JavaScript", environment, cancellation);

    public override async Task<byte[]> CompileAsync(CompileRequest request, ToolEnvironment environment, CancellationToken cancellation)
    {
        ProjectFolder project = request.Project;
        string output = $"{ProjectFolder.Objects}/component.wasm", script = $"{ProjectFolder.Objects}/componentize.mjs";
        project.WriteText(script, Script);

        (string runtime, bool takesOwned) = await WriteRuntimeAsync(request, cancellation).ConfigureAwait(false);

        // The engine would import much of WASI for its own sake; without a world that asks for it, none is there.
        bool usesWasi = request.World.Imports.Any(item => item.Name.StartsWith("wasi:", StringComparison.Ordinal));
        string[] arguments = [script, request.Tools["packages"], request.Sources[0], ProjectFolder.Bindings, $"{ProjectFolder.Objects}/js", request.World.Name!, output, usesWasi ? "wasi" : "stub",
            runtime, takesOwned ? "true" : "false"];
        await request.RunAsync(environment, "node", arguments, cancellation).ConfigureAwait(false);
        byte[] component = await File.ReadAllBytesAsync(project.PathTo(output), cancellation).ConfigureAwait(false);
        component = request.World.Exports.Any(item => item.Name == QuickJsInitializer.Name) ? component : QuickJsInitializer.Hide(component);

        // The bindings convert where the world has integers of 64 bits, and then they expect them as text.
        return File.Exists(project.PathTo($"{ProjectFolder.Bindings}/convert.js")) ? QuickJsComponent.WithExactIntegers(component) : component;
    }

    /// <summary>The runtime that components are made with; null where the packages have none of a known form, and the componentizer takes its own.</summary>
    /// <param name="packages">The folder of the packages.</param>
    /// <param name="forSize">Whether the smaller runtime is wanted, or the faster one.</param>
    public static (byte[] Module, bool TakesOwned)? Runtime(string packages, bool forSize)
    {
        string scope = Path.Combine(packages, "node_modules", "@andreiltd");
        string[] programs = Directory.Exists(scope) ? Directory.GetFiles(scope, "*.node", SearchOption.AllDirectories) : [];
        foreach (string program in programs.Order(StringComparer.Ordinal))
        {
            if (QuickJsRuntime.Find(File.ReadAllBytes(program), forSize) is { } runtime)
            {
                return (QuickJsRuntime.Changed(runtime), QuickJsRuntime.IsKnown(runtime));
            }
        }

        return null;
    }

    private static async Task<(string Path, bool TakesOwned)> WriteRuntimeAsync(CompileRequest request, CancellationToken cancellation)
    {
        const string Path = $"{ProjectFolder.Objects}/runtime.wasm";
        if (Runtime(request.Tools["packages"], request.Project.Manifest.Build.ForSize) is not { } runtime)
        {
            return ("", false);
        }

        await File.WriteAllBytesAsync(request.Project.PathTo(Path), runtime.Module, cancellation).ConfigureAwait(false);
        return (Path, runtime.TakesOwned);
    }
}
