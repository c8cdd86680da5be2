// Tests of the file tools. The host's tests start this and run the tools: see GuestToolTests. Ends with "N passed, N failed".
import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseContext, check, codes, counts, here, makeCaller, manifest, same, seen } from './test-host.mjs';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'atoll-tools-')));
const work = join(top, 'work'), other = join(top, 'other'), secret = join(top, 'secret');
for (const folder of [work, other, secret]) mkdirSync(folder);
process.on('exit', () => rmSync(top, { recursive: true, force: true }));
const { ok, no, rawCall } = makeCaller(work, [work, other]);
const file = (name, content) => { writeFileSync(join(work, name), content); return join(work, name); };
const text = name => readFileSync(join(work, name), 'utf8');
const context = change => ({ ...baseContext(work), ...change });

function reading() {
  const path = file('a.txt', 'one\ntwo\nthree\nfour\n');
  same('read: whole', ok('read', 'fs.read', { path }), { path, encoding: 'utf8', content: 'one\ntwo\nthree\nfour\n', size: 19, offset: 0, bytes: 19, truncated: false, eof: true });
  same('read: relative', ok('read', 'fs.read', { path: './x/../a.txt' }).path, path);
  same('read: empty', ok('read', 'fs.read', { path: file('empty', '') }).content, '');
  let r = ok('read: bytes', 'fs.read', { path, offset: 4, length: 3 });
  same('read: bytes', [r.content, r.offset, r.bytes, r.truncated, r.eof, r.next_offset], ['two', 4, 3, false, false, 7]);
  r = ok('read: beyond the end', 'fs.read', { path, offset: 1e3 });
  same('read: beyond the end', [r.content, r.eof, r.size], ['', true, 19]);
  r = ok('read: max_bytes', 'fs.read', { path, max_bytes: 5 });
  same('read: max_bytes', [r.content, r.truncated, r.next_offset], ['one\nt', true, 5]);
  r = ok('read: lines', 'fs.read', { path, start_line: 2, end_line: 3 });
  same('read: lines', [r.content, r.offset, r.start_line, r.end_line, r.eof, r.next_offset], ['two\nthree\n', 4, 2, 3, false, 14]);
  r = ok('read: last lines', 'fs.read', { path, start_line: 4 });
  same('read: last lines', [r.content, r.end_line, r.eof], ['four\n', 4, true]);
  r = ok('read: no such lines', 'fs.read', { path, start_line: 9, end_line: 12 });
  same('read: no such lines', [r.content, r.start_line, r.end_line, r.eof], ['', 9, 8, true]);
  r = ok('read: lines cut', 'fs.read', { path, start_line: 1, max_bytes: 10 });
  same('read: whole lines when cut', [r.content, r.truncated, r.end_line, r.next_offset], ['one\ntwo\n', true, 2, 8]);
  r = ok('read: long line cut', 'fs.read', { path: file('long', 'x'.repeat(200000) + '\nend'), start_line: 1, max_bytes: 100000 });
  same('read: long line cut', [r.bytes, r.truncated, r.next_offset, r.end_line], [100000, true, 100000, 1]);
  r = ok('read: line without end', 'fs.read', { path: join(work, 'long'), start_line: 2, end_line: 2 });
  same('read: line without end', [r.content, r.end_line, r.eof, r.offset], ['end', 2, true, 200001]);

  const odd = 'añ €\u{1f600}"\\\t\u0001\u2028end';
  same('read: unicode and controls', ok('read', 'fs.read', { path: file('ü €.txt', odd) }).content, odd);
  const euro = file('euro', '€€€');
  r = ok('read: cut character', 'fs.read', { path: euro, length: 4 });
  same('read: cut character', [r.content, r.bytes, r.next_offset], ['€', 3, 3]);
  r = ok('read: begins in a character', 'fs.read', { path: euro, offset: 1 });
  same('read: begins in a character', [r.content, r.offset], ['€€', 3]);
  same('read: shorter than a character', ok('read', 'fs.read', { path: euro, length: 1 }).encoding, 'base64');
  no('read: shorter than a character, utf8', 'invalid_input', 'fs.read', { path: euro, length: 1, encoding: 'utf8' });
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) & 255)), binary = file('b.bin', bytes);
  for (const n of [0, 1, 2, 3, 4, 1000]) {
    r = ok('read: base64', 'fs.read', { path: file('part.bin', bytes.subarray(0, n)), encoding: 'base64' });
    same(`read: base64 of ${n}`, r.content, bytes.subarray(0, n).toString('base64'));
  }
  same('read: binary is base64', ok('read', 'fs.read', { path: binary }).content, bytes.toString('base64'));
  no('read: binary as utf8', 'invalid_input', 'fs.read', { path: binary, encoding: 'utf8' }, undefined, /base64/);
  same('read: NUL is binary', ok('read', 'fs.read', { path: file('nul', 'a\0b') }).encoding, 'base64');
  same('read: NUL as utf8', ok('read', 'fs.read', { path: join(work, 'nul'), encoding: 'utf8' }).content, 'a\0b');
  for (const [name, bad] of Object.entries({ overlong: [0xc0, 0xaf], surrogate: [0xed, 0xa0, 0x80], high: [0xf4, 0x90, 0x80, 0x80], cut: [0x61, 0xe2, 0x82], lone: [0x61, 0x80] }))
    same(`read: ${name} is no UTF-8`, ok('read', 'fs.read', { path: file('bad', Buffer.from(bad)) }).encoding, 'base64');

  const large = file('large', Buffer.alloc(6 << 20, 'abcdefghi\n'));
  r = ok('read: large', 'fs.read', { path: large });
  same('read: default limit', [r.bytes, r.truncated, r.size, r.next_offset], [262144, true, 6 << 20, 262144]);
  r = ok('read: large', 'fs.read', { path: large, max_bytes: 2 << 20, offset: 5 << 20 });
  same('read: to the end', [r.bytes, r.truncated, r.eof], [1 << 20, false, true]);
  r = ok('read: far line', 'fs.read', { path: large, start_line: 600000, end_line: 600000 });
  same('read: far line', [r.content, r.offset], ['abcdefghi\n', 5999990]);
  r = ok('read: controls swell', 'fs.read', { path: file('ctl', Buffer.alloc(2 << 20, 1)), max_bytes: 2 << 20 });
  same('read: controls swell', [r.bytes, r.truncated, r.next_offset], [(3 << 20) / 6, true, (3 << 20) / 6]);
  truncateSync(file('sparse', ''), 3 * 2 ** 32);
  r = ok('read: above 4 GiB', 'fs.read', { path: join(work, 'sparse'), offset: 3 * 2 ** 32 - 2 });
  same('read: above 4 GiB', [r.size, r.bytes, r.eof, r.content], [3 * 2 ** 32, 2, true, 'AAA=']);
  rmSync(join(work, 'sparse'));

  no('read: missing file', 'not_found', 'fs.read', { path: 'nothing' });
  no('read: folder', 'not_a_file', 'fs.read', { path: '.' });
  no('read: below a file', 'not_a_directory', 'fs.read', { path: 'a.txt/b' });
  no('read: bytes and lines', 'invalid_input', 'fs.read', { path, offset: 1, start_line: 1 });
  no('read: lines the wrong way round', 'invalid_input', 'fs.read', { path, start_line: 3, end_line: 2 });
  for (const [name, value] of Object.entries({ offset: [-1, 0.5, '1', null, 1e300, 9007199254740993], max_bytes: [0, 2097153, 1e10], length: [0], encoding: ['latin1', 1], start_line: [0, true] }))
    for (const bad of value) no(`read: ${name} ${bad}`, 'invalid_input', 'fs.read', { path, [name]: bad });
  no('read: unknown member', 'invalid_input', 'fs.read', { path, ofset: 1 }, undefined, /ofset.*Known: path/);
  no('read: no path', 'invalid_input', 'fs.read', {}, undefined, /path.*missing/);
  no('read: empty path', 'invalid_input', 'fs.read', { path: '' });
  no('read: NUL in a path', 'invalid_input', 'fs.read', { path: 'a.txt\0.png' });
  no('read: long path', 'invalid_input', 'fs.read', { path: 'x'.repeat(5000) });
  no('read: long name', 'invalid_input', 'fs.read', { path: 'x'.repeat(300) });
}

