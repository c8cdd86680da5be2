// The steps, in order; each leaves the workbench as the next one needs it.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from './workbench.mjs';

// The shipped ones and the folder's own.
const shipped = join(fileURLToPath(import.meta.url), '../../../../../guests/tools/.mcp/tools');
const toolCount = readdirSync(shipped).length + 1;

const status = `const found = vscode.extensions.getExtension('atoll.atoll'); return found && found.isActive;`;

/** The lines of the extension's output channel, as VS Code keeps them. */
async function dump(bench) {
  return JSON.parse(
    await bench.inside(`
    await vscode.commands.executeCommand('atoll.diagnosticDump');
    const text = vscode.window.activeTextEditor.document.getText();
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    return text;`),
  );
}

/** Calls a tool as an agent does: through the editor, which asks before a tool that changes something. */
async function asAgent(bench, tool, input, changes = false) {
  if (changes) {
    void bench.page
      .locator('.monaco-dialog-box')
      .getByRole('button', { name: 'Yes' })
      .click({ timeout: 20_000 })
      .catch(() => undefined);
  }
  return bench.inside(
    `
    for (let i = 0; i < 100; i++) {
      const found = vscode.lm.tools.find((t) => t.name.endsWith($0));
      if (found) {
        const result = await vscode.lm.invokeTool(found.name, { input: $1, toolInvocationToken: undefined });
        return { name: found.name, text: result.content.map((part) => part.value ?? '').join('') };
      }
      // Newer workbenches take a star for all servers, older ones one server's id alone.
      for (const id of ['*', 'atoll.atoll/Atoll']) {
        await vscode.commands.executeCommand('workbench.mcp.startServer', id, { autoTrustChanges: true, waitForLiveTools: true });
      }
      await sleep(200);
    }
    throw new Error('the tools are ' + vscode.lm.tools.map((t) => t.name).join(', '));`,
    tool,
    input,
  );
}

