import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { type HostProgram, locateHost } from '../host/locate';
import type { Ctx } from '../ctx';
import { mcpApi } from './api';
import { statSync } from 'node:fs';

interface Plan {
  readonly file: string;
  readonly diff: string;
  readonly upToDate: boolean;
  readonly written: boolean;
}

const clients = [
  { id: 'vscode', label: 'VS Code', detail: '.vscode/mcp.json' },
  { id: 'cursor', label: 'Cursor', detail: '.cursor/mcp.json' },
  { id: 'claude', label: 'Claude Code, Qoder and others', detail: '.mcp.json' },
] as const;

/** Which client's file an editor reads. */
export function clientOf(appName: string): (typeof clients)[number]['id'] {
  return /cursor/i.test(appName) ? 'cursor' : /qoder|claude|trae|windsurf/i.test(appName) ? 'claude' : 'vscode';
}

/** Writes a client's `mcp.json` through `atoll mcp add`, after showing what changes. */
export async function addToClient(ctx: Ctx): Promise<void> {
  const host = ctx.hosts.hostFor(vscode.window.activeTextEditor?.document.uri);
  if (!host || !vscode.workspace.isTrusted) {
    void vscode.window.showInformationMessage('Open a folder that you trust first: the configuration belongs to a folder.');
    return;
  }
  const own = clientOf(vscode.env.appName);
  const picked = await vscode.window.showQuickPick(
    [...clients].sort((a, b) => Number(b.id === own) - Number(a.id === own)),
    { title: "Write a client's MCP configuration", placeHolder: 'Which client shall use Atoll in this folder?' },
  );
  if (!picked) {
    return;
  }
  const program = locateHost(ctx.config.path, ctx.extension.extensionPath, {
    platform: process.platform,
    env: process.env,
    isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true,
  });
  if ('missing' in program) {
    throw new Error(program.missing);
  }
  const args = ['mcp', 'add', picked.id, '--workspace', host.folder, '--json'];
  const plan = await run(program, args);
  if (plan.upToDate) {
    void vscode.window.showInformationMessage(`${plan.file} says so already.`);
    return;
  }
  const document = await vscode.workspace.openTextDocument({ language: 'diff', content: `${plan.file}\n\n${plan.diff}` });
  await vscode.window.showTextDocument(document, { preview: true });
  const write = 'Write';
  if (
    (await vscode.window.showInformationMessage(
      `Write ${plan.file}?`,
      { modal: true, detail: 'The change is shown in the editor behind this question. Other servers in the file stay as they are.' },
      write,
    )) === write
  ) {
    const done = await run(program, [...args, '--yes']);
    void vscode.window.showInformationMessage(`${done.file} is written. Reload the client to connect.`);
  }
}

/** Where the editor cannot be told of servers, its file can: said once for a folder. */
export async function offerClientConfiguration(ctx: Ctx): Promise<void> {
  const key = 'offeredClientConfiguration';
  if (mcpApi() || !vscode.workspace.isTrusted || ctx.hosts.all.length === 0 || ctx.extension.workspaceState.get(key)) {
    return;
  }
  await ctx.extension.workspaceState.update(key, true);
  const show = 'Show What It Writes';
  if (
    (await vscode.window.showInformationMessage(`${vscode.env.appName} learns of MCP servers from a file. Atoll can write it.`, show)) ===
    show
  ) {
    await addToClient(ctx);
  }
}

function run(program: HostProgram, args: readonly string[]): Promise<Plan> {
  return new Promise((resolve, reject) => {
    execFile(program.command, [...program.args, ...args], { timeout: 30_000, windowsHide: true }, (error, stdout, stderr) => {
      if (error) {
        reject(new Error(stderr.trim() || error.message));
      } else {
        resolve(JSON.parse(stdout) as Plan);
      }
    });
  });
}
