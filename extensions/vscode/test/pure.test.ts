import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History, type Store } from '../src/forms/history';
import { fieldsOf, parseField, summarize } from '../src/forms/schemaForm';
import { errorOf, type JsonObject, type Problem, type Status } from '../src/host/messages';
import { LogMemory, parseLogLine } from '../src/log';
import { placeOf } from '../src/manifests/positions';
import { describeResult } from '../src/resultText';
import { barText } from '../src/views/barText';
import { halves, shorten } from '../src/views/capability';

const schema: JsonObject = {
  type: 'object',
  required: ['path', 'mode'],
  properties: {
    count: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
    path: { type: 'string', format: 'path', minLength: 1, description: 'Which file.' },
    mode: { type: 'string', enum: ['a', 'b'] },
    flag: { type: 'boolean' },
    edits: { type: 'array' },
    id: { type: 'string', pattern: '^[a-z]+$', maxLength: 3 },
  },
};

test('a form has the required fields first, each with its kind', () => {
  const fields = fieldsOf(schema);
  assert.deepEqual(
    fields.map((field) => [field.name, field.kind, field.required]),
    [
      ['path', 'path', true],
      ['mode', 'choice', true],
      ['count', 'integer', false],
      ['flag', 'boolean', false],
      ['edits', 'json', false],
      ['id', 'text', false],
    ],
  );
  assert.equal(fields[0]?.description, 'Which file.');
  assert.equal(fields[2]?.default, 3);
  assert.deepEqual(fieldsOf({}), []);
});

test('what is typed is read as the schema wants it, or refused with a reason', () => {
  const fields = new Map(fieldsOf(schema).map((field) => [field.name, field]));
  const read = (name: string, text: string): unknown => {
    const parsed = parseField(fields.get(name)!, text);
    return 'value' in parsed ? parsed.value : `! ${parsed.error}`;
  };
  assert.equal(read('path', 'a b'), 'a b');
  assert.match(String(read('path', '')), /^! .*not be empty/);
  assert.equal(read('count', ' 7 '), 7);
  for (const wrong of ['', '1.5', '0', '10', 'x', '1e999']) {
    assert.match(String(read('count', wrong)), /^!/, wrong);
  }
  assert.equal(read('flag', 'false'), false);
  assert.match(String(read('mode', 'c')), /one of: a, b/);
  assert.deepEqual(read('edits', '[1]'), [1]);
  assert.match(String(read('edits', '[')), /JSON/);
  assert.match(String(read('id', 'A')), /match/);
  assert.match(String(read('id', 'abcd')), /At most 3/);
});

test('inputs are remembered, newest first, each once, and not when they are long', async () => {
  const kept = new Map<string, unknown>();
  const store: Store = { get: <T>(key: string) => kept.get(key) as T | undefined, update: async (key, value) => void kept.set(key, value) };
  const history = new History(store);
  for (let i = 0; i < 12; i++) {
    await history.add('t', { i });
  }
  await history.add('t', { i: 9 });
  await history.add('t', { text: 'x'.repeat(5000) });
  assert.deepEqual(
    history.of('t').map((input) => input['i']),
    [9, 11, 10, 8, 7, 6, 5, 4],
  );
  assert.deepEqual(history.of('other'), []);
  assert.equal(summarize({ path: 'a\nb', n: [1] }), 'path=a b, n=[1]');
  assert.equal(summarize({}), '(no arguments)');
  assert.equal(summarize({ path: 'x'.repeat(200) }).length, 80);
});