function escaping() {
  writeFileSync(join(secret, 'key'), 'secret');
  mkdirSync(join(top, 'work-too'));
  writeFileSync(join(top, 'work-too', 'key'), 'secret');
  const denied = /^Capability not granted: filesystem .*grant fs:/;
  for (const path of [join(secret, 'key'), '../secret/key', '/etc/passwd', '/', join(work, '../secret/key'), work + '/x/../../secret/key', work + '-too/key'])
    no(`escape: ${path}`, 'denied', 'fs.read', { path }, undefined, denied);
  symlinkSync(secret, join(work, 'out'));
  symlinkSync(join(secret, 'key'), join(work, 'key'));
  symlinkSync('../secret/key', join(work, 'key2'));
  for (const path of ['key', 'key2', 'out/key', 'out/../out/key']) no(`escape by link: ${path}`, 'denied', 'fs.read', { path }, undefined, denied);
  no('escape: overwrite by link', 'denied', 'fs.write', { path: 'key', content: 'x', mode: 'overwrite' });
  no('escape: append by link', 'denied', 'fs.write', { path: 'key2', content: 'x', mode: 'append' });
  no('escape: edit', 'denied', 'fs.edit', { path: 'key', edits: [{ old: 'secret', new: 'x' }] });
  no('escape: list', 'denied', 'fs.list', { path: 'out' });
  no('escape: write by link', 'denied', 'fs.write', { path: 'out/new', content: 'x' });
  no('escape: make folders', 'denied', 'fs.write', { path: 'out/a/b', content: 'x', create_dirs: true });
  no('escape: move out', 'denied', 'fs.move', { source: 'a.txt', destination: 'out/a.txt' });
  no('escape: move in', 'denied', 'fs.move', { source: 'out/key', destination: 'mine' });
  no('escape: stat', 'denied', 'fs.stat', { path: 'key' });
  same('escape: the link itself', ok('stat', 'fs.stat', { path: 'key', follow: false }).type, 'symlink');
  same('escape: search does not follow', ok('search', 'fs.search', { content: 'secret' }).results, 0);
  same('escape: nothing was written', [readdirSync(secret), readFileSync(join(secret, 'key'), 'utf8')], [['key'], 'secret']);
  for (const name of ['out', 'key', 'key2']) rmSync(join(work, name));
  symlinkSync('loop', join(work, 'loop'));
  no('loop of links', 'invalid_input', 'fs.read', { path: 'loop' });
  rmSync(join(work, 'loop'));
  file('a.txt', 'one\ntwo\nthree\nfour\n');
  const bare = { ...baseContext(work) };
  delete bare.workspace;
  no('relative without a workspace', 'invalid_input', 'fs.read', { path: 'a.txt' }, bare);
  writeFileSync(join(other, 'o.txt'), 'other');
  same('second grant', ok('read', 'fs.read', { path: join(other, 'o.txt') }).content, 'other');
  const none = makeCaller(work, []);
  none.no('no grant at all', 'denied', 'fs.read', { path: join(work, 'a.txt') }, undefined, /none/);
}

