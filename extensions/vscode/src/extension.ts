import * as vscode from 'vscode';
import { executeTool, type ToolTarget } from './commands/execute';
import { grantPermission, revokePermission } from './commands/grants';
import { diagnosticDump, filterLogs } from './commands/logs';
import { openConfiguration, restartServer, showActions, startServer, stopServer } from './commands/server';
import { Ctx } from './ctx';
import { RunLens } from './manifests/codeLens';
import { Diagnostics } from './manifests/diagnostics';
import { addToClient, offerClientConfiguration } from './mcp/clientConfiguration';
import { McpProvider } from './mcp/provider';
import { StatusBar } from './views/statusBar';
import { targetOf, ToolsView } from './views/toolsView';

export function activate(context: vscode.ExtensionContext): void {
  const began = performance.now();
  const ctx = new Ctx(context);
  const diagnostics = new Diagnostics(ctx);
  const lens = new RunLens(ctx);
  ctx.own(
    new StatusBar(ctx),
    new ToolsView(ctx),
    diagnostics,
    lens,
    vscode.languages.registerCodeLensProvider({ scheme: 'file', pattern: '**/.mcp/tools/*.json' }, lens),
  );
  register(ctx, diagnostics);
  const provider = McpProvider.register(ctx);
  if (provider) {
    ctx.own(provider);
  }
  void offerClientConfiguration(ctx);
  ctx.output.log(
    'info',
    `activated in ${(performance.now() - began).toFixed(1)} ms; ` +
      (provider ? "the editor's agents are told of the server" : 'this editor has no API for MCP servers'),
  );
}

function register(ctx: Ctx, diagnostics: Diagnostics): void {
  const commands: Readonly<Record<string, (argument?: unknown) => unknown>> = {
    executeTool: (argument) => executeTool(ctx, targetFrom(argument)),
    startServer: () => startServer(ctx),
    stopServer: () => stopServer(ctx),
    restartServer: () => restartServer(ctx),
    openConfiguration: () => openConfiguration(ctx),
    openSettings: () => vscode.commands.executeCommand('workbench.action.openSettings', '@ext:atoll.atoll'),
    grantPermission: () => grantPermission(ctx),
    revokePermission: (argument) => revokePermission(ctx, argument),
    validateManifests: () => validateManifests(diagnostics),
    addToClient: () => addToClient(ctx),
    diagnosticDump: () => diagnosticDump(ctx),
    showOutput: () => ctx.output.show(),
    filterLogs: () => filterLogs(ctx),
    showActions: () => showActions(ctx),
    showResult: (argument) => showResult(ctx, argument),
    openManifest: (argument) => openManifest(argument),
  };
  for (const [name, run] of Object.entries(commands)) {
    ctx.own(vscode.commands.registerCommand(`atoll.${name}`, (argument?: unknown) => guarded(ctx, name, () => run(argument))));
  }
}

// What fails is said in one place, with a way to the details.
async function guarded(ctx: Ctx, name: string, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    ctx.output.log('error', `${name}: ${message}`);
    const show = 'Show Output';
    if ((await vscode.window.showErrorMessage(`Atoll: ${message}`, show)) === show) {
      ctx.output.show();
    }
  }
}

// A command comes from the palette, an item of the view, or a code lens.
function targetFrom(argument: unknown): ToolTarget {
  const target = targetOf(argument);
  return target ? { folder: target.folder, tool: target.tool } : ((argument ?? {}) as ToolTarget);
}

async function validateManifests(diagnostics: Diagnostics): Promise<void> {
  const { files, problems } = await diagnostics.validateAll();
  if (problems === 0) {
    void vscode.window.showInformationMessage(
      files === 0
        ? 'There are no manifests: put them into .mcp/tools of the folder.'
        : `No problems in ${files} file${files === 1 ? '' : 's'}.`,
    );
    return;
  }
  await vscode.commands.executeCommand('workbench.actions.view.problems');
}

async function showResult(ctx: Ctx, argument: unknown): Promise<void> {
  const target = targetOf(argument);
  const outcome = target && ctx.results.find(target.folder, target.tool);
  if (outcome) {
    await ctx.results.show(outcome);
  }
}

async function openManifest(argument: unknown): Promise<void> {
  const target = targetOf(argument);
  if (target?.file) {
    await vscode.window.showTextDocument(vscode.Uri.file(target.file));
  }
}
