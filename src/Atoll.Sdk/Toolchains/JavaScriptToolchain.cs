using Atoll.Sdk.Projects;

namespace Atoll.Sdk.Toolchains;

/// <summary>JavaScript and TypeScript, on QuickJS: the engine is in the component.</summary>
internal sealed class JavaScriptToolchain(bool isTypeScript) : Toolchain
{
    // Modules of the program itself may import each other; TypeScript is stripped of its types, and checking them is the editor's work.
    private const string Script = """
        import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
        import { createRequire } from 'node:module';
        import { dirname, join } from 'node:path';
        const [packages, source, objects, world, output, stub] = process.argv.slice(2);
        const require = createRequire(packages + '/package.json');
        let root = dirname(source), entry = source;
        if (source.endsWith('.ts')) {
          const ts = require('typescript');
          const host = { getCurrentDirectory: () => '', getCanonicalFileName: name => name, getNewLine: () => '\n' };
          let failed = false;
          for (const file of readdirSync(root, { recursive: true }).filter(name => /\.(ts|js)$/.test(name) && !name.endsWith('.d.ts'))) {
            const target = join(objects, file.replace(/\.ts$/, '.js'));
            mkdirSync(dirname(target), { recursive: true });
            if (file.endsWith('.js')) {
              copyFileSync(join(root, file), target);
              continue;
            }
            const result = ts.transpileModule(readFileSync(join(root, file), 'utf8'), {
              fileName: join(root, file), reportDiagnostics: true,
              compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true },
            });
            if (result.diagnostics.length > 0) {
              console.error(ts.formatDiagnostics(result.diagnostics, host));
              failed = true;
            }
            writeFileSync(target, result.outputText);
          }
          if (failed) process.exit(1);
          entry = join(objects, source.slice(root.length + 1).replace(/\.ts$/, '.js'));
          root = objects;
        }
        const { componentize } = require('componentize-qjs');
        const { component } = await componentize({
          witPath: 'wit', jsSource: readFileSync(entry, 'utf8'), jsPath: entry, moduleRoot: root, world, stubWasi: stub === 'stub', sync: true,
        });
        writeFileSync(output, component);
        """;

    public override string Language => isTypeScript ? "ts" : "js";

    public override GuestLanguage Bindings => isTypeScript ? GuestLanguage.TypeScript : GuestLanguage.JavaScript;

    public override IReadOnlyList<string> DefaultSources(ProjectFolder project) => [$"src/index.{Language}"];

    public override Task<FoundTools> FindAsync(ToolEnvironment environment, CancellationToken cancellation) =>
        NodeTools.FindAsync(isTypeScript ? "TypeScript" : "JavaScript", environment, cancellation);

    public override async Task<byte[]> CompileAsync(CompileRequest request, ToolEnvironment environment, CancellationToken cancellation)
    {
        ProjectFolder project = request.Project;
        string output = $"{ProjectFolder.Objects}/component.wasm", script = $"{ProjectFolder.Objects}/componentize.mjs";
        project.WriteText(script, Script);

        // The engine would import much of WASI for its own sake; without a world that asks for it, none is there.
        bool usesWasi = request.World.Imports.Any(item => item.Name.StartsWith("wasi:", StringComparison.Ordinal));
        string[] arguments = [script, request.Tools["packages"], request.Sources[0], $"{ProjectFolder.Objects}/js", request.World.Name!, output, usesWasi ? "wasi" : "stub"];
        await request.RunAsync(environment, "node", arguments, cancellation).ConfigureAwait(false);
        return await File.ReadAllBytesAsync(project.PathTo(output), cancellation).ConfigureAwait(false);
    }
}
