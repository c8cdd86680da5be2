import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { mcpApi } from '../mcp/api';

/** Filter Logs by Trace: one call's lines, from the extension to the guest. */
export async function filterLogs(ctx: Ctx): Promise<void> {
  const traces = ctx.output.memory.traces();
  const picked = await vscode.window.showQuickPick(
    traces.slice(0, 100).map(({ trace, count, last }) => ({ label: trace, description: `${count} lines`, detail: last.slice(0, 120) })),
    { title: 'Filter Logs by Trace', placeHolder: traces.length === 0 ? 'No call was logged yet' : 'Which call?', matchOnDetail: true },
  );
  if (picked) {
    await showText(`# trace ${picked.label}\n${ctx.output.memory.text(picked.label)}\n`, 'log');
  }
}

/** Diagnostic Dump: what a report of a fault needs. It holds no file's content, no token and no variable of the environment. */
export async function diagnosticDump(ctx: Ctx): Promise<void> {
  const hosts = await Promise.all(
    ctx.hosts.all.map(async (host) => {
      const status = await host.refresh().catch(() => undefined);
      const { token, tools, ...rest } = status ?? { token: '', tools: [] };
      return {
        folder: host.folder,
        state: host.state,
        reason: host.reason,
        readyMs: host.readyMs,
        ...rest,
        hasToken: token !== '',
        tools: tools.map(({ name, version, kind, entry, file, permissions, folders }) => ({
          name,
          version,
          kind,
          entry,
          file,
          permissions,
          folders,
        })),
      };
    }),
  );
  const extension = ctx.extension.extension.packageJSON as { version: string };
  const dump = {
    made: new Date().toISOString(),
    extension: extension.version,
    editor: {
      name: vscode.env.appName,
      version: vscode.version,
      host: vscode.env.appHost,
      remote: vscode.env.remoteName ?? null,
      mcpApi: mcpApi() !== undefined,
    },
    system: { platform: process.platform, architecture: process.arch, node: process.version },
    isTrusted: vscode.workspace.isTrusted,
    settings: {
      path: ctx.config.path,
      autoStart: ctx.config.autoStart,
      logLevel: ctx.config.logLevel,
      notifyDenials: ctx.config.notifyDenials,
    },
    hosts,
    log: ctx.output.memory.text().split('\n').slice(-300),
  };
  await showText(JSON.stringify(dump, null, 2), 'json');
}

async function showText(content: string, language: string): Promise<void> {
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content, language }), { preview: true });
}
