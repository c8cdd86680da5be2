import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Backoff } from '../src/host/backoff';
import { FolderHost, type HostSetup, type HostState } from '../src/host/folderHost';
import { locateHost, type World } from '../src/host/locate';

const files = mkdtempSync(join(tmpdir(), 'atoll-host-'));
after(() => rmSync(files, { recursive: true }));

// A host of a few lines: answers what it is asked, and ends when a tool says so.
const program = join(files, 'host.cjs');
writeFileSync(
  program,
  `
const lines = require('node:readline').createInterface({ input: process.stdin });
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
if (process.env.ATOLL_TEST_FAILS) { console.error('no luck'); process.exit(3); }
const grants = [];
lines.on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'atoll/grant' && params.tool === 'gone') return say({ id, error: { code: -32602, message: 'there is no tool gone' } });
  if (method === 'atoll/grant') grants.push({ id: String(grants.length), program: 'ab', ...params });
  if (method === 'tools/call' && params.name === 'die') process.exit(9);
  if (method === 'tools/call' && params.name === 'deny') say({ method: 'notifications/atoll/denied', params: { tool: 'deny', capability: 'fs:read:/x' } });
  const status = { pid: process.pid, tools: [], problems: [], grants, endpoint: 'http://127.0.0.1:4711/mcp', argv: process.argv };
  if (id !== undefined) say({ id, result: method === 'atoll/status' ? status : { content: [] } });
});
lines.on('close', () => process.exit(0));
`,
);

function setup(change: Partial<HostSetup> = {}): HostSetup & { lines: string[] } {
  const lines: string[] = [];
  return {
    folder: files,
    version: '1',
    startIn: files,
    locate: () => ({ command: process.execPath, args: [program], origin: 'PATH' }),
    isTrusted: () => true,
    logLevel: () => 'information',
    log: (_, text) => lines.push(text),
    onLine: (line) => lines.push(line),
    lines,
    ...change,
  };
}

