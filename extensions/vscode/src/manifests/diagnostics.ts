import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { Problem } from '../host/messages';
import { placeOf } from './positions';

const manifestPattern = '**/.mcp/{config.json,tools/*.json}';
const selector: vscode.DocumentSelector = [
  { scheme: 'file', pattern: '**/.mcp/tools/*.json' },
  { scheme: 'file', pattern: '**/.mcp/config.json' },
];
const quietMs = 300;

/** Checks manifests and configuration through the host while they are typed, and lets the server read them anew when they are saved. */
export class Diagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('atoll');
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly subscriptions: vscode.Disposable[];
  private reload: NodeJS.Timeout | undefined;

  constructor(private readonly ctx: Ctx) {
    const watcher = vscode.workspace.createFileSystemWatcher(manifestPattern);
    this.subscriptions = [
      this.collection,
      watcher,
      watcher.onDidChange((uri) => this.onFile(uri)),
      watcher.onDidCreate((uri) => this.onFile(uri)),
      watcher.onDidDelete((uri) => {
        this.collection.delete(uri);
        this.onFile(uri);
      }),
      vscode.workspace.onDidOpenTextDocument((document) => this.later(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.later(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.collection.delete(document.uri)),
      ctx.hosts.onDidChange(() => this.checkOpen()),
    ];
    this.checkOpen();
  }

  /** Checks all files of all folders; tells how many problems there are. */
  async validateAll(): Promise<{ readonly files: number; readonly problems: number }> {
    const files = await vscode.workspace.findFiles(manifestPattern, '**/node_modules/**', 1000);
    let problems = 0;
    for (const uri of files) {
      problems += await this.check(await vscode.workspace.openTextDocument(uri), true);
    }
    return { files: files.length, problems };
  }

  dispose(): void {
    clearTimeout(this.reload);
    for (const timer of this.timers.values()) {
      clearTimeout(timer);
    }
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
  }

  private checkOpen(): void {
    for (const document of vscode.workspace.textDocuments) {
      this.later(document);
    }
  }

  private later(document: vscode.TextDocument): void {
    if (!vscode.languages.match(selector, document)) {
      return;
    }
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        void this.check(document, false).catch((error: unknown) =>
          this.ctx.output.log('debug', `${document.uri.fsPath} was not checked: ${String(error)}`),
        );
      }, quietMs),
    );
  }

  // Without a host the schema still helps; nothing is started for typing.
  private async check(document: vscode.TextDocument, start: boolean): Promise<number> {
    const host = this.ctx.hosts.hostFor(document.uri);
    if (!host || (!start && host.state !== 'running')) {
      return 0;
    }
    const client = await host.ready();
    const version = document.version;
    const problems = await client.check(document.uri.fsPath, document.getText());
    if (document.version === version && (start || !document.isClosed)) {
      const lines = document.getText().split(/\r?\n/);
      this.collection.set(
        document.uri,
        problems.map((problem) => toDiagnostic(problem, lines)),
      );
    }
    return problems.length;
  }

  private onFile(uri: vscode.Uri): void {
    const host = this.ctx.hosts.hostFor(uri);
    if (!host) {
      return;
    }
    clearTimeout(this.reload);
    this.reload = setTimeout(() => {
      if (host.state === 'running' || host.state === 'failed') {
        this.ctx.output.log('info', `${vscode.workspace.asRelativePath(uri)} has changed: the server reads its files anew`);
        host.reload().catch((error: unknown) => this.ctx.output.log('error', String(error instanceof Error ? error.message : error)));
      } else {
        this.ctx.hosts.autoStart();
      }
    }, 500);
  }
}

function toDiagnostic(problem: Problem, lines: readonly string[]): vscode.Diagnostic {
  const { start, end } = placeOf(problem, lines);
  const range = new vscode.Range(start.line, start.character, end.line, end.character);
  const found = new vscode.Diagnostic(
    range,
    problem.message,
    problem.severity === 'warning' ? vscode.DiagnosticSeverity.Warning : vscode.DiagnosticSeverity.Error,
  );
  found.source = 'atoll';
  return found;
}