function writing() {
  const path = join(work, 'w.txt');
  same('write: create', ok('write', 'fs.write', { path, content: 'héllo\n' }), { path, created: true, bytes_written: 7, size: 7, atomic: false, dirs_created: 0, dry_run: false });
  same('write: content', text('w.txt'), 'héllo\n');
  no('write: exists', 'exists', 'fs.write', { path, content: 'x' }, undefined, /overwrite/);
  let r = ok('write: overwrite', 'fs.write', { path, content: 'new\n', mode: 'overwrite', diff: true });
  same('write: overwrite', [r.atomic, r.created, r.size, r.diff, text('w.txt')], [true, false, 4, `--- ${path}\n+++ ${path}\n@@ -1 +1 @@\n-héllo\n+new\n`, 'new\n']);
  r = ok('write: append', 'fs.write', { path, content: 'more', mode: 'append', diff: true });
  same('write: append', [r.size, r.bytes_written, text('w.txt'), r.diff.endsWith('@@ -1 +1,2 @@\n new\n+more\n\\ No newline at end of file\n')], [8, 4, 'new\nmore', true]);
  ok('write: append creates', 'fs.write', { path: 'app', content: 'x', mode: 'append' });
  ok('write: overwrite creates', 'fs.write', { path: 'over', content: '', mode: 'overwrite' });
  same('write: both there', [text('app'), text('over')], ['x', '']);
  r = ok('write: dry run', 'fs.write', { path, content: 'dry\n', mode: 'overwrite', dry_run: true });
  same('write: dry run', [r.dry_run, r.bytes_written, r.size, text('w.txt'), r.diff.includes('-new\n-more\n\\ No newline at end of file\n+dry\n')], [true, 0, 4, 'new\nmore', true]);
  r = ok('write: dry run of the frame', 'fs.write', { path: 'dry', content: 'a' }, context({ flags: { dry_run: true } }));
  same('write: dry run of the frame', [r.dry_run, existsSync(join(work, 'dry')), r.diff], [true, false, `--- /dev/null\n+++ ${work}/dry\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n`]);
  r = ok('write: dry_run false cannot widen', 'fs.write', { path: 'dry', content: 'a', dry_run: false }, context({ flags: { dry_run: true } }));
  same('write: dry_run false cannot widen', [r.dry_run, existsSync(join(work, 'dry'))], [true, false]);
  no('write: dry run fails alike', 'not_found', 'fs.write', { path: 'no/such/dir', content: '', dry_run: true });
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 31) & 255));
  for (const n of [0, 1, 2, 3, 5000]) {
    ok('write: base64', 'fs.write', { path: 'bin', content: bytes.subarray(0, n).toString('base64'), encoding: 'base64', mode: 'overwrite' });
    check(`write: base64 of ${n}`, readFileSync(join(work, 'bin')).equals(bytes.subarray(0, n)));
  }
  for (const bad of ['A', 'AA', 'AAA', '=AAA', 'AA=A', 'A===', 'AB==', 'AAB=', 'AA A', 'AAA\n', 'A-_A', 'AA==AAAA'])
    no(`write: base64 ${JSON.stringify(bad)}`, 'invalid_input', 'fs.write', { path: 'bin', content: bad, encoding: 'base64', mode: 'overwrite' });
  same('write: binary diff is left out', ok('write', 'fs.write', { path: 'bin', content: 'x', mode: 'overwrite', diff: true }).diff_omitted, 'binary');
  no('write: no folder', 'not_found', 'fs.write', { path: 'deep/er/f', content: '' }, undefined, /create_dirs/);
  same('write: create_dirs', [ok('write', 'fs.write', { path: 'deep/er/f', content: 'x', create_dirs: true }).dirs_created, text('deep/er/f')], [2, 'x']);
  no('write: folder', 'not_a_file', 'fs.write', { path: 'deep', content: '', mode: 'overwrite' });
  no('write: grant itself', 'not_a_file', 'fs.write', { path: work, content: '', mode: 'overwrite' });
  no('write: below a file', 'not_a_directory', 'fs.write', { path: 'w.txt/x', content: '' });
  no('write: no content', 'invalid_input', 'fs.write', { path });
  for (const tool of [['fs.write', { path: 'ro', content: '' }], ['fs.edit', { path, edits: [{ old: 'a', new: 'b' }] }], ['fs.move', { source: path, destination: 'ro' }]])
    no(`${tool[0]}: read-only`, 'read_only', ...tool, context({ flags: { read_only: true } }));
  no('write: flags must be booleans', 'invalid_input', 'fs.write', { path: 'ro', content: '' }, context({ flags: { read_only: 'false' } }));
  check('write: read-only wrote nothing', !existsSync(join(work, 'ro')));

  file('target', 'old');
  symlinkSync('target', join(work, 'link'));
  r = ok('write: through a link', 'fs.write', { path: 'link', content: 'by link', mode: 'overwrite' });
  same('write: through a link', [r.atomic, lstatSync(join(work, 'link')).isSymbolicLink(), text('target')], [false, true, 'by link']);
  chmodSync(file('script', 'old'), 0o755);
  linkSync(join(work, 'script'), join(work, 'hard'));
  ok('write: in place', 'fs.write', { path: 'script', content: 'new', mode: 'overwrite', atomic: false });
  same('write: in place keeps the file', [statSync(join(work, 'script')).mode & 0o777, text('hard')], [0o755, 'new']);
  const big = 'line of text\n'.repeat(1200000);
  no('write: too large', 'too_large', 'fs.write', { path: 'big', content: big + big.slice(0, 2000000) });
  same('write: 15 MiB', ok('write', 'fs.write', { path: 'big', content: big }).size, big.length);
  same('write: large file has no diff', ok('write', 'fs.write', { path: 'big', content: 'x', mode: 'overwrite', dry_run: true }).diff_omitted, 'file too large');
  rawCall('write: request too large', 'too_large', 'fs.write', JSON.stringify({ input: { path: 'big', content: 'x'.repeat(25 << 20) }, context: {} }));
  check('write: no temporary files are left', readdirSync(work).every(name => !name.startsWith('.atoll')));
  rmSync(join(work, 'big'));
}

