// A long-lived V8 to measure against. Speaks JSON lines, so that a harness in another process can interleave its own
// runs with these:
//   {"cmd":"load","file":"bin/sieve.wasm","type":"i32","round":1}  ->  {"ok":true,"version":"v20...","v8":"11.3..."}
//   {"cmd":"run","n":4}                                            ->  {"ok":true,"result":"...","cpu_us":...,"wall_us":...}
//   {"cmd":"exit"}
// Each load compiles again and has a memory of its own. V8 shares the code of modules that have the same bytes, so the round's number goes into a custom
// section. Instances stay alive, so that none gets the pages or the place of an earlier one.
// cpu_us is the processor time of the whole process, so V8's compiler and collector threads are counted.
// i64 results are decimal text, f64 results their sixteen hexadecimal digits (bits are compared, not spellings).
import { readFileSync } from 'node:fs';
import { resolve, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../json-lines.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const instances = [];
const bits = new DataView(new ArrayBuffer(8));
let run, type;

const spell = {
  i32: value => String(value),
  i64: value => String(value),
  f64: value => { bits.setFloat64(0, value); return bits.getBigUint64(0).toString(16).padStart(16, '0'); },
};

const commands = {
  load({ file, type: resultType, round = 0 }) {
    if (!(resultType in spell)) throw new Error(`type must be one of ${Object.keys(spell)}`);
    const section = Buffer.from([0, 6, 1, 'n'.charCodeAt(0), 0, 0, 0, 0]);
    section.writeInt32LE(round, 4);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(Buffer.concat([readFileSync(resolve(here, file)), section])), {});
    instances.push(instance);
    run = instance.exports.run;
    type = resultType;
    return { v8: process.versions.v8 };
  },
  run({ n }) {
    if (!run) throw new Error('load a file first');
    const cpu = process.cpuUsage(), wall = process.hrtime.bigint();
    const value = run(n);
    const wallAfter = process.hrtime.bigint(), used = process.cpuUsage(cpu);
    return { result: spell[type](value), cpu_us: used.user + used.system, wall_us: Number((wallAfter - wall) / 1000n) };
  },
  exit() { process.exit(0); },
};

await serve(commands);
