import * as vscode from 'vscode';
import type { Ctx } from '../ctx';

/** "Run" over a manifest. */
export class RunLens implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscription: vscode.Disposable;
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(private readonly ctx: Ctx) {
    this.subscription = ctx.hosts.onDidChange(() => this.changed.fire());
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const name = /"name"\s*:\s*"([^"\\]{1,64})"/.exec(document.getText())?.[1];
    const host = this.ctx.hosts.hostFor(document.uri);
    if (name === undefined || !host) {
      return [];
    }
    const range = new vscode.Range(0, 0, 0, 0);
    const served = host.status?.tools.find((tool) => tool.name === name);
    if (served && served.file === document.uri.fsPath) {
      return [
        new vscode.CodeLens(range, {
          title: '$(play) Run',
          command: 'atoll.executeTool',
          arguments: [{ folder: host.folder, tool: name }],
        }),
      ];
    }
    return host.state === 'running'
      ? [new vscode.CodeLens(range, { title: '$(warning) Not served: validate', command: 'atoll.validateManifests' })]
      : [];
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }
}
