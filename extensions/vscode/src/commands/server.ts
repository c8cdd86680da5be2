import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { stateText } from '../views/barText';

export async function startServer(ctx: Ctx): Promise<void> {
  await Promise.all(ctx.hosts.all.map((host) => host.ready()));
}

export async function stopServer(ctx: Ctx): Promise<void> {
  await Promise.all(ctx.hosts.all.map((host) => host.stop()));
}

export async function restartServer(ctx: Ctx): Promise<void> {
  await Promise.all(ctx.hosts.all.map((host) => host.restart()));
}

/** Opens `.mcp/config.json`; a new one begins with what holds without it. */
export async function openConfiguration(ctx: Ctx): Promise<void> {
  const host = ctx.hosts.hostFor(vscode.window.activeTextEditor?.document.uri);
  if (!host) {
    void vscode.window.showInformationMessage('Open a folder first: the configuration belongs to a folder.');
    return;
  }
  const file = join(host.folder, '.mcp', 'config.json');
  if (existsSync(file)) {
    await vscode.window.showTextDocument(vscode.Uri.file(file));
    return;
  }
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file).with({ scheme: 'untitled' }));
  const editor = await vscode.window.showTextDocument(document);
  if (document.getText() === '') {
    await editor.insertSnippet(
      new vscode.SnippetString('{\n  "readOnly": ${1|true,false|},\n  "allow": [\n    "\\${workspaceFolder}"$2\n  ]\n}\n'),
    );
  }
}

/** The list behind the status bar. */
export async function showActions(ctx: Ctx): Promise<void> {
  const state = ctx.hosts.state;
  const running = state === 'running';
  const actions: (vscode.QuickPickItem & { command?: string })[] = [
    { label: '$(play) Execute Tool', command: 'atoll.executeTool' },
    running
      ? { label: '$(debug-stop) Stop Server', command: 'atoll.stopServer' }
      : { label: '$(debug-start) Start Server', command: 'atoll.startServer' },
    { label: '$(refresh) Restart Server', command: 'atoll.restartServer' },
    { label: 'permissions', kind: vscode.QuickPickItemKind.Separator },
    { label: '$(key) Grant Permission', description: count(ctx.denials.all.length, 'refused'), command: 'atoll.grantPermission' },
    {
      label: '$(trash) Revoke Permission',
      description: count(
        ctx.hosts.all.reduce((sum, host) => sum + (host.status?.grants.length ?? 0), 0),
        'granted',
      ),
      command: 'atoll.revokePermission',
    },
    { label: 'files', kind: vscode.QuickPickItemKind.Separator },
    { label: '$(gear) Open Configuration', command: 'atoll.openConfiguration' },
    { label: '$(checklist) Validate Manifests', command: 'atoll.validateManifests' },
    { label: "$(plug) Write a Client's MCP Configuration", command: 'atoll.addToClient' },
    { label: 'logs', kind: vscode.QuickPickItemKind.Separator },
    { label: '$(output) Show Output', command: 'atoll.showOutput' },
    { label: '$(filter) Filter Logs by Trace', command: 'atoll.filterLogs' },
    { label: '$(bug) Diagnostic Dump', command: 'atoll.diagnosticDump' },
  ];
  const picked = await vscode.window.showQuickPick(actions, { title: `Atoll: ${stateText(state)}` });
  if (picked?.command) {
    await vscode.commands.executeCommand(picked.command);
  }
}

function count(number: number, what: string): string {
  return number === 0 ? '' : `${number} ${what}`;
}
