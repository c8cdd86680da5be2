// The far side of a peer that a benchmark talks to: a JSON object on each line of standard input, {"cmd":NAME,…}, and one on standard output for each,
// {"ok":true,"version":…,…} with what the command gives, or {"ok":false,"error":…}.
import { createInterface } from 'node:readline';

/** Processor time of the whole process while the function runs, in microseconds, and what it gives. */
export async function measured(work) {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, cpu_us: user + system };
}

/** Answers until standard input ends. Each command gets the whole message and gives an object or a promise of one. */
export async function serve(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    let answer;
    try {
      const message = JSON.parse(line);
      const command = Object.hasOwn(commands, message.cmd) ? commands[message.cmd] : undefined;
      if (!command) throw new Error(`cmd must be one of ${Object.keys(commands)}`);
      answer = { ok: true, version: process.version, ...await command(message) };
    } catch (error) {
      answer = { ok: false, error: String(error?.stack ?? error) };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
}
