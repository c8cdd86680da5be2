// The br_table function in V8. Speaks JSON lines:
//   {"cmd":"load","file":"…"}                       ->  {"ok":true,"version":"v20…"}
//   {"cmd":"run","steps":3000000,"different":8}     ->  {"ok":true,"result":…,"cpu_us":…}
import { readFileSync } from 'node:fs';
import { measured, serve } from '../json-lines.mjs';

let run;

const commands = {
  load({ file }) {
    run = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file))).exports.run;
  },
  run({ steps, different }) {
    return measured(() => run(steps, different));
  },
};

await serve(commands);