test('log lines give their level and trace', () => {
  const trace = '0123456789abcdef0123456789abcdef';
  assert.deepEqual(parseLogLine(`17:02:03.123 warn Policy: audit: denied x trace_id=${trace}`), {
    level: 'warn',
    text: `Policy: audit: denied x trace_id=${trace}`,
    trace,
  });
  assert.deepEqual(parseLogLine('17:02:03.123 fail X: y'), { level: 'error', text: 'X: y' });
  assert.deepEqual(parseLogLine('   at Some.Frame()'), { level: 'info', text: '   at Some.Frame()' });
  const memory = new LogMemory(3);
  for (const text of ['a', 'b', 'c', 'd']) {
    memory.add('/f', { level: 'info', text, trace: text === 'd' ? 'two' : 'one' }, new Date(0));
  }
  assert.deepEqual(memory.traces(), [
    { trace: 'two', count: 1, last: 'd' },
    { trace: 'one', count: 2, last: 'c' },
  ]);
  assert.equal(memory.text('one'), '1970-01-01T00:00:00.000Z [info] b\n1970-01-01T00:00:00.000Z [info] c');
});

test('bytes of UTF-8 become places in the editor', () => {
  const problem = (line: number, column: number, endLine = 0, endColumn = 0): Problem => ({
    file: 'f',
    line,
    column,
    endLine,
    endColumn,
    severity: 'error',
    message: 'm',
  });
  const lines = ['{', '  "ä😀": "x"', '}'];
  // The value begins behind 2 + 1 + 2 + 4 + 1 + 2 bytes.
  assert.deepEqual(placeOf(problem(2, 13, 2, 16), lines), { start: { line: 1, character: 9 }, end: { line: 1, character: 12 } });
  assert.deepEqual(placeOf(problem(1, 1, 3, 2), lines), { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } });
  assert.deepEqual(placeOf(problem(0, 0), lines), { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } });
  assert.deepEqual(placeOf(problem(99, 99), lines), { start: { line: 2, character: 1 }, end: { line: 2, character: 2 } });
});

test('a result is shown with its long texts apart, whatever fences they hold', () => {
  const at = new Date(0);
  const content = `# title\n${'````\ncode\n````\n'.repeat(9)}`;
  const text = describeResult({
    tool: 'fs.read',
    input: { path: 'x' },
    result: { structuredContent: { path: 'x', content } },
    milliseconds: 3,
    at,
  });
  assert.match(text, /^# fs\.read: ok/);
  assert.match(text, /"content": "\(\d+ characters, below\)"/);
  assert.ok(text.includes('`````\n# title'));
  const failed = {
    isError: true,
    content: [{ type: 'text', text: 'no' }],
    _meta: { 'atoll/error': { code: 'not_found', message: 'There is no x.' } },
  };
  assert.match(describeResult({ tool: 't', input: {}, result: failed, milliseconds: 1, at }), /# t: not_found[\s\S]*There is no x\./);
  assert.deepEqual(errorOf({ isError: true, content: [{ type: 'text', text: 'odd' }] }), { code: 'failed', message: 'odd' });
});

test('the status bar tells tools and problems, and what is wrong', () => {
  const status = { tools: [1, 2], problems: [1], memoryBytes: 5e7 } as unknown as Status;
  const running = barText('running', [{ folder: '/a', reason: '', status }]);
  assert.equal(running.text, '$(tools) Atoll 2 $(warning) 1');
  assert.match(running.tooltip, /2 tools, 1 problem, 50 MB/);
  const missing = barText('missing', [{ folder: '/a', reason: 'no program', status: undefined }]);
  assert.ok(missing.isWarning && missing.tooltip.includes('no program'));
});

test('capabilities are shown as they are in the folder', () => {
  assert.equal(shorten('fs:write:/a/b/notes/**', '/a/b'), 'fs:write:./notes/**');
  assert.equal(shorten('fs:read:/a/bc/**', '/a/b'), 'fs:read:/a/bc/**');
  assert.equal(shorten('fs:read:C:\\a\\x', 'C:\\a'), 'fs:read:.\\x');
  assert.deepEqual(halves('fs:read:/a/b/**', '/a/b'), { what: 'read', where: 'this folder' });
  assert.deepEqual(halves('net:connect:x:443', '/a'), { what: 'net connect', where: 'x:443' });
  assert.deepEqual(halves('odd', '/a'), { what: 'odd', where: '' });
});
