// Runs a tool once per call, in Node's own WASI or (--host PATH) in `PATH run`, and checks what comes back against the
// contract and the tool's output schema.
import { WASI } from 'node:wasi';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
export const codes = ['invalid_input', 'not_found', 'denied', 'exists', 'not_a_file', 'not_a_directory', 'too_large',
  'no_match', 'ambiguous_match', 'read_only', 'io_error'];
const at = process.argv.indexOf('--host');
export const host = at > 0 ? process.argv[at + 1] : undefined;
const modules = new Map(), manifests = new Map(), scratch = mkdtempSync(join(tmpdir(), 'atoll-io-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

export const counts = { passed: 0, failed: 0 };
export const seen = { tools: new Set(), codes: new Set() };

export function check(name, fine, detail) {
  if (fine) { counts.passed++; return; }
  counts.failed++;
  console.log(`FAILED ${name}${detail === undefined ? '' : ': ' + String(typeof detail === 'string' ? detail : JSON.stringify(detail)).slice(0, 800)}`);
}
export const same = (name, actual, expected) =>
  check(name, JSON.stringify(actual) === JSON.stringify(expected), `${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);

export function manifest(tool) {
  if (!manifests.has(tool)) manifests.set(tool, JSON.parse(readFileSync(join(here, '.mcp/tools', `${tool}.json`), 'utf8')));
  return manifests.get(tool);
}

/** Bytes in, bytes out; folders are preopened under their own paths. */
export function raw(tool, request, folders) {
  const wasm = join(here, 'bin', `${tool}.wasm`);
  if (host) {
    const dirs = folders.flatMap(folder => ['--dir', `${folder}::${folder}`]);
    const done = spawnSync(host, ['run', ...dirs, wasm], { input: request, maxBuffer: 64 << 20 });
    return { code: done.status, text: done.stdout };
  }
  if (!modules.has(tool)) modules.set(tool, new WebAssembly.Module(readFileSync(wasm)));
  writeFileSync(join(scratch, 'in'), request);
  const stdin = openSync(join(scratch, 'in'), 'r'), stdout = openSync(join(scratch, 'out'), 'w+');
  try {
    const wasi = new WASI({ version: 'preview1', args: [tool], returnOnExit: true, stdin, stdout,
      preopens: Object.fromEntries(folders.map(folder => [folder, folder])) });
    const code = wasi.start(new WebAssembly.Instance(modules.get(tool), wasi.getImportObject()));
    return { code: code ?? 0, text: readFileSync(join(scratch, 'out')) };
  } finally {
    closeSync(stdin);
    closeSync(stdout);
  }
}

/** The few keywords the manifests use. Returns the first complaint or undefined. */
export function complaint(schema, value, path = '$') {
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : Number.isInteger(value) ? 'integer' : typeof value;
  if (schema.type && schema.type !== type && !(schema.type === 'number' && type === 'integer')) return `${path} is ${type}, not ${schema.type}`;
  if (schema.enum && !schema.enum.includes(value)) return `${path} is not in the enumeration`;
  if (typeof value === 'number' && (value < schema.minimum || value > schema.maximum)) return `${path} is out of range`;
  if (schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return `${path} is no date-time`;
  if (type === 'array') for (const [i, item] of value.entries()) { const c = complaint(schema.items, item, `${path}[${i}]`); if (c) return c; }
  if (type !== 'object') return undefined;
  for (const name of schema.required ?? []) if (!(name in value)) return `${path}.${name} is missing`;
  for (const [name, item] of Object.entries(value)) {
    if (!schema.properties?.[name]) { if (schema.additionalProperties === false) return `${path}.${name} is not in the schema`; continue; }
    const c = complaint(schema.properties[name], item, `${path}.${name}`);
    if (c) return c;
  }
  return undefined;
}

const strict = new TextDecoder('utf-8', { fatal: true });

function answer(tool, { code, text }) {
  check(`${tool}: exit code 0`, code === 0, `exit code ${code}`);
  check(`${tool}: at most 4 MiB`, text.length <= 4 << 20, text.length);
  try { return JSON.parse(strict.decode(text)); } catch (error) {
    check(`${tool}: answers with one JSON value in UTF-8`, false, `${error.message}: ${text.toString('latin1').slice(0, 300)}`);
    return { ok: false, error: { code: 'no answer', message: '' } };
  }
}

export const baseContext = folder => ({ reason_trace_id: '0123456789abcdef0123456789abcdef', tenant: 'default', stage: 'test', risk_level: 'low',
  flags: { read_only: false, dry_run: false, later: 1 }, budgets: { cpu_ms: 1000, memory_bytes: 1 << 26 }, workspace: folder, unknown: ['kept', { é: 1 }] });

export function makeCaller(workspace, folders = [workspace]) {
  const call = (tool, input, context = baseContext(workspace)) => {
    seen.tools.add(tool);
    const result = answer(tool, raw(tool, JSON.stringify({ input, context }), folders));
    const used = result.context_used, dry = input.dry_run === true;
    const expected = structuredClone(context);
    if (dry && result.ok) expected.flags.dry_run = true;
    if (result.ok) {
      const wrong = complaint(manifest(tool).outputSchema, result.data);
      check(`${tool}: data fits the output schema`, !wrong, wrong);
      const sort = o => JSON.stringify(o, (k, v) => v && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v);
      check(`${tool}: the frame comes back`, sort(used) === sort(expected), used);
      const bad = complaint(manifest(tool).inputSchema, input);
      check(`${tool}: what is accepted fits the input schema`, !bad, bad);
    } else {
      seen.codes.add(result.error.code);
      check(`${tool}: a known error code`, codes.includes(result.error.code), result);
      check(`${tool}: a message`, result.error.message?.length > 15, result);
    }
    return result;
  };
  const ok = (name, tool, input, context) => {
    const result = call(tool, input, context);
    check(name, result.ok === true, result);
    return result.data ?? {};
  };
  const no = (name, code, tool, input, context, pattern) => {
    const result = call(tool, input, context);
    check(name, result.ok === false && result.error.code === code && (!pattern || pattern.test(result.error.message)), result);
    return result.error?.message ?? '';
  };
  const rawCall = (name, code, tool, request, pattern) => {
    seen.tools.add(tool);
    const result = answer(tool, raw(tool, request, folders));
    if (result.error) seen.codes.add(result.error.code);
    check(name, code ? result.ok === false && result.error.code === code && (!pattern || pattern.test(result.error.message)) : result.ok === true, result);
    return result;
  };
  return { ok, no, rawCall };
}
