// A long-lived V8 for `atoll bench engine`. Speaks JSON lines (bench/json-lines.mjs); every answer to a measuring command has cpu_us, the
// processor time of the whole process.
//   {"cmd":"program","file":…,"folder":…,"stdout":…,"stderr":…,"name":…}   a whole run of a WASI preview 1 program; folder is its "."
//   {"cmd":"load","file":…}                                                a module whose exports "calls" are then called
//   {"cmd":"calls","name":…,"n":…}                                         n calls of an export with the numbers 0…n-1
//   {"cmd":"once","name":…,"n":…}                                          one call of an export with the argument n
//   {"cmd":"instantiate","n":…}                                            n instances of the module that was loaded
import { closeSync, openSync, readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';
import { measured, serve } from '../json-lines.mjs';

// Compiling in the background does not keep Node alive by itself.
const alive = setInterval(() => {}, 1 << 30);
let module, exports;

const imports = () => ({ host: { add: value => value + 1 | 0, nothing() {} } });

const commands = {
  async program({ file, folder, stdout, stderr, name }) {
    return measured(async () => {
      const out = openSync(stdout, 'w'), err = openSync(stderr, 'w');
      try {
        const wasi = new WASI({ version: 'preview1', args: [name], preopens: { '.': folder }, stdout: out, stderr: err, returnOnExit: true });
        const compiled = await WebAssembly.compile(readFileSync(file));
        const bench = { start() {}, end() {} };
        const code = wasi.start(await WebAssembly.instantiate(compiled, { wasi_snapshot_preview1: wasi.wasiImport, bench }));
        if (code) throw new Error(`exit code ${code}`);
      } finally {
        closeSync(out);
        closeSync(err);
      }
    });
  },
  load({ file }) {
    module = new WebAssembly.Module(readFileSync(file));
    ({ exports } = new WebAssembly.Instance(module, imports()));
  },
  calls({ name, n }) {
    const f = exports[name];
    return measured(() => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum = sum + f(i) | 0;
      return sum;
    });
  },
  once({ name, n }) {
    return measured(() => String(exports[name](n)));
  },
  instantiate({ n }) {
    const given = imports();
    return measured(() => {
      for (let i = 0; i < n; i++) new WebAssembly.Instance(module, given);
    });
  },
};

await serve(commands);
clearInterval(alive);