function editing() {
  const path = file('e.txt', 'alpha\nbeta\ngamma\nbeta two\n');
  let r = ok('edit', 'fs.edit', { path, edits: [{ old: 'alpha', new: 'ALPHA' }, { old: 'beta two', new: 'delta' }] });
  same('edit: result', [r.replacements, r.changed, r.atomic, r.size, text('e.txt')], [2, true, true, 23, 'ALPHA\nbeta\ngamma\ndelta\n']);
  same('edit: diff', r.diff, `--- ${path}\n+++ ${path}\n@@ -1,4 +1,4 @@\n-alpha\n+ALPHA\n beta\n gamma\n-beta two\n+delta\n`);
  file('e.txt', 'aXaXa\nX\n');
  no('edit: ambiguous', 'ambiguous_match', 'fs.edit', { path, edits: [{ old: 'X', new: 'Y' }] }, undefined, /3 times .*lines 1, 1, 2/);
  no('edit: overlapping is ambiguous', 'ambiguous_match', 'fs.edit', { path: file('ov', 'aaa'), edits: [{ old: 'aa', new: 'b' }] });
  same('edit: replace_all', [ok('edit', 'fs.edit', { path, edits: [{ old: 'X', new: 'YY', replace_all: true }] }).replacements, text('e.txt')], [3, 'aYYaYYa\nYY\n']);
  no('edit: no match', 'no_match', 'fs.edit', { path, edits: [{ old: 'zzz', new: '' }] });
  no('edit: white space', 'no_match', 'fs.edit', { path: file('ws', 'x\n    if (a) {\n'), edits: [{ old: '\tif (a) {', new: '' }] }, undefined, /line 2/);
  no('edit: CRLF', 'no_match', 'fs.edit', { path: file('crlf', 'a\r\nb\r\n'), edits: [{ old: 'a\nb', new: '' }] }, undefined, /\\r\\n/);
  ok('edit: CRLF given', 'fs.edit', { path: 'crlf', edits: [{ old: 'a\r\nb', new: 'c' }] });
  same('edit: CRLF given', text('crlf'), 'c\r\n');
  no('edit: all or nothing', 'no_match', 'fs.edit', { path, edits: [{ old: 'aYY', new: '1', replace_all: true }, { old: 'nope', new: '' }] }, undefined, /edits\[1\]/);
  same('edit: all or nothing', text('e.txt'), 'aYYaYYa\nYY\n');
  ok('edit: in order', 'fs.edit', { path: file('seq', 'a'), edits: [{ old: 'a', new: 'b' }, { old: 'b', new: 'cc' }, { old: 'cc', new: '€' }] });
  same('edit: in order', text('seq'), '€');
  r = ok('edit: dry run', 'fs.edit', { path: 'seq', edits: [{ old: '€', new: '' }], dry_run: true });
  same('edit: dry run', [r.dry_run, r.size, text('seq')], [true, 0, '€']);
  same('edit: back again', ok('edit', 'fs.edit', { path: 'seq', edits: [{ old: '€', new: 'x' }, { old: 'x', new: '€' }] }).changed, false);
  no('edit: missing', 'not_found', 'fs.edit', { path: 'nothing', edits: [{ old: 'a', new: 'b' }] });
  no('edit: folder', 'not_a_file', 'fs.edit', { path: 'deep', edits: [{ old: 'a', new: 'b' }] });
  no('edit: binary', 'invalid_input', 'fs.edit', { path: file('bin2', Buffer.from([0xff, 0x61])), edits: [{ old: 'a', new: 'b' }] });
  for (const edits of [undefined, [], {}, [1], [{ old: '', new: 'x' }], [{ old: 'a', new: 'a' }], [{ old: 'a' }], [{ new: 'a' }], [{ old: 1, new: '' }], [{ old: 'a', new: 'b', all: true }], Array(201).fill({ old: 'a', new: 'b' })])
    no(`edit: edits ${JSON.stringify(edits)?.slice(0, 40)}`, 'invalid_input', 'fs.edit', { path: 'ov', edits });
  no('edit: too large a file', 'too_large', 'fs.edit', { path: file('huge', Buffer.alloc(9 << 20, 'x')), edits: [{ old: 'a', new: 'b' }] });
  no('edit: grows too large', 'too_large', 'fs.edit', { path: file('grow', 'x'.repeat(100000)), edits: [{ old: 'x', new: 'y'.repeat(1000), replace_all: true }] });
  rmSync(join(work, 'huge'));
  const many = Array.from({ length: 200 }, (_, i) => ({ old: `<${i}>`, new: `[${i}]` }));
  ok('edit: many edits of a large file', 'fs.edit', { path: file('many', 'padding\n'.repeat(500000) + many.map(e => e.old).join('\n')), edits: many });
  check('edit: many edits', text('many').endsWith(many.map(e => e.new).join('\n')));
}

/** Applies a unified diff, as a judge of the ones the tool makes. */
function patch(before, diff) {
  const lines = before.match(/[^\n]*\n|[^\n]+$/g) ?? [], out = [];
  let at = 0, hunk = diff.split(/^(?=@@ )/m).slice(1);
  for (const part of hunk) {
    const [, start, count] = /^@@ -(\d+)(?:,(\d+))? /.exec(part), from = Number(start) - (count === '0' ? 0 : 1);
    while (at < from) out.push(lines[at++]);
    const body = part.slice(part.indexOf('\n') + 1).match(/[^\n]*\n/g) ?? [];
    body.forEach((line, i) => {
      const content = body[i + 1]?.startsWith('\\') ? line.slice(1, -1) : line.slice(1);
      if (line[0] === '+') out.push(content);
      else if (line[0] === '-' || line[0] === ' ') {
        if (lines[at] !== content) throw new Error(`line ${at + 1} is ${JSON.stringify(lines[at])}, not ${JSON.stringify(content)}`);
        if (line[0] === ' ') out.push(content);
        at++;
      }
    });
  }
  return out.concat(lines.slice(at)).join('');
}

