// What the extension does where it may not, or cannot, run anything.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { waitFor } from './workbench.mjs';

const processes = `
  const { execFileSync } = require('node:child_process');
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\\n').filter((line) => line.includes('--operator') && line.includes($0));`;

async function openManifest(bench, change) {
  return bench.inside(
    `const editor = await vscode.window.showTextDocument(vscode.Uri.file($0));
    const text = editor.document.getText();
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), $1));
    for (let i = 0; i < 200 && vscode.languages.getDiagnostics(editor.document.uri).length === 0; i++) { await sleep(50); }
    const found = vscode.languages.getDiagnostics(editor.document.uri).map((d) => d.message);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    return found;`,
    join(bench.folder, '.mcp', 'tools', 'berths.json'),
    change,
  );
}

export const untrusted = {
  async 'nothing runs in an untrusted folder'(bench) {
    const { page } = bench;
    await page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor({ timeout: 20_000 });
    await waitFor('the extension is active', 30_000, () => bench.inside(`return vscode.extensions.getExtension('atoll.atoll')?.isActive`));
    await bench.inside(`await vscode.commands.executeCommand('atoll.tools.focus');`);
    await page.getByText('Nothing runs in a folder that you do not trust.').waitFor({ timeout: 10_000 });
    await bench.shot('untrusted');
    bench.begin(`await vscode.commands.executeCommand('atoll.executeTool', { tool: 'fs.read', input: { path: 'README.md' } });`);
    await bench.notification('Nothing runs in a folder that is not trusted').waitFor({ timeout: 10_000 });
    assert.deepEqual(await bench.inside(processes, bench.folder), []);
  },

  async 'manifests have help there all the same'(bench) {
    assert.ok((await openManifest(bench, '  "colour": 1,\n')).some((message) => message.includes('colour')));
  },
};

export const withoutHost = {
  async 'a host that is missing is said, with what to do'(bench) {
    const { page } = bench;
    await page.locator('.statusbar-item.has-background-color, .statusbar-item.warning-kind', { hasText: 'Atoll' }).first().waitFor({ timeout: 30_000 });
    await bench.inside(`await vscode.commands.executeCommand('atoll.tools.focus');`);
    await page.getByText('program was not found').first().waitFor({ timeout: 10_000 });
    await bench.shot('missing');
    assert.deepEqual(await bench.inside(processes, bench.folder), []);
  },
};
