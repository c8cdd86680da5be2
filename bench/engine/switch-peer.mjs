// The br_table function in V8. Speaks JSON lines:
//   {"cmd":"load","file":"…"}                       ->  {"ok":true,"version":"v20…"}
//   {"cmd":"run","steps":3000000,"different":8}     ->  {"ok":true,"result":…,"cpu_us":…}
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

let run;

const commands = {
  load({ file }) {
    run = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file))).exports.run;
    return { version: process.version };
  },
  run({ steps, different }) {
    const before = process.cpuUsage();
    const result = run(steps, different);
    const used = process.cpuUsage(before);
    return { result, cpu_us: used.user + used.system };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const message = JSON.parse(line);
    answer = { ok: true, ...commands[message.cmd](message) };
  } catch (error) {
    answer = { ok: false, error: String(error.message ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