function diffs() {
  let seed = 1;
  const random = n => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % 65536 % n;
  const make = (n, letters) => Array.from({ length: n }, () => 'abcdefghij'[random(letters)] + '\n');
  for (let round = 0; round < 120; round++) {
    const before = make(random(40), 1 + random(6)), after = [...before];
    for (let k = random(8); k > 0; k--) after.splice(random(after.length + 1), random(3), ...make(random(4), 10));
    if (round % 5 === 0 && after.length) after[after.length - 1] = after.at(-1).trimEnd();
    const [old, now] = [before.join(''), after.join('')];
    file('d', old);
    const { diff } = ok('diff', 'fs.write', { path: 'd', content: now, mode: 'overwrite', dry_run: true });
    let made;
    try { made = patch(old, diff); } catch (error) { made = error.message; }
    check(`diff ${round}: applies`, made === now, { old, now, diff, made });
    if (old === now) same('diff: none', diff, '');
  }
  file('d', make(3000, 10).join(''));
  const far = ok('diff: far apart', 'fs.write', { path: 'd', content: Array.from({ length: 3000 }, (_, i) => `${i}\n`).join(''), mode: 'overwrite', dry_run: true });
  check('diff: far apart', far.diff.length > 20000);
  file('d', 'x\n'.repeat(60000));
  const cut = ok('diff: cut', 'fs.write', { path: 'd', content: 'y\n'.repeat(60000), mode: 'overwrite', dry_run: true });
  check('diff: cut', cut.diff_truncated && cut.diff.length <= 65536 + 100, cut.diff.length);
}

function listing() {
  mkdirSync(join(work, 'l/sub/deeper/deepest'), { recursive: true });
  for (const name of ['b.txt', 'a.txt', '.hidden', 'ä.txt', 'sub/x.c', 'sub/deeper/y.c', 'sub/deeper/deepest/z.c']) file(`l/${name}`, name);
  symlinkSync('a.txt', join(work, 'l/link'));
  symlinkSync('..', join(work, 'l/up'));
  let r = ok('list', 'fs.list', { path: 'l' });
  same('list: sorted', r.entries.map(e => `${e.name}:${e.type}`), ['.hidden:file', 'a.txt:file', 'b.txt:file', 'link:symlink', 'sub:directory', 'up:symlink', 'ä.txt:file']);
  r = ok('list: details', 'fs.list', { path: 'l', details: true, hidden: false, max_entries: 2 });
  same('list: details', [r.entries.map(e => [e.name, e.size]), r.total, r.truncated], [[['a.txt', 5], ['b.txt', 5]], 7, true]);
  same('list: time', r.entries[0].modified, new Date(Math.floor(statSync(join(work, 'l/a.txt')).mtimeMs)).toISOString());
  same('list: empty', ok('list', 'fs.list', { path: 'l/sub/deeper/deepest' }).entries.length, 1);
  check('list: workspace by default', ok('list', 'fs.list', {}).entries.some(e => e.name === 'l'));
  no('list: file', 'not_a_directory', 'fs.list', { path: 'a.txt' });
  no('list: missing', 'not_found', 'fs.list', { path: 'nothing' });
  no('list: limits', 'invalid_input', 'fs.list', { max_entries: 0 });
  mkdirSync(join(work, 'crowd'));
  const names = Array.from({ length: 3000 }, (_, i) => `file with a rather long name ${String(i).padStart(5, '0')}`);
  for (const name of names) writeFileSync(join(work, 'crowd', name), '');
  same('list: many', ok('list', 'fs.list', { path: 'crowd', max_entries: 10000 }).entries.map(e => e.name), names);
  rmSync(join(work, 'crowd'), { recursive: true });

  r = ok('tree', 'fs.tree', { path: 'l' });
  same('tree: drawing', r.tree, '├── .hidden\n├── a.txt\n├── b.txt\n├── link@\n├── sub/\n│   ├── deeper/\n│   │   ├── deepest/\n│   │   └── y.c\n│   └── x.c\n├── up@\n└── ä.txt\n');
  same('tree: counts', [r.directories, r.files, r.truncated], [3, 8, false]);
  r = ok('tree: entries', 'fs.tree', { path: 'l', format: 'entries', depth: 2, hidden: false, exclude: ['*.txt', 'sub/deeper'] });
  same('tree: entries', r.entries.map(e => e.path), ['link', 'sub', 'sub/x.c', 'up']);
  r = ok('tree: limit', 'fs.tree', { path: 'l', max_entries: 6, format: 'entries' });
  same('tree: limit', [r.entries.length, r.truncated], [6, true]);
  let deep = work;
  for (let i = 0; i < 70; i++) mkdirSync(deep = join(deep, 'd1'));
  r = ok('tree: depth limit', 'fs.tree', { depth: 64, path: 'd1', format: 'entries' });
  same('tree: depth limit', r.entries.length, 64);
  same('search: too deep', ok('search', 'fs.search', { path: 'd1', name: 'd1' }).truncated_by, 'too deep');
  rmSync(join(work, 'd1'), { recursive: true });
  no('tree: depth', 'invalid_input', 'fs.tree', { depth: 65 });
  no('tree: file', 'not_a_directory', 'fs.tree', { path: 'a.txt' });
  no('tree: exclude', 'invalid_input', 'fs.tree', { exclude: [1] });

  r = ok('stat', 'fs.stat', { path: 'l/link' });
  same('stat: link followed', [r.type, r.size, r.symlink, r.target], ['file', 5, true, 'a.txt']);
  r = ok('stat', 'fs.stat', { path: 'l/link', follow: false });
  same('stat: link', [r.type, r.symlink], ['symlink', true]);
  const real = statSync(join(work, 'l/b.txt'));
  r = ok('stat', 'fs.stat', { path: 'l/b.txt' });
  same('stat: file', [r.type, r.size, r.modified, r.links], ['file', 5, new Date(Math.floor(real.mtimeMs)).toISOString(), 1]);
  same('stat: folder', ok('stat', 'fs.stat', { path: '.' }).type, 'directory');
  no('stat: missing', 'not_found', 'fs.stat', { path: 'nothing' });
}

