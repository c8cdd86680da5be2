// End to end on the packaged extension in a real workbench: e2e.mjs INSTALLATION VSIX SHOTS [--only STEP]
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { steps } from './steps.mjs';
import { untrusted, withoutHost } from './limits.mjs';
import { Workbench } from './workbench.mjs';

const [installation, vsix, shots] = process.argv.slice(2);
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const files = mkdtempSync(join(tmpdir(), 'atoll-e2e-'));
const figures = {};
let passed = 0;
let failed = 0;
try {
  await scenario('harbour', steps);
  await scenario('strange', untrusted, { trust: false });
  await scenario('bare', withoutHost, { settings: { 'atoll.path': join(files, 'no-such-program') } });
} finally {
  rmSync(files, { recursive: true, force: true });
}
console.log(
  Object.entries(figures)
    .map(([name, value]) => `${name}=${value}`)
    .join(' '),
);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** A workbench of its own with a folder of its own, and the steps in it. */
async function scenario(name, all, options = {}) {
  const chosen = Object.entries(all).filter(([step], index) => !only || index === 0 || step.includes(only));
  if (only && !Object.keys(all).some((step) => step.includes(only))) {
    return;
  }
  const folder = join(files, name);
  makeFolder(folder);
  const bench = await Workbench.start({ installation, vsix, folder, shots, ...options });
  try {
    for (const [step, run] of chosen) {
      const began = Date.now();
      try {
        await run(bench, figures);
        passed++;
        console.log(`ok    ${step} (${Date.now() - began} ms)`);
      } catch (error) {
        failed++;
        console.log(`FAIL  ${step}: ${error.stack}`);
        await bench.shot(`failed-${step.replaceAll(/\W+/g, '-')}`).catch(() => undefined);
      }
    }
  } finally {
    await bench.stop();
  }
}

/** A folder as a person may have it: a text, a tool of its own, a place for what tools write. */
function makeFolder(path) {
  mkdirSync(join(path, '.mcp', 'tools'), { recursive: true });
  mkdirSync(join(path, 'bin'));
  mkdirSync(join(path, 'notes'));
  writeFileSync(
    join(path, 'README.md'),
    '# Harbour\n\nShips that are in, and where they lie.\n\n| ship | berth |\n|---|---|\n| Fair Wind | 3 |\n| Northern Star | 7 |\n',
  );
  writeFileSync(join(path, 'notes', 'today.md'), 'Fair Wind leaves at noon.\n');
  const shipped = join(root, 'guests', 'tools');
  cpSync(join(shipped, 'bin', 'fs.stat.wasm'), join(path, 'bin', 'berths.wasm'));
  const manifest = JSON.parse(readFileSync(join(shipped, '.mcp', 'tools', 'fs.stat.json'), 'utf8'));
  const own = {
    ...manifest,
    name: 'harbour.berths',
    description: 'Which files tell of the berths.',
    entry: 'wasm://bin/berths.wasm',
    permissions: ['read'],
  };
  writeFileSync(join(path, '.mcp', 'tools', 'berths.json'), JSON.stringify(own, null, 2) + '\n');
}
