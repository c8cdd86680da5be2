// Asks the host to run a tool once per call, and checks what comes back against the contract and the tool's output schema.
// For each call one line {"tool","folders","length"} and the request's bytes go to standard output; one line
// {"code","length"} and the answer's bytes come from standard input. What people should see goes to standard error.
import { readFileSync, readSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
export const codes = ['invalid_input', 'not_found', 'denied', 'exists', 'not_a_file', 'not_a_directory', 'too_large',
  'no_match', 'ambiguous_match', 'read_only', 'io_error'];
const manifests = new Map();

export const counts = { passed: 0, failed: 0 };
export const seen = { tools: new Set(), codes: new Set() };

export function check(name, fine, detail) {
  if (fine) { counts.passed++; return; }
  counts.failed++;
  console.error(`FAILED ${name}${detail === undefined ? '' : ': ' + String(typeof detail === 'string' ? detail : JSON.stringify(detail)).slice(0, 800)}`);
}
export const same = (name, actual, expected) =>
  check(name, JSON.stringify(actual) === JSON.stringify(expected), `${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);

export function manifest(tool) {
  if (!manifests.has(tool)) manifests.set(tool, JSON.parse(readFileSync(join(here, '.mcp/tools', `${tool}.json`), 'utf8')));
  return manifests.get(tool);
}

function readExactly(length) {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const read = readSync(0, bytes, done, length - done);
    if (read === 0) throw new Error('the host is gone');
    done += read;
  }
  return bytes;
}

function send(bytes) {
  for (let done = 0; done < bytes.length;) done += writeSync(1, bytes, done);
}

/** Bytes in, bytes out; folders are granted under their own paths. The host on the other side of the standard streams runs the tool. */
export function raw(tool, request, folders) {
  const bytes = Buffer.from(request);
  send(Buffer.from(JSON.stringify({ tool, folders, length: bytes.length }) + '\n'));
  send(bytes);
  let line = '';
  for (let byte; (byte = readExactly(1).toString('latin1')) !== '\n';) line += byte;
  const { code, length } = JSON.parse(line);
  return { code, text: readExactly(length) };
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