function moving() {
  file('m1', 'one'); file('m2', 'two');
  mkdirSync(join(work, 'md'));
  const r = ok('move', 'fs.move', { source: 'm1', destination: 'm3' });
  same('move', [r.source, r.destination, r.type, r.overwritten, text('m3'), existsSync(join(work, 'm1'))], [join(work, 'm1'), join(work, 'm3'), 'file', false, 'one', false]);
  no('move: exists', 'exists', 'fs.move', { source: 'm3', destination: 'm2' }, undefined, /overwrite/);
  no('move: onto a folder', 'exists', 'fs.move', { source: 'm3', destination: 'md', overwrite: true }, undefined, /name included/);
  no('move: folder onto a file', 'not_a_directory', 'fs.move', { source: 'md', destination: 'm2', overwrite: true });
  same('move: dry run', [ok('move', 'fs.move', { source: 'm3', destination: 'm2', overwrite: true, dry_run: true }).overwritten, text('m2')], [true, 'two']);
  same('move: overwrite', [ok('move', 'fs.move', { source: 'm3', destination: 'm2', overwrite: true }).overwritten, text('m2')], [true, 'one']);
  no('move: no folder', 'not_found', 'fs.move', { source: 'm2', destination: 'x/y/z' });
  same('move: create_dirs', [ok('move', 'fs.move', { source: 'm2', destination: 'x/y/z', create_dirs: true }).dirs_created, text('x/y/z')], [2, 'one']);
  same('move: folder', [ok('move', 'fs.move', { source: 'x', destination: 'md/x' }).type, text('md/x/y/z')], ['directory', 'one']);
  no('move: into itself', 'invalid_input', 'fs.move', { source: 'md', destination: 'md/x/md' });
  no('move: same', 'invalid_input', 'fs.move', { source: 'md', destination: './md/' });
  no('move: missing', 'not_found', 'fs.move', { source: 'nothing', destination: 'n2' });
  no('move: grant', 'denied', 'fs.move', { source: work, destination: join(other, 'w') });
  no('move: onto a grant', 'exists', 'fs.move', { source: 'md', destination: other });
  same('move: between grants', [ok('move', 'fs.move', { source: 'md/x/y/z', destination: join(other, 'z') }).type, readFileSync(join(other, 'z'), 'utf8')], ['file', 'one']);
}

function searching() {
  mkdirSync(join(work, 's/src/inner'), { recursive: true });
  mkdirSync(join(work, 's/node_modules'));
  file('s/src/main.c', 'int main(void) {\n  return Needle();\r\n}\n// needle again, needle twice\n');
  file('s/src/inner/util.c', 'void x(void);\n\n\ncafé ÄÖ Needle\n');
  file('s/src/readme.md', '# Needle\n');
  file('s/node_modules/n.c', 'Needle\n');
  file('s/bin.dat', 'Needle\0');
  file('s/big.txt', 'Needle ' + 'x'.repeat(10000));
  file('s/bad.txt', Buffer.from([0x4e, 0x65, 0x65, 0x64, 0x6c, 0x65, 0xff, 0xfe, 0x0a]));
  const found = (name, input) => ok(name, 'fs.search', { path: 's', ...input });
  const places = r => r.matches.map(m => `${m.path}:${m.line}:${m.column}`);
  let r = found('search: literal', { content: 'Needle' });
  same('search: literal', [places(r), r.files_searched, r.skipped_binary], [['bad.txt:1:1', 'big.txt:1:1', 'src/inner/util.c:4:9', 'src/main.c:2:10', 'src/readme.md:1:3'], 5, 1]);
  same('search: texts', [r.matches[0].text, r.matches[3].text, r.matches[1].text.length], ['Needle\ufffd\ufffd', '  return Needle();', 400]);
  same('search: ignore_case', places(found('search', { content: 'NEEDLE', ignore_case: true, include: ['*.c'] })), ['src/inner/util.c:4:9', 'src/main.c:2:10', 'src/main.c:4:4']);
  same('search: ignore_case beyond ASCII', places(found('search', { content: 'CAFÉ äö', ignore_case: true })), ['src/inner/util.c:4:1']);
  r = found('search: context', { content: 'Needle()', context_lines: 2 });
  same('search: context', [r.matches[0].before, r.matches[0].after], [['int main(void) {'], ['}', '// needle again, needle twice']]);
  same('search: exclude replaces the default', found('search', { content: 'Needle', exclude: ['src', '*.txt'] }).matches.map(m => m.path), ['node_modules/n.c']);
  r = found('search: max_results', { content: 'Needle', max_results: 2 });
  same('search: max_results', [r.results, r.truncated, r.truncated_by], [2, true, 'max_results']);
  same('search: exactly max_results', found('search', { content: 'Needle', max_results: 5 }).truncated, false);
  same('search: max_file_bytes', found('search', { content: 'Needle', max_file_bytes: 100 }).skipped_large, 1);
  const files = (name, input) => found(name, input).files.map(f => f.path);
  same('search: name', files('search', { name: '*.c' }), ['src/inner/util.c', 'src/main.c']);
  same('search: name with folders', files('search', { name: 'src/**/*.c' }), ['src/inner/util.c', 'src/main.c']);
  same('search: one level', files('search', { name: 'src/*.c' }), ['src/main.c']);
  same('search: any depth', files('search', { name: '**/inner/**' }), ['src/inner/util.c']);
  same('search: braces and classes', files('search', { name: '[m-r]*.{c,md}' }), ['src/main.c', 'src/readme.md']);
  same('search: not in class', files('search', { name: '[!m]*.c' }), ['src/inner/util.c']);
  same('search: question mark', files('search', { name: 'ma?n.?' }), ['src/main.c']);
  same('search: folders too', found('search', { name: 'inner' }).files, [{ path: 'src/inner', type: 'directory' }]);
  same('search: name and content', found('search', { name: '*.md', content: 'Needle' }).results, 1);
  same('search: name ignore_case', files('search', { name: 'MAIN.C', ignore_case: true }), ['src/main.c']);
  same('search: hostile pattern', files('search', { name: '*a*a*a*a*a*a*a*a*a*a*a*a*b' }), []);
  for (const name of ['[', '{a', '', 'x'.repeat(600), '{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}', '{'.repeat(12) + '}'.repeat(12)]) no(`search: pattern ${name.slice(0, 20)}`, 'invalid_input', 'fs.search', { name });
  no('search: nothing asked', 'invalid_input', 'fs.search', { path: 's' });
  no('search: line feed', 'invalid_input', 'fs.search', { content: 'a\nb' });
  no('search: empty', 'invalid_input', 'fs.search', { content: '' });
  no('search: file', 'not_a_directory', 'fs.search', { path: 'a.txt', content: 'x' });
  no('search: missing', 'not_found', 'fs.search', { path: 'nothing', content: 'x' });

  regexes();
  same('search: exponential pattern', found('search', { content: '(x+x+)+y', regex: true }).results, 0);
}

