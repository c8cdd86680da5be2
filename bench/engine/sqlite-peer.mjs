// SQLite of the npm package sql.js in V8, without the package's own JavaScript: the same exported functions are called with the same stubs as
// imports as on the other side. Speaks JSON lines:
//   {"cmd":"load","wasm":"…","names":{"malloc":"Da",…},"setup":[…],"statements":[…]}  ->  {"ok":true,"version":"v20…"}
//   {"cmd":"run"}                                                  ->  {"ok":true,"results":["…",…],"cpu_us":[…]}
import { readFileSync } from 'node:fs';
import { serve } from '../json-lines.mjs';

const Row = 100, Done = 101, NotImplemented = -52;
let call, bytes, words, database, slot, statements;

function text(value) {
  const encoded = new TextEncoder().encode(value + '\0');
  const address = call.malloc(encoded.length);
  bytes.set(encoded, address);
  return address;
}

function read(address) {
  return address === 0 ? 'null' : new TextDecoder().decode(bytes.subarray(address, bytes.indexOf(0, address)));
}

function execute(sql) {
  if (call.sqlite3_prepare_v2(database, sql, -1, slot, 0) !== 0) throw new Error(read(call.sqlite3_errmsg(database)));
  const statement = words[slot >> 2];
  const cells = [];
  let state;
  while ((state = call.sqlite3_step(statement)) === Row) {
    const columns = call.sqlite3_column_count(statement);
    for (let i = 0; i < columns; i++) cells.push(read(call.sqlite3_column_text(statement, i)));
  }
  if (state !== Done) throw new Error(read(call.sqlite3_errmsg(database)));
  call.sqlite3_finalize(statement);
  return cells.join('|');
}

const commands = {
  load({ wasm, names, setup, statements: texts }) {
    const module = new WebAssembly.Module(readFileSync(wasm));
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      // Nothing that the statements do depends on the outside. Functions of one parameter are those that may succeed (close, sync).
      (imports[from] ??= {})[name] = (...values) => (values.length > 1 ? NotImplemented : 0);
    }
    const { exports } = new WebAssembly.Instance(module, imports);
    call = Object.fromEntries(Object.entries(names).map(([name, short]) => [name, exports[short]]));
    bytes = new Uint8Array(call.memory.buffer);
    words = new Int32Array(call.memory.buffer);
    call.__wasm_call_ctors();
    slot = call.malloc(4);
    if (call.sqlite3_open(text(':memory:'), slot) !== 0) throw new Error('sqlite3_open failed');
    database = words[slot >> 2];
    for (const sql of setup) execute(text(sql));
    statements = texts.map(text);
  },
  run() {
    const results = [], cpu = [];
    for (const sql of statements) {
      const before = process.cpuUsage();
      results.push(execute(sql));
      const used = process.cpuUsage(before);
      cpu.push(used.user + used.system);
    }
    return { results, cpu_us: cpu };
  },
};

await serve(commands);