export const steps = {
  async 'the server is ready'(bench, figures) {
    const { page } = bench;
    await waitFor('the extension is active', 30_000, () => bench.inside(status));
    await page.locator('.statusbar-item', { hasText: `Atoll ${toolCount}` }).waitFor({ timeout: 30_000 });
    const report = await dump(bench);
    figures.ready_ms = report.hosts[0].readyMs;
    figures.activate_ms = /activated in ([\d.]+) ms/.exec(report.log.join('\n'))[1];
    assert.equal(report.hosts[0].tools.length, toolCount);
    assert.ok(!JSON.stringify(report).includes('Bearer'));
  },

  async 'an agent reads a real file'(bench) {
    const { text } = await asAgent(bench, 'fs_read', { path: 'README.md' });
    assert.match(text, /Northern Star/);
  },

  async 'the view shows tools and what they may use'(bench) {
    const { page } = bench;
    await bench.inside(
      `await vscode.window.showTextDocument(vscode.Uri.file($0)); await vscode.commands.executeCommand('atoll.tools.focus');`,
      join(bench.folder, 'README.md'),
    );
    await page.locator('.pane-body .monaco-list-row', { hasText: 'fs.write' }).first().click();
    await page.locator('.pane-body .monaco-list-row', { hasText: 'read only' }).first().waitFor();
    await bench.shot('tools-view');
  },

  async 'a tool is run by hand with a form'(bench, figures) {
    const { page } = bench;
    await bench.command('Atoll: Execute Tool');
    await bench.pick('fs.read');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'active file' }).waitFor();
    await bench.shot('execute-start');
    await bench.pick('Fill in the form');
    await bench.type('fs.read: path', 'notes/today.md');
    await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
    await bench.shot('execute-optional');
    await page.keyboard.press('Enter');
    await page.locator('.view-lines', { hasText: 'Fair Wind leaves at noon' }).waitFor({ timeout: 10_000 });
    await bench.shot('execute-result');
    const times = [];
    for (let i = 0; i < 10; i++) {
      times.push(
        await bench.inside(`
        const began = performance.now();
        await vscode.commands.executeCommand('atoll.executeTool', { tool: 'fs.read', input: { path: 'notes/today.md' } });
        return performance.now() - began;`),
      );
    }
    figures.click_to_result_ms = Math.round(times.sort((a, b) => a - b)[5]);
    figures.rss_mb = Math.round((await dump(bench)).hosts[0].memoryBytes / 1e6);
    await bench.command('Atoll: Execute Tool');
    await bench.pick('fs.read');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'path=notes/today.md' }).waitFor();
    await bench.shot('execute-history');
    await page.keyboard.press('Escape');
  },

  async 'a refused write is granted from the notification and runs again'(bench) {
    const file = join(bench.folder, 'notes', 'new.md');
    bench.begin(
      `await vscode.commands.executeCommand('atoll.executeTool', { tool: 'fs.write', input: { path: 'notes/new.md', content: 'A new berth.' } });`,
    );
    const toast = bench.notification('fs.write was refused');
    await toast.waitFor({ timeout: 10_000 });
    assert.match(await toast.innerText(), /fs:write:\.\/notes\/\*\*/);
    assert.ok(!existsSync(file));
    await bench.shot('denied');
    await toast.getByRole('button', { name: 'Allow This Session' }).click();
    await waitFor('the file is written', 10_000, () => existsSync(file));
    assert.equal(readFileSync(file, 'utf8'), 'A new berth.');
    await bench.page.locator('.pane-body .monaco-list-row', { hasText: 'this session' }).first().waitFor({ timeout: 10_000 });
    await bench.shot('granted');
  },

  async 'an agent that is refused is told of, and granted once'(bench) {
    await bench.inside(`await vscode.commands.executeCommand('notifications.clearAll');`);
    const input = { path: 'README.md', edits: [{ old: 'Fair Wind', new: 'Fairer Wind' }] };
    const refused = await asAgent(bench, 'fs_edit', input, true);
    assert.match(refused.text, /Capability not granted/);
    const toast = bench.notification("An agent's call of fs.edit was refused");
    await toast.waitFor({ timeout: 10_000 });
    await bench.shot('agent-denied');
    await toast.getByRole('button', { name: 'Allow Once' }).click();
    await bench.notification('The agent can call again').waitFor({ timeout: 10_000 });
    await asAgent(bench, 'fs_edit', input, true);
    assert.match(readFileSync(join(bench.folder, 'README.md'), 'utf8'), /Fairer Wind/);
    assert.match(
      (await asAgent(bench, 'fs_edit', { ...input, edits: [{ old: 'Fairer Wind', new: 'x' }] }, true)).text,
      /Capability not granted/,
    );
    await bench.inside(`await vscode.commands.executeCommand('notifications.clearAll');`);
  },

  async 'a refused host is granted from the notification'(bench) {
    const server = createServer((_, response) => response.end('Low water at six.')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const place = `127.0.0.1:${server.address().port}`;
    try {
      bench.begin(`await vscode.commands.executeCommand('atoll.executeTool', { tool: 'http.fetch', input: { url: $0 } });`, `http://${place}/tide`);
      const toast = bench.notification('http.fetch was refused');
      await toast.waitFor({ timeout: 10_000 });
      assert.ok((await toast.innerText()).includes(`net:connect:${place}`));
      await bench.shot('denied-host');
      await toast.getByRole('button', { name: 'Allow This Session' }).click();
      await bench.page.locator('.view-lines', { hasText: 'Low water at six.' }).waitFor({ timeout: 10_000 });
    } finally {
      server.close();
    }
  },

  async 'grants of the session outlive a change of the files'(bench) {
    const before = (await dump(bench)).hosts[0];
    assert.equal(before.grants.length, 2);
    writeFileSync(join(bench.folder, '.mcp', 'config.json'), '{ "readOnly": true }\n');
    await waitFor('another server runs', 20_000, async () => {
      const { state, pid } = (await dump(bench)).hosts[0];
      return state === 'running' && pid !== before.pid;
    });
    assert.deepEqual(
      (await dump(bench)).hosts[0].grants.map((grant) => grant.capability),
      before.grants.map((grant) => grant.capability),
    );
  },

  async 'a grant is revoked'(bench) {
    for (const [left, what] of [
      [1, 'net:connect:'],
      [0, 'fs:write:'],
    ]) {
      await bench.command('Atoll: Revoke Permission');
      await bench.pick(what);
      await waitFor('the grant is gone', 5000, async () => (await dump(bench)).hosts[0].grants.length === left);
    }
  },

  async 'a broken manifest is underlined where it is wrong'(bench) {
    const { page } = bench;
    const found = await bench.inside(
      `
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      const editor = await vscode.window.showTextDocument(vscode.Uri.file($0));
      await sleep(500);
      const lenses = await vscode.commands.executeCommand('vscode.executeCodeLensProvider', editor.document.uri, 5);
      const text = editor.document.getText();
      const at = (word) => editor.document.positionAt(text.indexOf(word));
      const start = at('wasm://bin/berths.wasm');
      await editor.edit((edit) => edit.replace(new vscode.Range(start, start.translate(0, 'wasm://bin/berths.wasm'.length)), 'wasm://bin/births.wasm'));
      for (let i = 0; i < 100 && vscode.languages.getDiagnostics(editor.document.uri).length === 0; i++) { await sleep(50); }
      editor.revealRange(new vscode.Range(start, start));
      const problems = vscode.languages.getDiagnostics(editor.document.uri).map((d) => ({ range: d.range, message: d.message, source: d.source }));
      return { lenses: lenses.map((lens) => lens.command && lens.command.title), line: start.line, start: start.character - 1, problems };`,
      join(bench.folder, '.mcp', 'tools', 'berths.json'),
    );
    assert.deepEqual(found.lenses, ['$(play) Run']);
    const [problem] = found.problems.filter((p) => p.source === 'atoll');
    assert.match(problem.message, /births\.wasm does not exist/);
    assert.deepEqual(problem.range[0], { line: found.line, character: found.start });
    await page.locator('.squiggly-error').first().waitFor();
    await page.keyboard.press('F8');
    await page.waitForTimeout(700);
    await bench.shot('manifest-problem');
    await bench.inside(
      `await vscode.commands.executeCommand('workbench.action.files.revert');
      await sleep(300);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');`,
    );
  },

  async 'the server comes back when it is killed'(bench) {
    const before = await waitFor('the server runs', 20_000, async () => (await dump(bench)).hosts[0].pid);
    process.kill(before, 'SIGKILL');
    await waitFor('another server runs', 20_000, async () => {
      const { state, pid } = (await dump(bench)).hosts[0];
      return state === 'running' && pid !== before;
    });
    const { text } = await asAgent(bench, 'fs_stat', { path: 'README.md' });
    assert.match(text, /README\.md/);
  },

  async 'actions, logs and the stop are at hand'(bench) {
    const { page } = bench;
    await page.locator('.statusbar-item', { hasText: `Atoll ${toolCount}` }).click();
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Execute Tool' }).waitFor();
    await bench.shot('actions');
    await page.keyboard.press('Escape');
    await bench.command('Atoll: Show Output');
    await page.locator('.panel .view-lines', { hasText: 'trace_id=' }).waitFor({ timeout: 10_000 });
    await bench.shot('output');
    await bench.command('Atoll: Filter Logs by Trace');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'fs.stat' }).first().click();
    await page.locator('.view-lines', { hasText: '# trace' }).waitFor({ timeout: 10_000 });
    await bench.command('Atoll: Stop Server');
    await page.getByText('The server is stopped.').first().waitFor({ timeout: 10_000 });
    await bench.shot('stopped');
    await bench.command('Atoll: Start Server');
    await page.locator('.statusbar-item', { hasText: `Atoll ${toolCount}` }).waitFor({ timeout: 20_000 });
  },
};