/** JavaScript's own expressions judge ours, on every pattern and line. */
function regexes() {
  const lines = ['', 'a', 'ab', 'abc', 'aabbcc', 'foo.bar(baz)', 'x = 10; y = 20', 'ÄÖ äö straße', '€100', 'the cat sat on the mat', 'aaa', 'a\tb', '{x}', 'foo_bar-baz', 'ABC abc', '[1]'];
  const patterns = ['a', 'a*', 'a+', 'a?b', '^a', 'c$', '^$', '^ab?c?$', 'a|b', 'ab|a', 'a|ab', '(ab|a)(bc|c)?', 'a{2}', 'a{2,}', 'a{1,2}b', 'a{0}b', '[abc]+', '[^abc]+', '\\d+', '\\w+\\.\\w+', '\\bcat\\b', '\\Bat', '(?:the )(cat|mat)',
    'on|the mat', '.*', '.+?t', 'a*?b', 'a??b', '(a|b|c)*', '(a*)*', '(a*)+b', '\\s', '\\S+$', '\\W', '\\D+', '[\\d.]+', '[a-c]{2}', '[]a]'.replace('[]', '[\\]'), 'x = (\\d+); y = \\1'.replace('\\1', '20'), '€\\d', '[Ä-Ö]', 'straße', '\\{x\\}', '\\t', '(|a)b', '()', 'a(?:)b', '[-a]', '[a-]', '\\[1\\]', 'th(e|is|at) (c|m)at', '((a)|b)+c', '(a|ab)(c|bcd)?$', '[^\\s]+\\s[^\\s]+', '(foo|foo\\.bar)\\(?', '(?:a+b*)+c{1,2}'];
  writeFileSync(join(work, 's/lines.txt'), lines.join('\n') + '\n');
  for (const ignore_case of [false, true])
    for (const pattern of patterns) {
      const { matches = [] } = ok(`regex ${pattern}`, 'fs.search', { path: 's', include: ['lines.txt'], content: pattern, regex: true, ignore_case });
      const judge = new RegExp(pattern, ignore_case ? 'ui' : 'u');
      const expected = lines.flatMap((line, i) => { const m = judge.exec(line); return m ? [`${i + 1}:${[...line.slice(0, m.index)].length + 1}`] : []; });
      same(`regex ${pattern}${ignore_case ? ' (ignore_case)' : ''}`, matches.map(m => `${m.line}:${m.column}`), expected);
    }
  for (const pattern of ['(', ')', 'a)', '[', '[a', '[b-a]', '*', '+a', 'a**', 'a{2,1}', 'a{', 'a{x}', 'a{1001}', '\\', '\\1', '\\q', '(?=a)', '(?<n>a)', '('.repeat(60) + ')'.repeat(60), '((a{1000}){1000}){1000}', '((((){1000}){1000}){1000}){1000}', '[\\'])
    no(`regex: ${pattern.slice(0, 20)} is refused`, 'invalid_input', 'fs.search', { path: 's', content: pattern, regex: true });
  rmSync(join(work, 's/lines.txt'));
}

