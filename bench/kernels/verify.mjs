// Checks every kernel against an independent computation in JavaScript and against the result in kernels.json.
// Prints "N passed, N failed"; exit code 1 when something failed.
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const { kernels } = JSON.parse(readFileSync(resolve(here, 'kernels.json'), 'utf8'));
const random = seed => () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0);

const expected = {
  recursion(n) { let [a, b] = [0, 1]; while (n-- > 0) [a, b] = [b, a + b]; return a; },
  sieve(n) {
    const size = 1 << 20, composite = new Uint8Array(size);
    let count = 0, sum = 0;
    for (let i = 2; i < size; i++) if (!composite[i]) { count++; for (let k = i * 2; k < size; k += i) composite[k] = 1; }
    for (let pass = 0; pass < n; pass++) sum = (Math.imul(sum, 31) + count + pass) | 0;
    return sum;
  },
  matrix(n) {
    const next = random(12345), a = [], b = [];
    for (let i = 0; i < n * n; i++) { a.push((next() >>> 8) / 16777216); b.push((next() >>> 8) / 16777216); }
    const cell = (i, j) => { let sum = 0; for (let k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j]; return sum; };
    let trace = 0;
    for (let i = 0; i < n; i++) trace += cell(i, i) + cell(i, n - 1 - i) * 0.5;
    return trace;
  },
  hashing(n) {
    const data = Buffer.from(Array.from({ length: 1024 }, (_, i) => (i * 7 + (i >> 8)) & 255)), hash = createHash('sha256');
    for (let k = 0; k < n; k++) hash.update(data);
    return hash.digest().readBigInt64BE(0);
  },
  nbody: null,                                     // checked below: the published energies of this system
  sorting(n) {
    const next = random(99), keys = Uint32Array.from({ length: n }, next).sort();
    let sum = 0;
    for (let i = 0; i < n; i++) sum = (Math.imul(sum, 31) + keys[i]) | 0;
    for (let i = n - 1; i >= 0; i--) sum = (Math.imul(sum, 31) + keys[i]) | 0;
    return sum;
  },
  chasing(n) {
    const count = 1 << 16, next = random(7), order = Array.from({ length: count }, (_, i) => i), values = [];
    for (let i = count - 1; i > 0; i--) { const k = (next() >>> 8) % (i + 1); [order[i], order[k]] = [order[k], order[i]]; }
    for (let i = 0; i < count; i++) values.push(next());
    let sum = 0;
    for (let round = 0; round < n; round++)
      for (let i = 0; i < count; i++) { sum = (Math.imul(sum, 33) + values[i]) | 0; values[i] ^= round; }
    return sum;
  },
  interpreter(n) {
    // Instructions per turn, counted from the program: see the comments in interpreter.c.
    let steps = 0, executed = 2;                   // PUSH, STORE
    for (let start = 1; start <= n; start++) {
      executed += 4 + 2;                           // compare with the limit; x = start
      for (let x = start; x !== 1; steps++) {
        executed += 4 + 4 + 4;                     // x == 1?; steps += 1; x & 1?
        if (x & 1) { x = 3 * x + 1; executed += 7; } else { x /= 2; executed += 5; }
      }
      executed += 4 + 5;                           // x == 1: start += 1
    }
    executed += 4;
    return (Math.imul(steps, 31) + executed) | 0;
  },
};

let passed = 0, failed = 0;
const check = (name, fine, detail = '') => { fine ? passed++ : failed++; if (!fine) console.log(`FAILED ${name} ${detail}`); };
const bits = value => { const view = new DataView(new ArrayBuffer(8)); view.setFloat64(0, value); return view.getBigUint64(0).toString(16).padStart(16, '0'); };

for (const { name, file, n, type, result } of kernels) {
  const module = new WebAssembly.Module(readFileSync(resolve(here, file)));
  check(`${name}: imports nothing`, WebAssembly.Module.imports(module).length === 0);
  const { run } = new WebAssembly.Instance(module, {}).exports;
  const value = run(n), spelled = type === 'f64' ? bits(value) : String(value);
  check(`${name}: result of kernels.json`, spelled === result, `${spelled} instead of ${result}`);
  check(`${name}: the same again`, Object.is(run(n), value));
  if (expected[name]) check(`${name}: independent result`, expected[name](n) === value, `${value} instead of ${expected[name](n)}`);
  else check(`${name}: published energies`, run(0).toFixed(9) === '-0.169075164' && run(1000).toFixed(9) === '-0.169087605', `${run(0)} ${run(1000)}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