async function until(host: FolderHost, state: HostState): Promise<void> {
  for (let i = 0; host.state !== state; i++) {
    assert.ok(i < 500, `the host is ${host.state} and not ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a host starts once for all who ask, and stops', async () => {
  const host = new FolderHost(setup());
  const [one, two] = await Promise.all([host.ready(), host.ready()]);
  assert.equal(one, two);
  assert.equal(host.state, 'running');
  assert.ok(host.readyMs > 0);
  await host.stop();
  assert.equal(host.state, 'stopped');
  assert.equal(host.status, undefined);
});

test('a host that ends unasked is started again, at the same port', async () => {
  const host = new FolderHost(setup(), new Backoff(10));
  const client = await host.ready();
  const pid = host.status?.pid;
  await assert.rejects(client.call('die', {}), /code 9/);
  await until(host, 'running');
  assert.notEqual(host.status?.pid, pid);
  assert.ok((host.status as unknown as { argv: string[] }).argv.join(' ').includes('--port 4711'));
  host.dispose();
});

test('grants of the session are given to the next process, until the session ends', async () => {
  const made = setup();
  const host = new FolderHost(made, new Backoff(10));
  const client = await host.ready();
  await client.grant('a', 'fs:read:/a/**', 'session');
  await client.grant('a', 'fs:read:/b/**', 'once');
  await client.grant('a', 'fs:read:/c/**', 'always');
  await host.refresh();
  host.status?.grants.forEach((grant) => assert.equal(grant.tool, 'a'));
  const held = (): unknown => host.status?.grants.map(({ tool, capability, scope, program }) => [tool, capability, scope, program]);
  await host.reload();
  assert.deepEqual(held(), [['a', 'fs:read:/a/**', 'session', 'ab']]);
  await assert.rejects((await host.ready()).call('die', {}), /code 9/);
  await until(host, 'running');
  assert.deepEqual(held(), [['a', 'fs:read:/a/**', 'session', 'ab']]);
  await host.restart();
  assert.deepEqual(held(), []);
  host.dispose();
});

test('a grant that cannot be given back is said, and keeps nothing from starting', async () => {
  const made = setup();
  const host = new FolderHost(made);
  await host.ready();
  host.status = { ...host.status!, grants: [{ id: '1', tool: 'gone', capability: 'fs:read:/a/**', scope: 'session' }] };
  await host.reload();
  assert.equal(host.state, 'running');
  assert.ok(made.lines.some((line) => /gone lost fs:read:\/a\/\*\*: there is no tool gone/.test(line)));
  host.dispose();
});

test('a host that keeps ending is given up, and says why', async () => {
  process.env['ATOLL_TEST_FAILS'] = '1';
  const made = setup();
  const host = new FolderHost(made, new Backoff(5, 10, 2));
  await assert.rejects(host.ready());
  await until(host, 'failed');
  delete process.env['ATOLL_TEST_FAILS'];
  assert.match(host.reason, /code 3/);
  assert.ok(made.lines.includes('no luck'));
  await host.restart();
  assert.equal(host.state, 'running');
  host.dispose();
});

test('nothing is started in a folder that is not trusted, or without a program', async () => {
  const untrusted = new FolderHost(setup({ isTrusted: () => false, locate: () => assert.fail('it was looked for') }));
  await assert.rejects(untrusted.ready(), /not trusted/);
  assert.equal(untrusted.state, 'untrusted');
  const missing = new FolderHost(setup({ locate: () => ({ missing: 'there is none' }) }));
  await assert.rejects(missing.ready(), /there is none/);
  assert.equal(missing.state, 'missing');
  const wrong = new FolderHost(
    setup({ locate: () => ({ command: join(files, 'gone'), args: [], origin: 'setting' }) }),
    new Backoff(1, 1, 0),
  );
  await assert.rejects(wrong.ready(), /cannot be started/);
  await until(wrong, 'failed');
});

test('refusals are told', async () => {
  const host = new FolderHost(setup());
  const told: string[] = [];
  host.onDenied((denied) => told.push(denied.capability));
  await (await host.ready()).call('deny', {});
  assert.deepEqual(told, ['fs:read:/x']);
  host.dispose();
});

test('waits grow, end, and begin anew after a steady run', () => {
  const backoff = new Backoff(100, 300, 4, 1000);
  assert.deepEqual(
    [1, 1, 1, 1, 1].map((ran) => backoff.next(ran)),
    [100, 200, 300, 300, undefined],
  );
  assert.equal(backoff.next(5000), 100);
  backoff.reset();
  assert.equal(backoff.next(1), 100);
});

function world(platform: NodeJS.Platform, existing: string[], env: Record<string, string> = {}): World {
  return { platform, env, isFile: (path) => existing.includes(path) };
}

test('the program of the settings comes first, then the bundled one, then the PATH', () => {
  const all = ['/my/atoll', '/ext/bin/atoll', '/usr/bin/atoll'];
  const env = { PATH: '/usr/bin' };
  assert.deepEqual(locateHost(' /my/atoll ', '/ext', world('linux', all, env)), { command: '/my/atoll', args: [], origin: 'setting' });
  assert.deepEqual(locateHost('', '/ext', world('linux', all, env)), { command: '/ext/bin/atoll', args: [], origin: 'bundled' });
  assert.deepEqual(locateHost('', '/ext', world('linux', ['/usr/bin/atoll'], env)), {
    command: '/usr/bin/atoll',
    args: [],
    origin: 'PATH',
  });
});

test('a bundled library needs dotnet; what is missing is named', () => {
  const library = ['/ext/bin/atoll.dll', '/opt/dotnet/dotnet'];
  assert.deepEqual(locateHost('', '/ext', world('darwin', library, { DOTNET_ROOT: '/opt/dotnet' })), {
    command: '/opt/dotnet/dotnet',
    args: ['/ext/bin/atoll.dll'],
    origin: 'bundled',
  });
  assert.match((locateHost('', '/ext', world('darwin', ['/ext/bin/atoll.dll'])) as { missing: string }).missing, /\.NET 10 runtime/);
  assert.match((locateHost('', '/ext', world('linux', [])) as { missing: string }).missing, /none is on the PATH/);
  assert.match((locateHost('/gone', '/ext', world('linux', [])) as { missing: string }).missing, /no such file/);
  assert.match((locateHost('atoll', '/ext', world('linux', [])) as { missing: string }).missing, /no full path/);
});

test("a relative folder of the PATH is passed over: it would be the workspace's", () => {
  assert.ok('missing' in locateHost('', '/ext', world('linux', ['bin/atoll', './atoll', 'atoll'], { PATH: 'bin:.:' })));
});

test('on Windows programs end in .exe', () => {
  const found = locateHost('', 'C:\\ext', world('win32', ['C:\\ext\\bin\\atoll.exe']));
  assert.deepEqual(found, { command: 'C:\\ext\\bin\\atoll.exe', args: [], origin: 'bundled' });
  assert.ok('command' in locateHost('', 'C:\\ext', world('win32', ['D:\\t\\atoll.exe'], { Path: 'C:\\x;D:\\t' })));
});
