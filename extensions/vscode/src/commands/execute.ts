import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { History } from '../forms/history';
import { askInput } from '../forms/form';
import type { FolderHost } from '../host/folderHost';
import { errorOf, type JsonObject, type Tool } from '../host/messages';
import { verdict } from '../results';

const deniedCodes = new Set(['denied', 'read_only']);

/** Which tool a command is about, when it is called from the view, a code lens or a test. */
export interface ToolTarget {
  readonly folder?: string;
  readonly tool?: string;
  /** Runs with this input and asks nothing. */
  readonly input?: JsonObject;
}

/** Execute Tool: choose, fill in, run, show. */
export async function executeTool(ctx: Ctx, target: ToolTarget = {}): Promise<void> {
  const found = await chooseTool(ctx, target);
  if (!found) {
    return;
  }
  const history = new History(ctx.extension.workspaceState);
  const input = target.input ?? (await askInput(found.tool, history.of(found.tool.name)));
  if (input) {
    await history.add(found.tool.name, input);
    await runTool(ctx, found.host, found.tool.name, input);
  }
}

/** Calls a tool and shows what came out; a refusal is left to its notification. */
export async function runTool(ctx: Ctx, host: FolderHost, tool: string, input: JsonObject): Promise<void> {
  const client = await host.ready();
  const cancel = new AbortController();
  const began = performance.now();
  const call = client.call(tool, input, cancel.signal);
  const progress = showLater(tool, call, cancel);
  let result;
  try {
    result = await call;
  } catch (error) {
    if (!cancel.signal.aborted) {
      throw error;
    }
    return;
  } finally {
    progress.dispose();
  }
  const milliseconds = Math.round((performance.now() - began) * 10) / 10;
  const outcome = { folder: host.folder, tool, input, result, milliseconds, at: new Date() };
  ctx.results.add(outcome);
  const error = errorOf(result);
  if (error && deniedCodes.has(error.code) && ctx.config.notifyDenials) {
    return;
  }
  await ctx.results.show(outcome);
  vscode.window.setStatusBarMessage(`${tool}: ${verdict(outcome)}`, 5000);
}

// Most calls are over before a notification could be read.
function showLater(tool: string, call: Promise<unknown>, cancel: AbortController): vscode.Disposable {
  const timer = setTimeout(() => {
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Running ${tool}`, cancellable: true },
      async (_, token) => {
        token.onCancellationRequested(() => cancel.abort());
        await call.catch(() => undefined);
      },
    );
  }, 400);
  return { dispose: () => clearTimeout(timer) };
}

async function chooseTool(ctx: Ctx, target: ToolTarget): Promise<{ readonly host: FolderHost; readonly tool: Tool } | undefined> {
  const hosts = ctx.hosts.all.filter((host) => target.folder === undefined || host.folder === target.folder);
  if (hosts.length === 0) {
    void vscode.window.showInformationMessage('Open a folder first: tools work in a folder.');
    return undefined;
  }
  await Promise.all(hosts.map((host) => host.ready()));
  const tools = hosts.flatMap((host) => (host.status?.tools ?? []).map((tool) => ({ host, tool })));
  if (target.tool !== undefined) {
    const named = tools.find(({ tool }) => tool.name === target.tool || tool.publicName === target.tool);
    if (!named) {
      throw new Error(`There is no tool ${target.tool}. Its manifest may have problems: see Atoll: Validate Manifests.`);
    }
    return named;
  }
  const picked = await vscode.window.showQuickPick(
    tools.map(({ host, tool }) => ({
      label: tool.name,
      description: hosts.length > 1 ? host.folder : tool.own ? 'this folder' : '',
      detail: tool.description,
      value: { host, tool },
    })),
    { title: 'Execute Tool', placeHolder: 'Which tool?', matchOnDetail: true },
  );
  return picked?.value;
}
