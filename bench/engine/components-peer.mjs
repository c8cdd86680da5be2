// A long-lived V8 for `atoll bench components`: the sample components, made JavaScript by jco. Arguments: the folder with the transpiled components.
// Speaks JSON lines: {"cmd":NAME,"n":…} makes n calls and answers with cpu_us, the processor time of the whole process.
import { pathToFileURL } from 'node:url';
import { measured, serve } from '../json-lines.mjs';

const folder = pathToFileURL(process.argv[2] + '/');
const { api } = await import(new URL('pure/pure.js', folder));
const { driver } = await import(new URL('hosted/hosted.js', folder));
const mirror = await import(new URL('mirror/mirror.js', folder));
const short = 'a'.repeat(100), long = 'a'.repeat(10000), bytes = new Uint8Array(10000);

const calls = {
  add(n) { for (let i = 0; i < n; i++) api.add(i, 1); },
  'loop-add'(n) { driver.loopAdd(n); },
  echo100(n) { for (let i = 0; i < n; i++) api.echo(short); },
  echo10k(n) { for (let i = 0; i < n; i++) api.echo(long); },
  bytes10k(n) { for (let i = 0; i < n; i++) api.bytes(bytes); },
  mirror10k(n) { for (let i = 0; i < n; i++) mirror.bytes(bytes); },
  points10(n) { for (let i = 0; i < n; i++) api.points(10); },
};

await serve(Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, ({ n }) => measured(() => call(n))])));