function hostileRequests() {
  const wrap = input => `{"input":${input},"context":{"workspace":${JSON.stringify(work)}}}`;
  const good = wrap('{"path":"a.txt"}'), bad = (name, request, pattern) => rawCall(`request: ${name}`, 'invalid_input', 'fs.read', request, pattern);
  rawCall('request: good', null, 'fs.read', good);
  rawCall('request: white space', null, 'fs.read', ` \r\n\t${good} \n`);
  rawCall('request: escapes', null, 'fs.read', wrap('{"p\\u0061th":"\\u0061\\u002etxt"}'));
  rawCall('request: whole numbers in other spellings', null, 'fs.read', wrap('{"path":"a.txt","offset":1.0,"length":1e1,"max_bytes":20000e-3}'));
  for (let n = 0; n < good.length; n++) bad(`cut at ${n}`, good.slice(0, n));
  for (const tail of ['x', '{}', ',', '\0', '\u00a0', '\ufeff']) bad(`followed by ${JSON.stringify(tail)}`, good + tail);
  bad('byte order mark', '\ufeff' + good);
  for (const text of ['null', '[]', '1', '"x"', '{}', '{"input":1}', '{"input":{"path":"a"},"context":[]}', '{"input":{"path":"a"},"context":{"flags":[]}}', '{"input":{"path":"a"},"context":{"workspace":1}}']) bad(text, text);
  const deep = n => wrap(`{"path":"a.txt","x":${'['.repeat(n)}${']'.repeat(n)}}`);
  bad('deep', deep(100000), /too deeply/);
  bad('deep objects', '{"a":'.repeat(100000), /too deeply/);
  bad('many values', wrap(`{"path":[${'1,'.repeat(70000)}1]}`), /too many values/);
  bad('many members', wrap(`{${Array.from({ length: 300 }, (_, i) => `"k${i}":1`)}}`), /too many members/);
  bad('duplicate name', wrap('{"path":"a.txt","path":"b"}'), /twice/);
  bad('duplicate name by escape', wrap('{"path":"a.txt","\\u0070ath":"b"}'), /twice/);
  bad('__proto__', wrap('{"path":"a.txt","__proto__":1}'), /unknown member/);
  for (const n of ['1e999999999999', '-1e400', '9'.repeat(100000), '1e-999999999', '0.' + '0'.repeat(1000) + '1', '-1']) bad(`offset ${n.slice(0, 12)}`, wrap(`{"path":"a.txt","offset":${n}}`), /whole number/);
  for (const n of ['01', '+1', '.5', '1.', '1e', '1e+', '0x1', 'NaN', 'Infinity', '-', '1_0', "'1'"]) bad(`number ${n}`, wrap(`{"path":"a.txt","offset":${n}}`), /not valid JSON/);
  for (const s of ['\\x', '\\u12', '\\u12g4', '\\ud800', '\\ud800x', '\\ud800\\u0041', '\\udc00', '\n', '\x01', '\\']) bad(`string ${JSON.stringify(s)}`, wrap(`{"path":"${s}"}`), /not valid JSON/);
  for (const bytes of [[0xff], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82], [0x80]]) {
    const [head, tail] = wrap('{"path":"?"}').split('?');
    bad(`bytes ${bytes}`, Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]), /not UTF-8/);
  }
  bad('comments', wrap('{"path":"a.txt"/**/}'));
  bad('trailing comma', wrap('{"path":"a.txt",}'));
  bad('large frame', JSON.stringify({ input: { path: 'a.txt' }, context: { junk: 'x'.repeat(70000) } }), /context is larger/);
  bad('zeros', Buffer.alloc(100000));
  same('request: emoji by surrogates', ok('read', 'fs.write', { path: '\u{1f600}', content: '\u{1f600}' }).size, 4);
  const long = rawCall('request: long unknown member', 'invalid_input', 'fs.read', wrap(`{"path":"a.txt","${'y'.repeat(100000)}":1}`));
  check('request: messages stay short', long.error.message.length < 1000, long.error.message.length);
  let seed = 42;
  const random = n => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % n;
  for (let i = 0; i < 300; i++) {                  // any damage gives an answer, never a crash
    const damaged = Buffer.from(good);
    for (let k = 1 + random(3); k > 0; k--) damaged[random(damaged.length)] = random(256);
    let fine = false;
    try { JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(damaged)); fine = true; } catch { /* then ours has to refuse too */ }
    if (!fine) bad(`damaged ${i}`, damaged); else rawCallAny(damaged, i);
  }
}

function rawCallAny(request, i) {
  const caller = makeCaller(work);
  const result = caller.rawCall.length && caller; // the answer's form is what counts here, its content may be anything
  const before = counts.failed;
  const answer = result.rawCall(`damaged ${i}`, undefined, 'fs.read', request);
  if (counts.failed > before && answer.ok === false && codes.includes(answer.error.code)) { counts.failed = before; counts.passed++; }
}

function manifestsAreSound() {
  const shipped = readdirSync(join(here, '.mcp/tools')).map(name => name.replace(/\.json$/, ''));
  for (const tool of shipped) {
    const m = manifest(tool);
    same(`${tool}: name`, m.name, tool);
    check(`${tool}: entry`, m.entry.startsWith('native://') || existsSync(join(here, m.entry.replace('wasm://', ''))), m.entry);
    same(`${tool}: permissions`, m.permissions, tool === 'telemetry.push' ? [] : tool === 'http.fetch' ? ['net:connect:**'] : ['fs.write', 'fs.edit', 'fs.move'].includes(tool) ? ['read', 'write'] : ['read']);
    for (const [where, schema] of [['in', m.inputSchema], ['out', m.outputSchema]])
      for (const [name, property] of Object.entries(schema.properties)) {
        check(`${tool}: ${where}.${name} is described`, property.description?.length > 5);
        if (['path', 'source', 'destination'].includes(name)) check(`${tool}: ${where}.${name} is a path`, property.format === 'path');
      }
    if (m.entry.startsWith('wasm:')) {
      const bytes = readFileSync(join(here, m.entry.replace('wasm://', '')));
      same(`${tool}: is a component`, bytes.subarray(0, 8).toString('hex'), '0061736d0d000100');
      check(`${tool}: at most 96 KiB`, bytes.length <= 98304, bytes.length);
    }
  }
  same('every tool with a manifest was tested', shipped.filter(tool => !seen.tools.has(tool)), ['http.fetch', 'telemetry.push']); // HttpFetchTests has the first
  same('every error code was seen', codes.filter(code => !seen.codes.has(code)), ['io_error']);
}

for (const part of [reading, escaping, writing, editing, diffs, listing, moving, searching, hostileRequests, manifestsAreSound]) part();
console.error(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed ? 1 : 0;
