// Bundles the extension into dist/extension.js and, with --tests, the unit tests into dist/test.
import { build } from 'esbuild';
import { cpSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
  logLevel: 'warning',
};
const production = process.argv.includes('--production');

// The schemas have one source, which the server embeds.
cpSync(join(root, '../../src/Atoll.Mcp/Schemas'), join(root, 'schemas'), { recursive: true });

await build({
  ...common,
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  minify: production,
  sourcemap: production ? false : 'inline',
});
if (process.argv.includes('--tests')) {
  const tests = readdirSync(join(root, 'test'))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`);
  await build({ ...common, entryPoints: tests, outdir: 'dist/test', sourcemap: 'inline' });
}
